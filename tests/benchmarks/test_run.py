"""``make bench`` for real, in its short form: the form of what it writes, and that it leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
RUN = ROOT / "benchmarks" / "run.py"
STREAMS = {
    "first body byte, p50": ("ms", None),
    "first body byte, p50, added to uvicorn's": ("ms", "value <= 1.5"),
    "first body byte, p95": ("ms", None),
    "first body byte, p99": ("ms", None),
    "throughput, 100 MB in 64 KiB chunks": ("MB/s", "ratio >= 0.4"),
    "5000 chunks of 16 bytes": ("ms", None),
    "gap between words 30 ms apart, p50": ("ms", None),
    "gap between words 30 ms apart, p95": ("ms", "value < 45"),
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
FIGURES = {"streams": STREAMS, "deployments": START | CREATION}
WITHOUT_PEER = {"first body byte, p50, added to uvicorn's", *START, *CREATION}
PARTS = [*FIGURES]


def bench(*arguments, wait=100, **options):
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
    """Both parts, side by side: they do not know of each other."""
    with ThreadPoolExecutor() as pool:
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
        assert figure["value"] > 0
        if figure["figure"] in WITHOUT_PEER:
            assert (figure["peer"], figure["ratio"]) == (None, None)
        else:
            assert figure["peer"]["name"] == "uvicorn"
            assert figure["peer"]["value"] > 0
            # One round: the ratio is that of the two values, which are rounded.
            assert figure["ratio"] == pytest.approx(figure["value"] / figure["peer"]["value"], rel=0.01)


def test_the_first_call_is_answered_after_the_start(runs):
    returned, answered = (figure["value"] for figure in runs["deployments"].results["figures"][:2])
    assert returned < answered


def test_the_wanted_figures_decide_the_exit_code(run, results):
    judged = [figure["holds"] for figure in results["figures"] if figure["wanted"]]
    assert all(isinstance(holds, bool) for holds in judged)
    assert run.done.returncode == (0 if all(judged) else 1)


def test_the_table_shows_what_is_in_the_file(run, results, part):
    title, *rows = run.done.stdout.splitlines()
    assert title.split() == ["figure", "value", "uvicorn", "ratio", "wanted", "holds"]
    assert [row.split("  ")[0] for row in rows] == list(FIGURES[part])
    assert [row.endswith("NO") for row in rows] == [figure["holds"] is False for figure in results["figures"]]


def test_it_says_that_sam_is_left_out(runs):
    assert "nothing with sam" in runs["deployments"].done.stderr
    assert "sam" not in runs["streams"].done.stderr


def test_nothing_tells_whose_machine_it_was(results):
    text = json.dumps(results)
    assert str(Path.home()) not in text
    assert str(ROOT) not in text
    assert (
        subprocess.run(["uname", "-n"], capture_output=True, text=True, check=True).stdout.strip() not in text.split()
    )


def test_nothing_is_left_behind(run, part):
    assert run.done.stderr.endswith(f"{part}: round 1 of 1\n")
    nothing_is_left(run.temporary)


def nothing_is_left(temporary):
    """A process that still runs from there, or its folder, would show for longer than the end of one takes."""
    deadline = time.monotonic() + 5
    while list(temporary.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not list(temporary.iterdir())
    assert not [path for path in Path("/proc").glob("[0-9]*/environ") if str(temporary).encode() in environ(path)]


def environ(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_interrupted_while_it_starts_a_local_aws_it_leaves_nothing(tmp_path):
    command = [sys.executable, str(RUN), "--quick", "--only", "deployments"]
    variables = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            deadline = time.monotonic() + 20
            # The local AWS is there, and whoever started it waits for it still.
            while not list(tmp_path.glob("*/.lambdastream/lock")) and time.monotonic() < deadline:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    nothing_is_left(tmp_path)


@pytest.mark.timeout(330)
def test_the_figures_with_sam(tmp_path):
    output, variables = tmp_path / "results.json", {**os.environ, "TMPDIR": str(tmp_path)}
    done = bench("--only", "deployments", "--output", output, env=variables, wait=300)
    assert output.exists(), done.stderr
    figures = {figure["figure"]: figure for figure in json.loads(output.read_text())["figures"]}
    told = {name: (figure["unit"], figure["wanted"]) for name, figure in figures.items()}
    assert told == START | WITH_SAM | CREATION
    whole, own, start_up, _ = (figures[name]["value"] for name in WITH_SAM if name.startswith("sam deploy"))
    assert 0 < own + start_up < whole
    live, build = (figures[name]["value"] for name in WITH_SAM if name.startswith("a changed line"))
    assert 0 < build < live


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
