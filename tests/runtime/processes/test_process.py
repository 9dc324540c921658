"""The programs of an execution environment."""

import asyncio
import os
import signal
import sys

import pytest

from lambdastream.runtime.processes.launch import Program
from lambdastream.runtime.processes.process import LONGEST_LINE, Process, exit_reason

# In short sleeps: a signal that comes just before a sleep begins is heard only when that is over.
NEVER_ENDS = "import time\nprint('here', flush=True)\nwhile True: time.sleep(0.1)"
DEAF = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + NEVER_ENDS
# Not by print: it cannot be entered again, when the signal comes in the middle of the one that says `here`.
POLITE = "import os, signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: (os.write(1, b'bye\\n'), sys.exit(3)))\n"
PARENT = "import subprocess, sys\nprint(subprocess.Popen([sys.executable, '-c', {!r}]).pid, flush=True)\n" + NEVER_ENDS
LETS_GO = """
import subprocess
print(subprocess.Popen(["/bin/sleep", "600"], start_new_session=True, env={}).pid, flush=True)
"""


@pytest.fixture
def start(loop, watchdog, tmp_path):
    """Run Python code as a program; returns it and the lines that it prints."""
    started = []

    def run(code, **variables):
        lines = []
        program = Program([sys.executable, "-c", code], variables, tmp_path)
        process = loop.run(Process.start(program, name="program", write=lines.append, watchdog=watchdog))
        started.append(process)
        return process, lines

    yield run
    for process in started:
        loop.run(process.stop(grace=0))


async def exit_code(process):
    [done], _ = await asyncio.wait([process.exited])
    await process.end_of_output()
    return done.result()


def test_a_program_runs_in_its_folder_with_its_variables_alone(loop, start, tmp_path):
    process, lines = start("import os; print(os.getcwd(), sorted(os.environ.items()))", LC_ALL="C.UTF-8", OWN="1")
    assert loop.run(exit_code(process)) == 0
    assert lines == [f"{tmp_path} [('LC_ALL', 'C.UTF-8'), ('OWN', '1')]"]


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        pytest.param("import os; os.write(1, b'a\\nb\\n'); os.write(2, b'c\\n')", ["a", "b", "c"], id="both outputs"),
        pytest.param("import os; os.write(1, b'a\\nwithout end')", ["a", "without end"], id="without a line break"),
        pytest.param("import os; os.write(1, b'\\xff\\n')", ["\ufffd"], id="no UTF-8"),
        pytest.param("pass", [], id="nothing"),
    ],
)
def test_what_a_program_prints_arrives_line_by_line(loop, start, code, printed):
    process, lines = start(code)
    loop.run(exit_code(process))
    assert lines == printed


def test_a_line_that_is_too_long_is_cut_not_lost(loop, start):
    process, lines = start(f"print('x' * {LONGEST_LINE * 3})")
    loop.run(exit_code(process))
    assert len(lines) > 1
    assert "".join(lines) == "x" * LONGEST_LINE * 3


def test_a_program_gets_time_to_end_by_itself(loop, start, eventually):
    process, lines = start(POLITE + NEVER_ENDS)
    eventually(lambda: lines == ["here"])
    loop.run(process.stop(grace=10))
    assert lines == ["here", "bye"]
    assert process.exited.result() == 3


def test_a_program_that_does_not_listen_is_killed(loop, start, eventually):
    process, lines = start(DEAF)
    eventually(lambda: lines == ["here"])
    loop.run(process.stop(grace=0.2))
    assert process.exited.result() == -signal.SIGKILL


def test_without_grace_a_program_is_killed_at_once(loop, start, eventually):
    process, lines = start(POLITE + NEVER_ENDS)
    eventually(lambda: lines == ["here"])
    loop.run(process.stop(grace=0))
    assert lines == ["here"]


@pytest.mark.parametrize("grace", [0, 0.2])
def test_what_a_program_started_ends_with_it(loop, start, eventually, is_alive, grace):
    process, lines = start(PARENT.format(DEAF))
    child = int(eventually(lambda: lines and lines[0]))
    eventually(lambda: lines.count("here") == 2)
    loop.run(process.stop(grace=grace))
    assert not is_alive(process.pid)
    eventually(lambda: not is_alive(child))


@pytest.mark.parametrize("ended_before", [False, True], ids=["it runs", "it has ended"])
def test_what_a_program_started_and_let_go_ends_with_it(loop, start, eventually, is_alive, ended_before):
    process, lines = start(LETS_GO if ended_before else LETS_GO + NEVER_ENDS)
    child = int(eventually(lambda: lines and lines[0]))
    if ended_before:
        eventually(lambda: process.is_ending)
    assert os.getsid(child) != process.pid
    assert is_alive(child)
    loop.run(process.stop(grace=0))
    assert not is_alive(child)


def test_a_stop_that_is_cut_short_can_be_done_again(loop, start, eventually, is_alive):
    process, lines = start(DEAF)
    eventually(lambda: lines == ["here"])

    async def stop_twice():
        first = asyncio.ensure_future(process.stop(grace=10))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        waiting = asyncio.ensure_future(process.stop(grace=0))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await process.stop(grace=0)

    loop.run(stop_twice())
    assert not is_alive(process.pid)
    assert process.exited.result() == -signal.SIGKILL


def test_a_start_that_is_cut_short_leaves_nothing(loop, watchdog, tmp_path, descendants):
    before = descendants(os.getpid())

    async def start_and_cancel(steps):
        program = Program([sys.executable, "-c", DEAF], {}, tmp_path)
        starting = asyncio.ensure_future(Process.start(program, name="cut", write=print, watchdog=watchdog))
        for _ in range(steps):
            await asyncio.sleep(0)
        starting.cancel()
        [outcome] = await asyncio.gather(starting, return_exceptions=True)
        if isinstance(outcome, Process):
            await outcome.stop(grace=0)

    for steps in range(8):
        loop.run(start_and_cancel(steps))
    assert descendants(os.getpid()) == before


def test_a_program_that_cannot_be_started_is_an_error(loop, watchdog, tmp_path):
    program = Program(["/no/such/program"], {}, tmp_path)
    with pytest.raises(FileNotFoundError):
        loop.run(Process.start(program, name="none", write=print, watchdog=watchdog))


def test_an_end_is_seen_before_the_event_loop_hears_of_it(loop, start, eventually):
    process, lines = start(DEAF)
    eventually(lambda: lines == ["here"])
    assert not process.is_ending

    async def kill_and_look():
        os.kill(process.pid, signal.SIGKILL)
        while not process.is_ending:
            pass
        return process.exited.done()

    assert not loop.run(kill_and_look())
    loop.run(process.stop(grace=0))
    assert process.is_ending


@pytest.mark.parametrize(
    ("code", "reason"),
    [(0, ""), (1, "exit status 1"), (-signal.SIGKILL, "signal: killed"), (-signal.SIGTERM, "signal: terminated")],
)
def test_the_end_of_a_process_has_lambdas_words(code, reason):
    assert exit_reason(code) == reason
