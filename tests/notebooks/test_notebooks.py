"""Every committed notebook runs, strictly, twice in a row: what it wrote is what it writes."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def _local_aws(monkeypatch_module: pytest.MonkeyPatch) -> Iterator[None]:
    """A local AWS for the notebooks, on a free port; one that runs already for the project is used and left alone."""
    monkeypatch_module.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
    stopped = "No local AWS" in _lambdastream("status").stderr
    started = _lambdastream("up", "--detach", "--port", "0")
    assert started.returncode == 0, started.stderr
    yield
    if stopped:
        _lambdastream("down")


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("_local_aws")
@pytest.mark.parametrize("turn", ["first", "second"])
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_twice(nbval: Callable[..., object], notebook: Path, turn: str) -> None:
    done = nbval(notebook)
    assert done.returncode == 0, done.output
    assert set(done.outcomes) == {"PASSED"}


def _lambdastream(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "lambdastream", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
