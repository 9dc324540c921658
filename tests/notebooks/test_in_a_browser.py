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
from playwright.sync_api import Page, sync_playwright

from lambdastream.control.project import Project
from lambdastream.runtime.processes.watchdog import Watchdog
from lambdastream.workshop.jupyter import JupyterLab

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
PICTURES = os.environ.get("LAMBDASTREAM_PICTURES", "")  # a folder that keeps them
PATIENCE = 180


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


def run_all(page: Page, notebook: Path) -> list[nbformat.NotebookNode]:
    """Open a notebook, clear its outputs, run all its cells, save it; returns its code cells as saved."""
    page.goto(page.url.partition("/lab")[0] + f"/lab/tree/notebooks/{notebook.name}?reset")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=PATIENCE * 1000)
    menu(page, "Edit", "Clear Outputs of All Cells")
    menu(page, "Run", "Run All Cells")
    deadline = time.monotonic() + PATIENCE
    while True:
        page.keyboard.press("Control+s")
        with suppress(nbformat.reader.NotJSONError):  # it is being written
            cells = outputs(notebook)
            if cells[-1].execution_count and not page.locator("text=/^\\[\\*\\]:$/").count():
                return cells
        assert time.monotonic() < deadline, f"{notebook.name} never came to its end"
        page.wait_for_timeout(300)


def menu(page: Page, name: str, entry: str) -> None:
    page.locator(".lm-MenuBar-itemLabel", has_text=name).first.click(timeout=PATIENCE * 1000)
    page.locator(".lm-Menu-itemLabel").filter(has_text=re.compile(f"^{entry}$")).click()


@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on this machine: apt install chromium")
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", ["00", "06"])
def test_all_cells_run_in_jupyterlab(course: object, page: Page, number: str) -> None:
    notebook = course.notebook(number)
    cells = run_all(page, notebook)
    failed = [output for cell in cells for output in cell.outputs if output.output_type == "error"]
    assert failed == []
    assert any(output.get("data", {}).get("image/png") for cell in cells for output in cell.outputs)
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{notebook.stem}.png", full_page=True)
