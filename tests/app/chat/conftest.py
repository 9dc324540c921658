"""The chat app as it is deployed: its folder is the task root, and real servers run it."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, sync_playwright

APP = Path(__file__).parents[3] / "app" / "chat"
UVICORN = (sys.executable, "-m", "uvicorn", "--port", "0")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
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


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A client of the app in this process, which pauses between no two pieces."""
    import pace
    from main import app

    monkeypatch.setattr(pace, "PAUSE", 0)
    return TestClient(app)


@pytest.fixture(scope="session")
def start_app(serve: Callable[..., Server]) -> Callable[..., Server]:
    """Start the app under uvicorn, with these variables, or another app of this folder around it."""

    def start(app: str = "main:app", **env: str) -> Server:
        folder = APP if app == "main:app" else Path(__file__).parent
        return serve([*UVICORN, app], cwd=folder, PYTHONPATH=str(APP), **env)

    return start


@pytest.fixture(scope="session")
def observed(start_app: Callable[..., Server]) -> Server:
    """The app, which prints how many pieces of a response it has sent when it is done with it."""
    return start_app("observed:app")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    if not CHROMIUM:
        pytest.skip("there is no Chromium on this machine: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open an address in a window of its own. What the page has to complain about fails the test."""
    complaints: list[str] = []
    with ExitStack() as windows:

        def go(url: str, **settings: object) -> Page:
            window = browser.new_context(**settings)
            windows.callback(window.close)
            page = window.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
            page.goto(url)
            return page

        go.complaints = complaints
        yield go
    assert complaints == []


@pytest.fixture(scope="session")
def fuzz() -> Callable[..., Counter[int]]:
    """Make requests from an OpenAPI document, good ones and bad ones; returns how often which status came.

    None may be a 500. Every status has to be in the document, and every body as the document says.
    """
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis import checks

    kept = [checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance]

    def operation(found: Any, mode: schemathesis.GenerationMode, examples: int, statuses: Counter[int]) -> None:
        @given(case=found.as_strategy(generation_mode=mode))
        @settings(max_examples=examples, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
        def ask(case: schemathesis.Case) -> None:
            response = case.call()
            statuses[response.status_code] += 1
            assert response.status_code != 500, case.as_curl_command()
            case.validate_response(response, checks=kept)

        ask()

    def run(schema: Any, *, examples: int) -> Counter[int]:
        statuses: Counter[int] = Counter()
        for result in schema.get_all_operations():
            found = result.ok()
            takes_something = found.body or found.query or found.headers or found.path_parameters
            for mode in schemathesis.GenerationMode if takes_something else [schemathesis.GenerationMode.POSITIVE]:
                operation(found, mode, examples, statuses)
        return statuses

    return run
