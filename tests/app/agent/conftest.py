"""The agent as it is deployed, on a real server; its model is the stand-in of a local AWS."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

APP = Path(__file__).parents[3] / "app" / "agent"
PATIENCE = 60


@dataclass(frozen=True)
class Server:
    """A server process, its address, and the file that takes what it prints."""

    url: str
    log: Path

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Return the first match in what the server has printed, as soon as there is one."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.log.read_text())):
            assert time.monotonic() < deadline, f"The server never printed {pattern!r}:\n{self.log.read_text()}"
            time.sleep(0.02)
        return found


@contextmanager
def _serving(command: list[str], cwd: Path, env: dict[str, str], log: Path) -> Iterator[Server]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=output, stderr=output)
    try:
        yield Server(Server("", log).wait_for(r"running on (http://[\d.]+:\d+)")[1], log)
    finally:
        process.terminate()
        try:
            process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def serve_agent(local: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start the app as a function's environment would: all that it knows of AWS is in its variables."""
    keys = local.plane.keys
    variables = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PORT": "0",
        "AWS_ENDPOINT_URL": local.endpoint_url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
    }
    with ExitStack() as stack:

        def start(*command: str, cwd: Path = APP, **env: str) -> Server:
            log = tmp_path_factory.mktemp("agent") / "log"
            return stack.enter_context(_serving([*command], cwd, variables | env, log))

        yield start


@pytest.fixture(scope="session")
def agent(serve_agent: Callable[..., Server]) -> Iterator[httpx.Client]:
    """A client of the app, started by its own `run.sh`."""
    with httpx.Client(base_url=serve_agent(str(APP / "run.sh")).url, timeout=PATIENCE) as client:
        yield client


@dataclass(frozen=True)
class Arrived:
    """One event, and when it came, in seconds after the request."""

    moment: float
    event: str
    data: dict[str, str]


@dataclass
class Run:
    """All events of one run."""

    events: list[Arrived] = field(default_factory=list)

    def of(self, kind: str, step: str = "") -> list[Arrived]:
        return [seen for seen in self.events if seen.event == kind and step in {"", seen.data.get("step")}]

    def text(self, step: str) -> str:
        [result] = self.of("step", step)
        return result.data["text"]


def events_of(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """The events in the lines of a stream, with their data, which is JSON."""
    kind = ""
    for line in lines:
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)


@pytest.fixture(scope="session")
def read_run() -> Callable[..., Run]:
    """Read a run to its end, and note when each event came."""

    def read(client: httpx.Client, topic: str, url: str = "/agent") -> Run:
        start = time.monotonic()
        with client.stream("POST", url, json={"topic": topic}) as response:
            assert response.status_code == 200
            assert response.headers["content-type"].startswith("text/event-stream")
            events = events_of(response.iter_lines())
            return Run([Arrived(time.monotonic() - start, kind, data) for kind, data in events])

    return read
