"""Commands as a reader types them: what they print, how they fail, and that nothing of them stays."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from benchmarks import command
from lambdastream.errors import LocalAwsError
from lambdastream.runtime.processes.watchdog import Watchdog

POLITE = "trap 'touch interrupted; exit 3' INT; touch started; sleep 60 & wait"


@pytest.fixture
def run(tmp_path):
    """Runs a script of the shell in `tmp_path`."""
    watchdog = Watchdog()
    yield lambda script, **options: command.run(["/bin/sh", "-c", script], tmp_path, {"MARK": "x"}, watchdog, **options)
    watchdog.close()


def test_it_runs_in_its_folder_with_its_variables_alone(run, tmp_path):
    assert run("pwd; echo $MARK $HOME; echo aside >&2") == f"{tmp_path}\nx\naside\n"


def test_what_fails_tells_what_it_printed(run):
    with pytest.raises(LocalAwsError, match="ends with 3") as raised:
        run("echo why; exit 3")
    assert raised.value.next_step == "why"


def test_what_takes_too_long_is_interrupted(run, tmp_path):
    with pytest.raises(LocalAwsError, match=r"takes more than 0\.5 s"):
        run(POLITE, patience=0.5)
    assert (tmp_path / "interrupted").exists()


def test_an_interrupt_is_passed_on(run, tmp_path, eventually):
    def interrupt():
        deadline = time.monotonic() + 20
        while not (tmp_path / "started").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        run(POLITE)
    assert (tmp_path / "interrupted").exists()
    eventually(lambda: not [path for path in Path("/proc").glob("[0-9]*/cwd") if _leads_to(path, tmp_path)])


def _leads_to(link, folder):
    try:
        return link.readlink() == folder
    except OSError:
        return False


def test_something_else_can_be_done_meanwhile(run, tmp_path):
    told = []

    def meanwhile(runs):
        told.append(runs())
        (tmp_path / "go").touch()

    assert run("until [ -e go ]; do sleep 0.01; done; echo done", meanwhile=meanwhile) == "done\n"
    assert told[0] is True
