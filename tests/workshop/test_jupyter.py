"""JupyterLab as a child process: what happens when it does not start, or does not end."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lambdastream.control.project import Project
from lambdastream.errors import SetupError
from lambdastream.runtime.processes.watchdog import Watchdog
from lambdastream.workshop import jupyter
from lambdastream.workshop.jupyter import JupyterLab

STUBBORN = """
import json, os, pathlib, signal, subprocess, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Api(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "300"])
server = HTTPServer(("127.0.0.1", 0), Api)
record = pathlib.Path(os.environ["JUPYTER_RUNTIME_DIR"], f"jpserver-{os.getpid()}.json")
told = {"url": f"http://127.0.0.1:{server.server_port}/", "token": os.environ["JUPYTER_TOKEN"]}
record.write_text(json.dumps(told))
server.serve_forever()
"""

# The port that it found free is another Jupyter server's by now, which tells everybody its version, and no more. At first it
# says so and ends, then it is the stubborn one.
OUTRUN = """
import http.server, json, os, pathlib, threading, time

class Another(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(403 if self.path.startswith("/api/status") else 200)
        self.end_headers()
        asked.set()

mark = pathlib.Path(__file__).with_name("outrun")
if not mark.exists():
    mark.touch()
    asked = threading.Event()
    server = http.server.HTTPServer(("127.0.0.1", 0), Another)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    record = pathlib.Path(os.environ["JUPYTER_RUNTIME_DIR"], f"jpserver-{os.getpid()}.json")
    record.write_text(json.dumps({"url": f"http://127.0.0.1:{server.server_port}/", "token": "ours"}))
    asked.wait(30)
    raise SystemExit("ERROR: the Jupyter server could not be started because no available port could be found.")
"""


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    made = Watchdog()
    yield made
    made.close()


@pytest.fixture
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put another program in JupyterLab's place."""

    def place(text: str) -> None:
        (tmp_path / "modules").mkdir()
        (tmp_path / "modules" / "jupyterlab.py").write_text(text, encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))

    return place


def test_one_that_ends_at_once_is_reported_with_what_it_said(
    tmp_path: Path, watchdog: Watchdog, pretend: Callable[[str], None]
) -> None:
    pretend("raise SystemExit('Bad config encountered')")
    with pytest.raises(SetupError) as raised, JupyterLab(Project(tmp_path), watchdog, browser=False):
        pytest.fail("It never started.")
    assert raised.value.problem == "JupyterLab does not start:\nBad config encountered"
    assert "make lab" in raised.value.next_step


def test_one_whose_port_is_taken_meanwhile_is_started_again(
    tmp_path: Path, watchdog: Watchdog, pretend: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jupyter, "GRACE", 0.2)
    pretend(OUTRUN + STUBBORN)
    with JupyterLab(Project(tmp_path), watchdog, browser=False) as lab:
        first, second = sorted(
            (tmp_path / ".lambdastream" / "jupyter").glob("*.json"), key=lambda p: p.stat().st_mtime_ns
        )
        assert '"ours"' in first.read_text(encoding="utf-8")
        assert json.loads(second.read_text(encoding="utf-8"))["url"] in lab.url


def test_one_that_never_answers_is_ended(
    tmp_path: Path,
    watchdog: Watchdog,
    pretend: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    descendants: Callable[[int], list[int]],
) -> None:
    before = descendants(os.getpid())
    monkeypatch.setattr(jupyter, "PATIENCE", 0.2)
    pretend("import time; time.sleep(300)")
    with pytest.raises(SetupError, match="JupyterLab does not start"):
        JupyterLab(Project(tmp_path), watchdog, browser=False).__enter__()
    assert descendants(os.getpid()) == before


def test_one_that_will_not_end_is_killed_with_all_that_it_started(
    tmp_path: Path,
    watchdog: Watchdog,
    pretend: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    descendants: Callable[[int], list[int]],
    is_alive: Callable[[int], bool],
    eventually: Callable[..., object],
) -> None:
    before = descendants(os.getpid())
    monkeypatch.setattr(jupyter, "GRACE", 0.1)
    pretend(STUBBORN)
    with JupyterLab(Project(tmp_path), watchdog, browser=False) as lab:
        assert lab.url.startswith("http://127.0.0.1:")
        started = set(descendants(os.getpid())) - set(before)
        assert len(started) == 2
    eventually(lambda: not any(map(is_alive, started)))
