"""The deep course: inside Lambda, agents, production, other roads, the instructor's. As in `test_core.py`, and beside it."""

from collections.abc import Callable

import pytest

IS_CORE = False


@pytest.mark.timeout(600)
def test_a_notebook_runs_to_its_end(check_run: Callable[[str], None], number: str) -> None:
    check_run(number)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_all_its_cells_run_once_more_in_jupyterlab(check_reading: Callable[[str], None], number: str) -> None:
    check_reading(number)
