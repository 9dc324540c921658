"""Every notebook runs, strictly: what it wrote is what it writes. Its exercises' solutions pass, its starters do not.

Those that tell of times are in `test_timed_notebooks.py`: a file's tests run one after the other, beside the other file's.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TIMED = {"00", "01", "03", "06", "08"}
NUMBERS = sorted(path.name[:2] for path in (ROOT / "notebooks").glob("[0-9][0-9]-*.ipynb"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("turn", ["first", pytest.param("again", marks=pytest.mark.slow)])
@pytest.mark.parametrize("number", [number for number in NUMBERS if number not in TIMED])
def test_a_notebook_runs_to_its_end(nbval: Callable[..., object], course: object, number: str, turn: str) -> None:
    done = nbval(course.notebook(number), **course.variables)
    assert done.returncode == 0, done.output
    assert set(done.outcomes) == {"PASSED"}
