"""``make bench`` for real, in its short form: the form of what it writes, and that it leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from benchmarks.process_figures import command_line, descendants

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
RUN = ROOT / "benchmarks" / "run.py"
RAW = {
    "raw runtime: first body byte, p50": ("ms", "value <= 0.5"),
    "raw runtime: first body byte, p99": ("ms", "value <= 2"),
    "raw runtime: first body byte on a new connection, p50": ("ms", "ratio <= 1"),
    "raw runtime: first body byte on a new connection, p99": ("ms", None),
    "raw runtime: throughput, 100 MB in 64 KiB chunks": ("MB/s", "ratio >= 1"),
    "raw runtime: Invoke, buffered, p50": ("ms", None),
    "raw runtime: Invoke, buffered, p99": ("ms", None),
}
LAG = "50 environments, a chunk each 50 ms: lag of a chunk"
FIFTY = {
    f"{LAG}, p50": ("ms", None),
    f"{LAG}, p99": ("ms", "value <= 10"),
    f"{LAG}, p99, nothing between": ("ms", None),
}
FIFTY_WITH_SAM = {f"{LAG} while sam deploy runs, p99": ("ms", "value <= 20")}
MEMORY = {
    "data plane idle: resident memory": ("MB", "value <= 50"),
    "data plane idle: CPU time in 10 s": ("ms", "value < 10"),
    "200 MB unread by a slow client: growth of memory": ("MB", "value <= 2"),
}
COLD = {
    "cold start, raw runtime": ("ms", None),
    "cold start, raw runtime, added to the bare process": ("ms", "value <= 60"),
    "cold start, uvicorn behind LWA": ("ms", None),
    "cold start, uvicorn behind LWA, added to the bare process": ("ms", "value <= 60"),
}
STREAMS = {
    "through LWA: first body byte, p50": ("ms", None),
    "through LWA: first body byte, p50, added to uvicorn's": ("ms", "value <= 0.8"),
    "through LWA: first body byte, p95": ("ms", None),
    "through LWA: first body byte, p99": ("ms", None),
    "through LWA: throughput, 100 MB in 64 KiB chunks": ("MB/s", "ratio >= 0.5"),
    "through LWA: 5000 chunks of 16 bytes": ("ms", "ratio <= 1.3"),
    "through LWA: gap between words 30 ms apart, p50": ("ms", None),
    "through LWA: gap between words 30 ms apart, p95": ("ms", "value < 45"),
}
LIVE = {
    "live page: CPU time for a request while nobody looks": ("us", None),
    "live page: CPU time for 5000 chunks of 16 bytes while nobody looks": ("ms", "ratio < 1"),
}
START = {
    "up --detach, until it returns": ("s", None),
    "up, until the first AWS call is answered": ("s", "value <= 5"),
}
CREATION = {
    "boto3 create_function, until the first streamed byte": ("s", "value <= 1.5"),
    "boto3 create_function, until the first streamed byte: the app's own start": ("s", None),
}
WITH_SAM = {
    "sam deploy, built": ("s", "value <= 8"),
    "sam deploy, built: the local AWS's own work": ("s", None),
    "sam deploy, built: SAM's start-up": ("s", None),
    "sam deploy, built: SAM's packaging and polling": ("s", None),
    "a changed line, until it is live": ("s", "value <= 15"),
    "a changed line, until it is live: sam build": ("s", None),
}
SOAK = {
    "soak: requests": ("", None),
    "soak: growth of memory after the warm-up, a minute": ("MB", "value <= 0.5"),
    "soak: descriptors left open": ("", "value <= 0"),
    "soak: processes left": ("", "value <= 0"),
}
FIGURES = {
    "raw": RAW,
    "fifty": FIFTY,
    "memory": MEMORY,
    "cold": COLD,
    "streams": STREAMS,
    "live": LIVE,
    "deployments": START | CREATION,
    "soak": SOAK,
}
PARTS = [*FIGURES]
# What may be nothing, or less: memory shrinks, and where others work a difference may be on the other side.
AT_ALL = {*MEMORY, *COLD, *SOAK, "through LWA: first body byte, p50, added to uvicorn's"}
PEERS = {"cargo-lambda", "RIE", "uvicorn", "bare process", "somebody looks"}
AT_ONCE = 3


def bench(*arguments, wait=180, **options):
    command = [sys.executable, str(RUN), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=wait, **options)


@dataclass(frozen=True)
class Run:
    """A run that has ended: what it printed, and the folders for its results and its temporary files."""

    done: subprocess.CompletedProcess[str]
    folder: Path

    @property
    def results(self):
        output = self.folder / "results.json"
        assert output.exists(), self.done.stderr
        return json.loads(output.read_text())

    @property
    def temporary(self):
        return self.folder / "temporary"


def quick(part, folder):
    (folder / "temporary").mkdir()
    variables = {**os.environ, "TMPDIR": str(folder / "temporary")}
    return Run(bench("--quick", "--only", part, "--output", folder / "results.json", env=variables), folder)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The parts, some side by side: they do not know of each other."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(PARTS, pool.map(quick, PARTS, map(tmp_path_factory.mktemp, PARTS)), strict=True))


@pytest.fixture(params=PARTS)
def part(request):
    return request.param


@pytest.fixture
def run(runs, part):
    return runs[part]


@pytest.fixture
def results(run):
    return run.results


def test_results_say_on_what_they_were_measured(results):
    assert list(results) == ["machine", "commit", "figures"]
    assert list(results["machine"]) == ["cores", "cpu", "ram_gb", "os", "kernel", "python"]
    assert all(results["machine"].values())
    assert re.fullmatch(r"[0-9a-f]{12}(\+changes)?|unknown", results["commit"])


def test_every_figure_is_there_in_its_form(results, part):
    fields = ["figure", "value", "unit", "peer", "ratio", "wanted", "holds"]
    assert all(list(figure) == fields for figure in results["figures"])
    assert {figure["figure"]: (figure["unit"], figure["wanted"]) for figure in results["figures"]} == FIGURES[part]


def test_figures_are_positive_numbers(results):
    for figure in results["figures"]:
        assert figure["value"] > 0 or figure["figure"] in AT_ALL


def test_a_ratio_is_that_to_the_peer(results):
    for figure in results["figures"]:
        if figure["peer"] is None:
            assert figure["ratio"] is None
        else:
            assert figure["peer"]["name"] in PEERS
            if figure["ratio"] is not None:
                # One round: the ratio is that of the two values, which are rounded.
                assert figure["ratio"] == pytest.approx(figure["value"] / figure["peer"]["value"], rel=0.01)


def test_beside_the_results_there_is_their_picture(run, results):
    assert results
    assert (run.folder / "results.png").read_bytes().startswith(b"\x89PNG")


def test_what_streams_here_has_peers(runs):
    """cargo-lambda may be missing; uvicorn, the RIE and the bare process are always there."""
    expected = {"raw": {"RIE", "cargo-lambda"}, "streams": {"uvicorn"}, "cold": {"bare process"}}
    for part, names in expected.items():
        said, found = (
            runs[part].done.stderr,
            {each["peer"]["name"] for each in runs[part].results["figures"] if each["peer"]},
        )
        assert found == {name for name in names if f"{name} is not installed" not in said}


def test_the_soak_asks_and_leaves_nothing(runs):
    requests, _, *left = (figure["value"] for figure in runs["soak"].results["figures"])
    assert requests > 50
    assert all(number <= 0 for number in left)


def test_the_first_call_is_answered_after_the_start(runs):
    returned, answered = (figure["value"] for figure in runs["deployments"].results["figures"][:2])
    assert returned < answered


def test_the_wanted_figures_decide_the_exit_code(run, results):
    judged = [figure["holds"] for figure in results["figures"] if figure["wanted"]]
    # Without the peer, nobody can say whether a ratio holds.
    missing = "is not installed" in run.done.stderr
    assert all(isinstance(holds, bool) or missing for holds in judged)
    assert run.done.returncode == (1 if False in judged else 0)


def test_the_table_shows_what_is_in_the_file(run, results, part):
    title, *rows = run.done.stdout.splitlines()
    assert title.split() == ["figure", "ratio", "value", "peer", "wanted", "holds"]
    assert [row.split("  ")[0] for row in rows] == list(FIGURES[part])
    assert [row.endswith("NO") for row in rows] == [figure["holds"] is False for figure in results["figures"]]


def test_it_says_that_sam_is_left_out(run, part):
    assert ("nothing with sam" in run.done.stderr) == (part in {"deployments", "fifty"})


def test_nothing_tells_whose_machine_it_was(results):
    text = json.dumps(results)
    assert str(Path.home()) not in text
    assert str(ROOT) not in text
    assert (
        subprocess.run(["uname", "-n"], capture_output=True, text=True, check=True).stdout.strip() not in text.split()
    )


def test_nothing_is_left_behind(run):
    assert "Traceback" not in run.done.stderr
    nothing_is_left(run.temporary)


def nothing_is_left(temporary):
    """A process that still runs from there, or its folder, would show for longer than the end of one takes."""
    deadline = time.monotonic() + 10
    while (list(temporary.iterdir()) or running_from(temporary)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not list(temporary.iterdir())
    assert not running_from(temporary)


def running_from(temporary):
    """The processes that were started with this folder for temporary files."""
    return [path for path in Path("/proc").glob("[0-9]*/environ") if str(temporary).encode() in content(path)]


def content(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("part", ["deployments", "raw"])
def test_interrupted_while_it_starts_a_local_aws_it_leaves_nothing(part, tmp_path):
    with started(part, tmp_path) as process:
        deadline = time.monotonic() + 20
        # The local AWS is there, and whoever started it waits for it still.
        while not list(tmp_path.glob("*/.lambdastream/lock")) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    nothing_is_left(tmp_path)


@pytest.mark.parametrize("part", ["fifty", "soak"])
def test_killed_while_functions_and_peers_run_it_leaves_nothing(part, tmp_path):
    with started(part, tmp_path) as process:
        deadline = time.monotonic() + 60
        # The local AWS's two processes and the watchdogs are four: the others are runtimes, here or behind a peer.
        while len(running := descendants(process.pid)) < 7 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
        _, said = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL, said
    nothing_is_left(tmp_path)
    assert not [command_line(pid) for pid in running if command_line(pid)]


@contextmanager
def started(part, temporary):
    command = [sys.executable, str(RUN), "--quick", "--only", part]
    variables = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_figures_with_sam(tmp_path):
    """Side by side: what takes minutes waits for most of them."""
    with ThreadPoolExecutor() as pool:
        deployments, fifty = pool.map(partial(whole, folder=tmp_path), ["deployments", "fifty"])
    told = {name: (figure["unit"], figure["wanted"]) for name, figure in deployments.items()}
    assert told == START | WITH_SAM | CREATION
    everything, own, start_up, _ = (deployments[name]["value"] for name in WITH_SAM if name.startswith("sam deploy"))
    assert 0 < own + start_up < everything
    live, build = (deployments[name]["value"] for name in WITH_SAM if name.startswith("a changed line"))
    assert 0 < build < live
    assert {name: (each["unit"], each["wanted"]) for name, each in fifty.items()} == FIFTY | FIFTY_WITH_SAM
    assert fifty[f"{LAG} while sam deploy runs, p99"]["peer"]["name"] == "nothing between"


def whole(part, folder):
    output = folder / f"{part}.json"
    variables = {**os.environ, "TMPDIR": str(folder)}
    done = bench("--quick", "--sam", "--only", part, "--output", output, env=variables, wait=380)
    assert output.exists(), done.stderr
    return {figure["figure"]: figure for figure in json.loads(output.read_text())["figures"]}


@pytest.mark.parametrize(
    ("output", "why"),
    [("no/such/folder/results.json", "in a folder that exists"), (".", "is not a file")],
    ids=["no folder", "a folder"],
)
def test_an_output_that_cannot_be_written_is_refused_before_anything_is_measured(
    output, why, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])  # as a script, it takes the first place for itself
    from benchmarks import run

    with pytest.raises(SystemExit) as raised:
        run.main(["--output", output])
    assert raised.value.code == 2
    said = capsys.readouterr().err
    assert why in said
    assert "round" not in said
