"""The command line: what it prints, where to, and its exit codes."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from lambdastream.cli import main
from lambdastream.control import DeployedFunction, FunctionDescription, FunctionUrlConfig, LocalAws, connect
from lambdastream.control.profile import Profile
from lambdastream.control.project import Project
from lambdastream.runtime.interpreter import own_runtime

COMMAND = Path(sys.executable).with_name("lambdastream")
PATIENCE = 60
HANDLER = "def handler(event, context):\n    print('asked for', event['rawPath'])\n    return 'hello'\n"

NOT_FOR_THE_COMMAND_LINE = ("IPython", "ipykernel", "jupyter_server", "jupyterlab", "matplotlib", "nbformat", "oras")
IMPORTED = "import sys, lambdastream.cli; print(*{name.partition('.')[0] for name in sys.modules})"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose local AWS runs."""
    root = tmp_path_factory.mktemp("project")
    (root / "template.yaml").touch()
    (root / "src").mkdir()
    with subprocess.Popen([COMMAND, "up", "--port", "0"], cwd=root, stdout=subprocess.PIPE, text=True) as up:
        try:
            assert up.stdout is not None
            assert up.stdout.readline()
            yield Project(root)
        finally:
            up.terminate()


@pytest.fixture(scope="module")
def local_aws(project: Project) -> LocalAws:
    return connect(project)


@pytest.fixture(scope="module")
def greeter(project: Project, local_aws: LocalAws) -> DeployedFunction:
    """A function that has answered once."""
    (project.root / "src" / "app.py").write_text(HANDLER, encoding="utf-8")
    url = FunctionUrlConfig(auth_type="NONE")
    description = FunctionDescription("greeter", project.root / "src", "app.handler", own_runtime(), url=url)
    function = local_aws.deploy(description)
    httpx.get(function.at("/first")).raise_for_status()
    return function


