"""Programs that start in a mount namespace: as the same process, with an error when they do not start."""

import asyncio
import os
from pathlib import Path

import pytest

from lambdastream.runtime.isolation.availability import namespace_problem
from lambdastream.runtime.isolation.mount_namespace import MountNamespace
from lambdastream.runtime.processes.launch import Program
from lambdastream.runtime.processes.process import Process

pytestmark = pytest.mark.skipif(bool(namespace_problem()), reason="this machine gives no mount namespaces")
TASK = Path("/var/task")


@pytest.fixture
def start(loop, watchdog, tmp_path):
    """Start a shell script in a namespace; returns the process and the lines that it prints."""
    started = []

    def run(script, *, variables=(), shown=(), hidden=(), beside=None, command=None, folder=TASK):
        lines = []
        namespace = MountNamespace({TASK: tmp_path, Path("/opt"): tmp_path}, shown, 16, beside, hidden)
        program = Program(command or ["/bin/sh", "-c", script], dict(variables), folder)
        starting = Process.start(program, name="one", write=lines.append, watchdog=watchdog, namespace=namespace)
        process = loop.run(starting)
        started.append(process)
        return process, lines

    yield run
    for process in started:
        loop.run(process.stop(grace=0))


async def end_of(process):
    await asyncio.wait([process.exited])
    await process.end_of_output()


def test_a_program_is_the_process_that_was_started(loop, start):
    process, lines = start(
        "echo $$ $PWD; pwd; env | sort", variables={"LD_LIBRARY_PATH": "/var/task", "PYTHONHOME": "/no"}
    )
    loop.run(end_of(process))
    assert lines[0] == f"{process.pid} /var/task"
    assert lines[1:] == ["/var/task", "LD_LIBRARY_PATH=/var/task", "PWD=/var/task", "PYTHONHOME=/no"]
    assert process.exited.result() == 0


def test_it_has_standard_files_and_no_others_and_no_signal_is_ignored(loop, start):
    process, lines = start("ls /proc/$$/fd; readlink /proc/$$/fd/0; grep SigIgn /proc/$$/status; ps -o sid= -p $$")
    loop.run(end_of(process))
    *files, stdin, ignored, session = lines
    assert files == ["0", "1", "2"]
    assert stdin == "/dev/null"
    # glibc keeps these two for itself: no program can set them, and GNU make leaves them ignored.
    glibc = 1 << 31 | 1 << 32
    assert int(ignored.split()[1], 16) & ~glibc == 0
    assert int(session) == process.pid


@pytest.mark.parametrize(
    ("command", "folder", "error"),
    [
        (["/var/task/none"], TASK, FileNotFoundError),
        (["/var/task"], TASK, PermissionError),
        (["/bin/true"], Path("/var/task/none"), FileNotFoundError),
        (["none-of-that-name"], TASK, FileNotFoundError),
    ],
    ids=["no program", "no file", "no folder", "not on the path"],
)
def test_a_program_that_does_not_start_is_the_error_that_it_would_be_here(start, command, folder, error):
    with pytest.raises(error):
        start("", command=command, folder=folder)


def test_a_mount_that_fails_says_which(start, tmp_path):
    tmp_path.rmdir()
    with pytest.raises(FileNotFoundError):
        start("true")
    tmp_path.touch()
    with pytest.raises(OSError, match="mount /var/task: Not a directory"):
        start("true")


def test_a_second_program_is_beside_the_first(loop, start, eventually):
    first, said = start("echo word > /tmp/left; echo here; exec sleep 600")
    eventually(lambda: said == ["here"])
    second, lines = start("cat /tmp/left", beside=first.pid)
    loop.run(end_of(second))
    assert lines == ["word"]
    alone, lines = start("ls /tmp")
    loop.run(end_of(alone))
    assert lines == []


def test_beside_one_that_is_gone_nothing_starts(start):
    largest = int(Path("/proc/sys/kernel/pid_max").read_text())
    with pytest.raises(FileNotFoundError):
        start("true", beside=largest + 1)


def test_what_is_shown_stays_where_it_is_and_cannot_be_changed(loop, start, tmp_path):
    (tmp_path / "kept").write_text("kept\n")
    process, lines = start(
        f"cat {tmp_path}/kept; echo x > {tmp_path}/kept; echo x > /tmp/own && echo own", shown=[tmp_path]
    )
    loop.run(end_of(process))
    assert lines[0] == "kept"
    assert "Read-only file system" in lines[1] or "read-only" in lines[1].lower()
    assert lines[2:] == ["own"]
    assert (tmp_path / "kept").read_text() == "kept\n"


def test_what_is_hidden_is_empty_and_stays_so(loop, start):
    process, lines = start("ls /etc; touch /etc/x 2>/dev/null || echo refused", hidden=[Path("/etc")])
    loop.run(end_of(process))
    assert lines == ["refused"]


def test_a_start_that_is_cut_short_leaves_nothing(loop, watchdog, tmp_path, eventually):
    async def start_and_cancel(steps):
        namespace = MountNamespace({TASK: tmp_path}, [], 16)
        program = Program(["/bin/sleep", "600"], {}, TASK)
        starting = asyncio.ensure_future(
            Process.start(program, name="cut", write=print, watchdog=watchdog, namespace=namespace)
        )
        for _ in range(steps):
            await asyncio.sleep(0.002)
        starting.cancel()
        [outcome] = await asyncio.gather(starting, return_exceptions=True)
        if isinstance(outcome, Process):
            await outcome.stop(grace=0)
        else:
            assert isinstance(outcome, asyncio.CancelledError)

    before = _children()
    for steps in range(12):
        loop.run(start_and_cancel(steps))
    assert _children() == before


def _children():
    own = Path(f"/proc/{os.getpid()}/task")
    return {pid for task in own.iterdir() for pid in (task / "children").read_text().split()}
