"""The notebooks that tell of times run, strictly, one after the other. The others: see `test_notebooks.py`."""

from collections.abc import Callable

import pytest

TELLS_OF_TIMES = True


@pytest.mark.timeout(600)
def test_a_notebook_runs_to_its_end(nbval: Callable[..., object], course: object, number: str, turn: str) -> None:
    done = nbval(course.notebook(number), **course.variables)
    assert done.returncode == 0, done.output
    assert set(done.outcomes) == {"PASSED"}
