"""Every notebook runs, strictly: what it wrote is what it writes. Its exercises' solutions pass, its starters do not.

Those that tell of times are in `test_timed_notebooks.py`: a file's tests run one after the other, beside the other file's.
"""

from collections.abc import Callable

import pytest

TELLS_OF_TIMES = False


@pytest.mark.timeout(600)
def test_a_notebook_runs_to_its_end(nbval: Callable[..., object], course: object, number: str, turn: str) -> None:
    done = nbval(course.notebook(number), **course.variables)
    assert done.returncode == 0, done.output
    assert set(done.outcomes) == {"PASSED"}
