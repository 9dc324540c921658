"""``make bench`` for real, in its short form: the form of what it writes, and that it leaves nothing behind."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUN = ROOT / "benchmarks" / "run.py"
FIGURES = {
    "first body byte, p50": ("ms", None),
    "first body byte, p50, added to uvicorn's": ("ms", "value <= 1.5"),
    "first body byte, p95": ("ms", None),
    "first body byte, p99": ("ms", None),
    "throughput, 100 MB in 64 KiB chunks": ("MB/s", "ratio >= 0.4"),
    "5000 chunks of 16 bytes": ("ms", None),
    "gap between words 30 ms apart, p50": ("ms", None),
    "gap between words 30 ms apart, p95": ("ms", "value < 45"),
}
ALONE = "first body byte, p50, added to uvicorn's"


def bench(*arguments, **options):
    command = [sys.executable, str(RUN), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100, **options)


@pytest.fixture(scope="module")
def temporary(tmp_path_factory):
    """Where the run puts its temporary folders."""
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    return tmp_path_factory.mktemp("output") / "results.json"


@pytest.fixture(scope="module")
def done(output, temporary):
    variables = {**os.environ, "TMPDIR": str(temporary)}
    return bench("--quick", "--output", output, env=variables)


@pytest.fixture(scope="module")
def results(done, output):
    assert output.exists(), done.stderr
    return json.loads(output.read_text())


def test_results_say_on_what_they_were_measured(results):
    assert list(results) == ["machine", "commit", "figures"]
    assert list(results["machine"]) == ["cores", "cpu", "ram_gb", "os", "kernel", "python"]
    assert all(results["machine"].values())
    assert re.fullmatch(r"[0-9a-f]{12}(\+changes)?|unknown", results["commit"])


def test_every_figure_is_there_in_its_form(results):
    fields = ["figure", "value", "unit", "peer", "ratio", "wanted", "holds"]
    assert all(list(figure) == fields for figure in results["figures"])
    assert {figure["figure"]: (figure["unit"], figure["wanted"]) for figure in results["figures"]} == FIGURES


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_positive_numbers(results, name):
    (figure,) = (figure for figure in results["figures"] if figure["figure"] == name)
    assert figure["value"] > 0
    if name == ALONE:
        assert (figure["peer"], figure["ratio"]) == (None, None)
    else:
        assert figure["peer"]["name"] == "uvicorn"
        assert figure["peer"]["value"] > 0
        # One round: the ratio is that of the two values, which are rounded.
        assert figure["ratio"] == pytest.approx(figure["value"] / figure["peer"]["value"], rel=0.01)


def test_the_wanted_figures_decide_the_exit_code(results, done):
    judged = [figure["holds"] for figure in results["figures"] if figure["wanted"]]
    assert all(isinstance(holds, bool) for holds in judged)
    assert done.returncode == (0 if all(judged) else 1)


def test_the_table_shows_what_is_in_the_file(results, done):
    title, *rows = done.stdout.splitlines()
    assert title.split() == ["figure", "through", "LWA", "uvicorn", "ratio", "wanted", "holds"]
    assert [row.split("  ")[0] for row in rows] == list(FIGURES)
    assert [row.endswith("NO") for row in rows] == [figure["holds"] is False for figure in results["figures"]]


def test_nothing_tells_whose_machine_it_was(results):
    text = json.dumps(results)
    assert str(Path.home()) not in text
    assert str(ROOT) not in text
    assert (
        subprocess.run(["uname", "-n"], capture_output=True, text=True, check=True).stdout.strip() not in text.split()
    )


def test_nothing_is_left_behind(done, temporary):
    assert done.stderr.endswith("round 1 of 1\n")
    # A process that still runs from there, or its folder, would show for longer than the end of one takes.
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


@pytest.mark.parametrize(
    ("output", "why"),
    [("no/such/folder/results.json", "in a folder that exists"), (".", "is not a file")],
    ids=["no folder", "a folder"],
)
def test_an_output_that_cannot_be_written_is_refused_before_anything_is_measured(output, why, tmp_path):
    refused = bench("--output", output, cwd=tmp_path)
    assert refused.returncode == 2
    assert why in refused.stderr
    assert "round" not in refused.stderr
