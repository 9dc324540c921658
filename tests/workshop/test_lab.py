"""``lambdastream lab``: the preflight, JupyterLab, and the end of both, however it comes."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from lambdastream.control import connect

# `make lab ARGS=--check` is what everybody runs first.
pytestmark = pytest.mark.slow

Eventually = Callable[..., object]
COMMAND = Path(sys.executable).with_name("lambdastream")
DEADLINE = 60
PATIENCE = 60
TAKEN_FOR_NUMBERS = re.compile(r"\d[\d.]*(-rc\d)?")

# A lab whose preflight is over: a function runs, and JupyterLab starts.
WITHOUT_A_RACE = """
import sys
from lambdastream.cli import main
from lambdastream.control import FunctionDescription, FunctionUrlConfig, LocalAws
from lambdastream.client import record
from lambdastream.workshop import preflight

def deploy(project, running, say):
    code = project.root / "app" / "chat"
    adapter = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap", "PORT": "8000"}
    layers = ("arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerX86:27",)
    runtime = f"python3.{sys.version_info.minor}"
    url = FunctionUrlConfig("NONE", "BUFFERED")
    description = FunctionDescription("app", code, "run.sh", runtime, environment=adapter, layers=layers, url=url)
    assert record("GET", LocalAws(running).deploy(description).url).status == 200
    return []

