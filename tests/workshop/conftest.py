"""Labs in projects of their own, and everything that runs for them."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from lambdastream.control.project import Project

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).with_name("lambdastream")
PATIENCE = 60
READY = "Press Ctrl-C to end it all.\n"

# It answers as the chat app does, and starts faster: nothing is installed for it.
STAND_IN = {
    "handler.py": """
import time

def handler(event, context):
    if event["rawPath"] != "/":
        time.sleep(13 * PAUSE)
    return {"statusCode": 200, "body": "word " * 13}
""",
    "server.py": """
import os, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class App(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, pause=0):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for _ in range(13):
            self.wfile.write(b"5\\r\\nword \\r\\n")
            time.sleep(pause)
        self.wfile.write(b"0\\r\\n\\r\\n")

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer(PAUSE)

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), App).serve_forever()
""",
    "run.sh": "#!/bin/sh\nexec python server.py\n",
}


@dataclass
class Lab:
    """A lab's project below ``folder``. Each of its processes has the folder's path in its environment: that tells them."""

    folder: Path
    lines: list[str] = field(default_factory=list)

    @property
    def project(self) -> Project:
        return Project(self.folder / "project")

    @property
    def temporary(self) -> Path:
        """What the processes take for ``/tmp``."""
        return self.folder / "tmp"

    @contextmanager
    def start(self, *arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
        """A command, by default ``lab``, that runs in the project, killed in the end if it still does."""
        with subprocess.Popen(
            [*arguments] or [COMMAND, "lab", "--port", "0"],
            cwd=self.project.root,
            env={**os.environ, "TMPDIR": str(self.temporary), "DISPLAY": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def read_until_ready(self, process: subprocess.Popen[str]) -> None:
        """Read what the lab prints until there is nothing more to come."""
        while (line := process.stdout.readline()) != READY:
            self.lines.append(line)
            assert line, f"The lab ended:\n{''.join(self.lines)}{process.stderr.read()}"

    @property
    def printed(self) -> str:
        return "".join(self.lines)

    @property
    def jupyter(self) -> httpx.URL:
        """The address that it printed, token included."""
        return httpx.URL(re.search(r"^ +(http://\S+)$", self.printed, re.MULTILINE)[1])

    def call(self, method: str, path: str, **token: str) -> httpx.Response:
        """Call JupyterLab's API, with another token if one is given."""
        token = token or {"token": self.jupyter.params["token"]}
        return httpx.request(method, self.jupyter.copy_with(path=path, query=None), params=token, timeout=PATIENCE)

    def processes(self, name: str = "") -> dict[int, str]:
        """The processes that belong to the project now, with their command lines, of which ``name`` is a part."""
        found = {int(entry.name): _command(entry, self.folder) for entry in Path("/proc").glob("[0-9]*")}
        return {pid: command for pid, command in found.items() if command and name in command}

    def left(self) -> list[object]:
        """Everything that should not outlive the lab: processes, temporary files, the record, JupyterLab's port."""
        record = self.project.state / "running.json"
        found = [*self.processes().values(), *self.temporary.iterdir(), *([record] if record.exists() else [])]
        return [*found, *([self.jupyter] if "http" in self.printed and listens(self.jupyter.port) else [])]


def _command(process: Path, folder: Path) -> str:
    try:
        # A function in a mount namespace knows of the folder by its mounts alone.
        told = {name: (process / name).read_bytes() for name in ("cmdline", "environ", "mountinfo")}
    except OSError:
        return ""
    command = told["cmdline"].replace(b"\0", b" ").decode()
    return command if any(os.fsencode(folder) in text for text in told.values()) else ""


def listens(port: int) -> bool:
    """Whether something listens on this port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def make_lab(folder: Path, app: dict[str, str]) -> Lab:
    """A project with everything that a lab needs. ``app`` stands in for the chat app, without requirements."""
    lab = Lab(folder)
    root = lab.project.root
    (root / "notebooks").mkdir(parents=True)
    lab.temporary.mkdir()
    for name in ("pyproject.toml", "template.yaml", "samconfig.toml"):
        shutil.copy(ROOT / name, root)
    (root / "notebooks" / "00-start-here.ipynb").touch()
    (root / "app" / "chat").mkdir(parents=True)
    (root / "app" / "agent").mkdir()  # the template names it, and the lab leaves it out
    for name, text in app.items():
        path = root / "app" / "chat" / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
    return lab


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Lab]:
    """Make a lab on an app that starts fast. ``handler`` is the text of another handler.py; ``pause`` is in seconds."""

    def make(handler: str = "", *, pause: float = 0.1) -> Lab:
        files = {name: text.replace("PAUSE", str(pause)) for name, text in STAND_IN.items()}
        return make_lab(tmp_path_factory.mktemp("lab"), files | ({"handler.py": handler} if handler else {}))

    return make
