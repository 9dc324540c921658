"""A reader opens JupyterLab in a browser, and runs all cells."""

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from lambdastream.control.project import Project
from lambdastream.runtime.processes.watchdog import Watchdog
from lambdastream.workshop.jupyter import JupyterLab

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
PICTURES = os.environ.get("LAMBDASTREAM_PICTURES", "")  # a folder that keeps them
PATIENCE = 300
ROOT = Path(__file__).parents[2]
NUMBERS = sorted(path.name[:2] for path in (ROOT / "notebooks").glob("[0-9][0-9]-*.ipynb"))


@pytest.fixture(scope="module")
def page(course: object) -> Iterator[Page]:
    """A page of a browser; JupyterLab runs for the course."""
    watchdog = Watchdog()
    options = {"executable_path": CHROMIUM, "args": ["--no-sandbox"]}
    try:
        with JupyterLab(Project(course.root), watchdog, browser=False) as lab, sync_playwright() as playwright:
            browser = playwright.chromium.launch(**options)
            opened = browser.new_page(viewport={"width": 1280, "height": 1600})
            opened.goto(lab.url)
            yield opened
            browser.close()
    finally:
        watchdog.close()


def outputs(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code" and cell.source]


def failures(cells: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    return [output for cell in cells for output in cell.outputs if output.output_type == "error"]


def has_picture(cells: list[nbformat.NotebookNode]) -> bool:
    return any(output.get("data", {}).get("image/png") for cell in cells for output in cell.outputs)


def open_notebook(page: Page, notebook: Path) -> None:
    page.goto(page.url.partition("/lab")[0] + f"/lab/tree/notebooks/{notebook.name}?reset")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=PATIENCE * 1000)


def run_all(page: Page, notebook: Path) -> list[nbformat.NotebookNode]:
    """Open a notebook, clear its outputs, run all its cells, save it; returns its code cells as saved."""
    open_notebook(page, notebook)
    menu(page, "Edit", "Clear Outputs of All Cells")
    menu(page, "Run", "Run All Cells")
    deadline = time.monotonic() + PATIENCE
    while True:
        page.keyboard.press("Control+s")
        with suppress(nbformat.reader.NotJSONError):  # it is being written
            cells = outputs(notebook)
            # After a cell that fails no other is run.
            ended = cells[-1].execution_count and not page.locator("text=/^\\[\\*\\]:$/").count()
            if ended or failures(cells):
                return cells
        assert time.monotonic() < deadline, f"{notebook.name} never came to its end"
        page.wait_for_timeout(2000)  # saving takes a while, and keeps the kernel from its work


def menu(page: Page, name: str, entry: str) -> None:
    page.locator(".lm-MenuBar-itemLabel", has_text=name).first.click(timeout=PATIENCE * 1000)
    page.locator(".lm-Menu-itemLabel").filter(has_text=re.compile(f"^{entry}$")).click()


@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on this machine: apt install chromium")
@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("number", NUMBERS)
def test_all_cells_run_in_jupyterlab(course: object, page: Page, number: str) -> None:
    notebook = course.notebook(number)
    had_picture = has_picture(outputs(notebook))
    cells = run_all(page, notebook)
    assert failures(cells) == []
    assert all(cell.execution_count for cell in cells)
    assert has_picture(cells) == had_picture
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{notebook.stem}.png", full_page=True)
    menu(page, "Kernel", "Shut Down Kernel")  # and with it the servers that the notebook has started


@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on this machine: apt install chromium")
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_question_leads_to_the_cell_that_answers_it(course: object, page: Page) -> None:
    (course.root / "workshop-guide").mkdir()
    shutil.copy(ROOT / "workshop-guide" / "check-yourself.md", course.root / "workshop-guide")
    open_notebook(page, course.notebook("00"))
    page.get_by_role("link", name="twenty questions").click()
    questions = page.locator(".jp-MarkdownViewer")
    questions.get_by_text("Answer", exact=True).nth(2).click()
    questions.get_by_role("link", name="One line that stops everyone").last.click()
    cell = page.locator(".jp-Notebook:visible .jp-Cell.jp-mod-active")
    expect(cell).to_contain_text("makes the second client wait", timeout=PATIENCE * 1000)
    expect(cell).to_be_in_viewport()