preflight.prepare = lambda project, say: None
preflight.run_race = deploy
sys.exit(main(["lab", "--port", "0"]))
"""


@dataclass(frozen=True)
class Observed:
    """What was seen of a lab from its start to its end by Ctrl-C."""

    printed: str
    page: httpx.Response
    with_token: httpx.Response
    without_token: httpx.Response
    wrong_token: httpx.Response
    kernel_path: str
    returncode: int
    stderr: str
    left: list[object]


@contextmanager
def ready(*labs, command: tuple[str | Path, ...] = ()) -> Iterator[list[subprocess.Popen[str]]]:
    """Labs that are started at once, as soon as they are ready."""
    with ExitStack() as stack:
        processes = [stack.enter_context(lab.start(*command)) for lab in labs]
        for lab, process in zip(labs, processes, strict=True):
            lab.read_until_ready(process)
        yield processes


def start_kernel(lab, eventually: Eventually) -> int:
    """Start a kernel; returns its process id."""
    assert lab.call("POST", "/api/kernels").status_code == 201
    (pid,) = eventually(lambda: lab.processes("ipykernel_launcher"))
    return pid


@pytest.fixture(scope="module")
def observed(stand_in, eventually: Eventually) -> Observed:
    lab = stand_in()
    with ready(lab) as (process,):
        page = httpx.get(lab.jupyter)
        answers = [lab.call("GET", "/api/contents/notebooks", **token) for token in ({}, {"no": ""}, {"token": "x"})]
        kernel = start_kernel(lab, eventually)
        path = dict(line.partition("=")[::2] for line in Path(f"/proc/{kernel}/environ").read_text().split("\0"))[
            "PATH"
        ]
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=DEADLINE)
        return Observed(lab.printed, page, *answers, path, process.returncode, stderr, lab.left())


def test_the_preflight_is_printed_step_by_step(observed: Observed) -> None:
    steps = [TAKEN_FOR_NUMBERS.sub("#", line) for line in observed.printed.splitlines() if line[:1] in {"✓", "✗"}]
    assert [step.replace("x#_#", "MACHINE").replace("aarch#", "MACHINE") for step in steps] == [
        "✓ the local AWS runs at http://#:#",
        "✓ Python # on MACHINE",
        "✓ Lambda Web Adapter #",
        "✓ runtime python# with awslambdaric (# s)",
        "✓ sam build (# s)",
        "✓ sam deploy, stack streaming-chat (# s)",
        "✓ Mangum answers (# s)",
        "✓ LWA answers (# s)",
        "✓ the race is run",
        "✓ LWA's first byte comes within # ms: # ms",
        "✓ LWA's last byte comes at least # s later: # s",
        "✓ Mangum's first and last byte come together: # ms apart",
        "✓ both say the same: # and # bytes",
        "✓ JupyterLab answers at",
    ]


def test_the_race_is_shown_with_its_verdict_in_words(observed: Observed) -> None:
    assert re.search(r"^Mangum  200 .* at once$", observed.printed, re.MULTILINE)
    assert re.search(r"^LWA     200 .* streamed$", observed.printed, re.MULTILINE)
    assert "Mangum answered all at once: nothing for " in observed.printed
    assert "LWA showed its first byte first: " in observed.printed


def test_jupyterlab_answers_at_the_printed_address(observed: Observed) -> None:
    assert observed.page.status_code == 200
    assert "<title>JupyterLab</title>" in observed.page.text
    assert observed.page.url.path == "/lab/tree/notebooks/00-start-here.ipynb"
    assert observed.with_token.status_code == 200
    assert observed.with_token.json()["type"] == "directory"


def test_jupyterlab_wants_its_token(observed: Observed) -> None:
    assert [observed.without_token.status_code, observed.wrong_token.status_code] == [403, 403]


def test_kernels_find_the_environment_s_programs_first(observed: Observed) -> None:
    assert observed.kernel_path.partition(":")[0] == str(COMMAND.parent)


def test_ctrl_c_ends_everything(observed: Observed) -> None:
    assert (observed.returncode, observed.stderr) == (130, "")
    assert observed.left == []


def test_a_lab_that_is_told_to_end_or_killed_leaves_nothing(stand_in, eventually: Eventually) -> None:
    terminated, killed = labs = stand_in(), stand_in()
    with ready(*labs, command=(sys.executable, "-c", WITHOUT_A_RACE)) as processes:
        for lab, process, number in zip(labs, processes, (signal.SIGTERM, signal.SIGKILL), strict=True):
            start_kernel(lab, eventually)
            assert lab.processes("run.sh") or lab.processes("server.py")
            process.send_signal(number)
        _, stderr = processes[0].communicate(timeout=DEADLINE)
        assert (processes[0].returncode, stderr) == (130, "")
        assert terminated.left() == []

    # Its record stays, but says nothing without the lock.
    eventually(lambda: not killed.processes() and not [*killed.temporary.iterdir()])
    assert not killed.project.is_locked()


def test_a_check_ends_by_itself_and_leaves_alone_what_ran_before(stand_in) -> None:
    lab = stand_in()
    # The project's own modules must not stand in for those that the lab imports.
    (lab.project.root / "json.py").write_text("raise SystemExit('the wrong module')\n", encoding="utf-8")
    with lab.start(COMMAND, "up", "--port", "0") as up:
        assert up.stdout.readline()
        before = set(lab.processes())
        with lab.start(COMMAND, "lab", "--check") as process:
            printed, stderr = process.communicate(timeout=PATIENCE)
        assert (process.returncode, stderr) == (0, "")
        assert f"✓ the local AWS runs at {connect(lab.project).endpoint}\n" in printed
        assert "✓ JupyterLab answers at\n" in printed
        assert lab.processes("jupyter") == {}
        assert [*(lab.project.state / "jupyter").glob("jpserver-*")] == [], "it ended in its own way"
        assert set(lab.processes()) > before, "the functions of the preflight run on"
        up.terminate()
        up.wait(DEADLINE)
    assert lab.left() == []


def test_an_app_that_fails_ends_the_lab_with_the_way_to_its_log(stand_in) -> None:
    lab = stand_in("raise RuntimeError('no such table')\n")
    with lab.start() as process:
        printed, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "JupyterLab" not in printed
    assert "The function streaming-chat-ChatMangum-" in stderr
    assert "answers 502" in stderr
    name = re.search(r"lambdastream logs (\S+)", stderr)[1]
    assert "no such table" in (lab.project.logs / f"{name}.log").read_text(encoding="utf-8")
    assert lab.left() == []


def test_an_app_that_does_not_stream_fails_the_preflight(stand_in) -> None:
    lab = stand_in(pause=0)
    with lab.start() as process:
        printed, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "✓ both say the same: 65 and 65 bytes\n" in printed
    assert "✗ LWA's last byte comes at least 1 s later: 0.0" in printed
    assert "JupyterLab" not in printed
    assert "The preflight failed." in stderr
    assert lab.left() == []


def test_outside_the_project_it_says_where_to_go(tmp_path: Path) -> None:
    done = subprocess.run([COMMAND, "lab", "--port", "0"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"There are no notebooks in {tmp_path}: the package alone does not have them." in done.stderr
    assert "Get the project's repository, and run in its folder: make lab" in done.stderr
