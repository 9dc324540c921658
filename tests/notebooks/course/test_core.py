"""The core course: each notebook runs through nbval, strictly, then a reader runs it once more on the same local AWS.

Exercises' solutions pass, their starters do not. A file's notebooks run one after the other, beside the other file's.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

IS_CORE = True
ROOT = Path(__file__).parents[3]
PATIENCE = 300_000  # ms


@pytest.mark.timeout(600)
def test_a_notebook_runs_to_its_end(check_run: Callable[[str], None], number: str) -> None:
    check_run(number)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_all_its_cells_run_once_more_in_jupyterlab(check_reading: Callable[[str], None], number: str) -> None:
    check_reading(number)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_question_leads_to_the_cell_that_answers_it(reader: object, course: object) -> None:
    (course.root / "workshop-guide").mkdir()
    shutil.copy(ROOT / "workshop-guide" / "check-yourself.md", course.root / "workshop-guide")
    reader.open(course.notebook("00"))
    reader.page.get_by_role("link", name="twenty questions").click()
    questions = reader.page.locator(".jp-MarkdownViewer")
    questions.get_by_text("Answer", exact=True).nth(2).click()
    questions.get_by_role("link", name="One line that stops everyone").last.click()
    cell = reader.page.locator(".jp-Notebook:visible .jp-Cell.jp-mod-active")
    expect(cell).to_contain_text("makes the second client wait", timeout=PATIENCE)
    expect(cell).to_be_in_viewport()
