"""The watchdog ends what a dead owner left behind."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from lambdastream.runtime.processes.watchdog import Watchdog

OWNER = textwrap.dedent("""
    import signal, subprocess, sys, time
    from pathlib import Path
    from lambdastream.runtime.processes.watchdog import Watchdog

    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = Path(sys.argv[1])
    dog = Watchdog()
    nest = "import subprocess, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", nest], start_new_session=True, stdout=subprocess.PIPE, text=True)
    dog.watch_group(child.pid)
    dog.watch_folder(folder)
    print(dog._process.pid, child.pid, child.stdout.readline(), flush=True)
    time.sleep(60)
""")


@pytest.fixture
def owner(tmp_path):
    """A process with a watchdog that watches a child, which has a child too, and a folder."""
    folder = tmp_path / "with a space"
    folder.mkdir()
    (folder / "file").touch()
    process = subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True)
    process.watched = [int(pid) for pid in process.stdout.readline().split()]
    process.folder = folder
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_whatever_kills_the_owner_nothing_is_left(owner, eventually, is_alive, number):
    assert all(map(is_alive, owner.watched))
    owner.send_signal(number)
    owner.wait()
    eventually(lambda: not any(map(is_alive, owner.watched)))
    assert not owner.folder.exists()


def test_what_is_frozen_is_ended_too(owner, eventually, is_alive):
    _, *frozen = owner.watched
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    owner.kill()
    owner.wait()
    eventually(lambda: not any(map(is_alive, owner.watched)))


def ignores(pid, number):
    """Whether the process is ready for this signal."""
    [mask] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigIgn:")]
    return int(mask.split()[1], 16) & 1 << number - 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_to_everybody_does_not_end_the_watchdog_before_its_owner(owner, eventually, is_alive, number):
    watchdog = owner.watched[0]
    eventually(lambda: ignores(watchdog, number))
    os.kill(watchdog, number)
    owner.kill()
    owner.wait()
    eventually(lambda: not any(map(is_alive, owner.watched)))
    assert not owner.folder.exists()


def test_what_was_taken_off_the_list_stays(tmp_path):
    kept, removed = tmp_path / "kept", tmp_path / "removed"
    for folder in (kept, removed):
        folder.mkdir()
    dog = Watchdog()
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as program:
        dog.watch_group(program.pid)
        dog.leave_group(program.pid)
        dog.watch_folder(kept)
        dog.watch_folder(removed)
        dog.leave_folder(kept)
        dog.close()
        assert program.poll() is None
        program.kill()
    assert kept.exists()
    assert not removed.exists()


def test_an_owner_does_not_fail_when_somebody_killed_its_watchdog(tmp_path, eventually, is_alive):
    dog = Watchdog()
    os.kill(dog._process.pid, signal.SIGKILL)  # noqa: SLF001 - nobody else knows it
    eventually(lambda: not is_alive(dog._process.pid))  # noqa: SLF001
    dog.watch_folder(tmp_path)
    dog.close()
    assert tmp_path.exists()