@pytest.fixture
def here(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a subfolder of the project."""
    monkeypatch.chdir(project.root / "src")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work where nothing runs."""
    monkeypatch.chdir(tmp_path)


class Site(BaseHTTPRequestHandler):
    """Streams at /streamed, and answers the same at once everywhere else."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        pieces = [b"word " for _ in range(5)]
        for piece in pieces:
            if self.path == "/streamed":
                time.sleep(0.08)
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Requests are not worth a line."""


@pytest.fixture
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def following(project: Project, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [COMMAND, "logs", *arguments]
    with subprocess.Popen(
        command, cwd=project.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "COMMAND"),
        (["fly"], "fly"),
        (["up", "--port", "http"], "http is not a port"),
        (["up", "--port", "65536"], "65536 is not a port"),
        (["up", "--limit", "speed=1"], "speed is no limit. There are: request-payload, "),
        (["up", "--limit", "stream-rate=fast"], "'fast' is no value of the limit stream-rate. Give a number above 0"),
        (["up", "--isolation", "docker"], "choose from"),
        (["lab", "--port", "-1"], "--port"),
        (["status", "--yaml"], "--yaml"),
        (["logs"], "FUNCTION"),
        (["race", "http://127.0.0.1:1/"], "URL"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_2(elsewhere, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str) -> None:
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["status"], 1, "No local AWS runs"),
        (["status", "--json"], 1, "lambdastream up --detach"),
        (["logs", "chat"], 1, "Functions with a log: none."),
        (["race", "http://127.0.0.1:1/a", "http://127.0.0.1:1/b"], 1, "cannot be reached: "),
        (["race", "no url", "neither"], 2, "Give a whole URL"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_fails_says_so_and_what_to_do(
    elsewhere, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, says: str
) -> None:
    assert main(arguments) == code
    printed = capsys.readouterr()
    assert says in printed.err
    assert len(printed.err.strip().splitlines()) == 2, "the problem and the next step"
    assert printed.out == ""


def test_down_is_fine_when_nothing_runs(elsewhere, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["down"]) == 0
    assert capsys.readouterr().out == "No local AWS runs here.\n"


def test_nothing_is_made_where_nothing_runs(elsewhere) -> None:
    for arguments in (["down"], ["status"], ["logs", "chat"]):
        main(arguments)
    assert list(Path.cwd().iterdir()) == []


def test_status_shows_what_runs(
    here, greeter: DeployedFunction, eventually: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    def printed() -> str:
        assert main(["status"]) == 0
        return capsys.readouterr().out

    # It was asked before, and is busy until its runtime asks for the next event.
    eventually(lambda: f"function  greeter  {greeter.url}  BUFFERED  idle\n" in printed())
    assert "adapter   " in printed()


def test_live_prints_the_address_of_the_live_page(here, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live"]) == 0
    page = capsys.readouterr().out.strip()
    assert page.startswith(f"{project.running().endpoint}/_lambdastream/live/")
    assert "<title>Local AWS, live</title>" in httpx.get(page).text


def test_only_a_person_at_a_terminal_is_told_where_the_live_page_is(
    here, project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = project.running().page
    assert main(["status"]) == 0
    assert page not in capsys.readouterr().out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["status"]) == 0
    assert f"live page {page}\n" in capsys.readouterr().out
    assert main(["up", "--detach"]) == 0
    assert capsys.readouterr().out.endswith(f"\nSee it live: {page}\n")
    told = [path for path in project.state.rglob("*") if path.is_file() and page.encode() in path.read_bytes()]
    assert [path.name for path in told] == ["running.json"]
    assert told[0].stat().st_mode & 0o077 == 0


def test_status_as_json(here, greeter: DeployedFunction, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--json"]) == 0
    status = json.loads(capsys.readouterr().out)
    assert {"endpoint", "profile", "functions", "apis", "adapter", "isolation"} <= set(status)
    assert [each["url"] for each in status["functions"]] == [greeter.url]


def test_logs_prints_what_was_logged(here, greeter: DeployedFunction, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "greeter"]) == 0
    printed = capsys.readouterr().out
    assert "START RequestId: " in printed
    assert "asked for /first\n" in printed


def test_logs_of_an_unknown_function_names_the_known(
    here, greeter: DeployedFunction, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", "gretter"]) == 1
    assert "greeter" in capsys.readouterr().err


def test_logs_follow_prints_what_comes_until_it_is_interrupted(
    project: Project, greeter: DeployedFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    with following(project, "greeter", "--follow") as process:
        assert process.stdout is not None
        _read_until(process, "asked for /first\n")
        httpx.get(greeter.at("/later"))
        _read_until(process, "asked for /later\n")
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=PATIENCE)
    assert (process.returncode, stderr) == (130, "")


def test_a_reader_that_leaves_is_no_reason_for_a_traceback(project: Project, greeter: DeployedFunction) -> None:
    with following(project, "greeter", "--follow") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        httpx.get(greeter.at("/nobody-reads-this"))
        process.wait(PATIENCE)
        assert (process.returncode, process.stderr.read()) == (1, "")


def test_race_prints_the_table_and_the_verdict(elsewhere, site: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["race", f"{site}/streamed", f"{site}/at-once"]) == 0
    table, _, verdict = capsys.readouterr().out.partition("\n\n")
    assert [line.split()[:2] for line in table.splitlines()[1:]] == [
        [f"{site}/streamed", "200"],
        [f"{site}/at-once", "200"],
    ]
    assert f"{site}/streamed streamed: first byte after" in verdict
    assert f"{site}/at-once showed its first byte first" in verdict


def test_where_says_where_a_deploy_goes(
    project: Project, here, local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in Profile(project).variables().items():
        monkeypatch.setenv(name, value)
    assert main(["where"]) == 0
    assert capsys.readouterr().out == (
        f"→ Deploys go to the LOCAL AWS at {local_aws.endpoint} (profile local). Nothing costs money.\n"
    )


def test_where_fails_when_that_is_unclear(
    elsewhere, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody-s-profile")
    assert main(["where"]) == 1
    assert "UNCLEAR" in capsys.readouterr().out


def test_python_m_is_the_same_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lambdastream", "down"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "No local AWS runs here.\n"


def test_the_commands_start_without_the_notebook_s_libraries() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True)
    assert "httpx" in done.stdout.split()
    assert set(done.stdout.split()).isdisjoint(NOT_FOR_THE_COMMAND_LINE)


def _read_until(process: subprocess.Popen[str], line: str) -> None:
    for printed in process.stdout:
        if printed == line:
            return
    pytest.fail(f"{line!r} was never printed.")
