"""The chat app as it is deployed: its folder is the task root, and real servers run it."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

APP = Path(__file__).parents[3] / "app" / "chat"
UVICORN = (sys.executable, "-m", "uvicorn", "--port", "0")
STARTUP_SECONDS = 30
POLL_SECONDS = 0.02

# The modules import each other flat. At the end of the path, so that `main` hides nobody else's.
sys.path.append(str(APP))


@dataclass(frozen=True)
class Server:
    """A server process, the address it serves and the file that takes what it prints."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Return the first match in what the server has printed, as soon as there is one."""
        return _wait_for(pattern, self.process, self.log)


def _wait_for(pattern: str, process: subprocess.Popen[bytes], log: Path) -> re.Match[str]:
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        if found := re.search(pattern, log.read_text()):
            return found
        if ended:
            break
        time.sleep(POLL_SECONDS)
    pytest.fail(f"The server never printed {pattern!r}:\n{log.read_text()}")


@contextmanager
def _serving(command: Sequence[str], cwd: Path, env: Mapping[str, str], log: Path) -> Iterator[Server]:
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **env}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=output, stderr=output)
    try:
        url = _wait_for(r"running on (http://[\d.]+:\d+)", process, log)[1]
        yield Server(url, process, log)
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def task_root() -> Path:
    """The folder that is deployed."""
    return APP


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start servers; all of them stop with the test session."""
    with ExitStack() as servers:

        def start(command: Sequence[str], *, cwd: Path = APP, **env: str) -> Server:
            log = tmp_path_factory.mktemp("server") / "log"
            return servers.enter_context(_serving(command, cwd, env, log))

        yield start


@pytest.fixture(scope="session")
def chat(serve: Callable[..., Server]) -> Iterator[httpx.Client]:
    """A client of the app under uvicorn."""
    server = serve([*UVICORN, "main:app"])
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client
