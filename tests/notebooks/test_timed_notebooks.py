"""The notebooks that tell of times run, strictly, one after the other. The others: see `test_notebooks.py`."""

from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TIMED = ("00", "01", "03", "06", "08")
NUMBERS = sorted(path.name[:2] for path in (ROOT / "notebooks").glob("[0-9][0-9]-*.ipynb"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("turn", ["first", pytest.param("again", marks=pytest.mark.slow)])
@pytest.mark.parametrize("number", [number for number in NUMBERS if number in TIMED])
def test_a_notebook_runs_to_its_end(nbval: Callable[..., object], course: object, number: str, turn: str) -> None:
    done = nbval(course.notebook(number), **course.variables)
    assert done.returncode == 0, done.output
    assert set(done.outcomes) == {"PASSED"}
