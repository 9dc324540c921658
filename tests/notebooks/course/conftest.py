"""The notebooks of each half of the course, and a reader who opens them in JupyterLab, in a browser."""

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
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
PATIENCE = 300
ROOT = Path(__file__).parents[3]
NUMBERS = sorted(path.name[:2] for path in (ROOT / "notebooks").glob("[0-9][0-9]-*.ipynb"))
CORE = {"00", "01", "02", "04", "05", "06", "07", "08"}
# What `make test` runs through nbval: an app by itself, and the race, which deploys both doors with the real sam.
SHORT = {"01", "06"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of notebooks gets those of its file's half of the course."""
    if "number" in metafunc.fixturenames:
        numbers = [number for number in NUMBERS if (number in CORE) == metafunc.module.IS_CORE]
        metafunc.parametrize(
            "number", [pytest.param(each, marks=[] if each in SHORT else [pytest.mark.slow]) for each in numbers]
        )


class Reader:
    """Somebody who has opened JupyterLab in a browser."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, notebook: Path) -> None:
        """Open a notebook; its kernel is ready."""
        self.page.goto(self.page.url.partition("/lab")[0] + f"/lab/tree/notebooks/{notebook.name}?reset")
        self.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=PATIENCE * 1000)

    def run_all(self, notebook: Path) -> list[nbformat.NotebookNode]:
        """Open a notebook, clear its outputs, run all its cells, save it; returns its code cells as saved."""
        self.open(notebook)
        self._menu("Edit", "Clear Outputs of All Cells")
        self._menu("Run", "Run All Cells")
        cells = self._ended(notebook)
        if PICTURES:
            self.page.screenshot(path=Path(PICTURES) / f"{notebook.stem}.png", full_page=True)
        self._menu("Kernel", "Shut Down Kernel")  # and with it the servers that the notebook has started
        return cells

    def _ended(self, notebook: Path) -> list[nbformat.NotebookNode]:
        deadline = time.monotonic() + PATIENCE
        while True:
            self.page.keyboard.press("Control+s")
            with suppress(nbformat.reader.NotJSONError):  # it is being written
                cells = code_cells(notebook)
                # After a cell that fails no other is run.
                ended = cells[-1].execution_count and not self.page.locator("text=/^\\[\\*\\]:$/").count()
                if ended or failures(cells):
                    return cells
            assert time.monotonic() < deadline, f"{notebook.name} never came to its end"
            self.page.wait_for_timeout(2000)  # saving takes a while, and keeps the kernel from its work

    def _menu(self, name: str, entry: str) -> None:
        self.page.locator(".lm-MenuBar-itemLabel", has_text=name).first.click(timeout=PATIENCE * 1000)
        self.page.locator(".lm-Menu-itemLabel").filter(has_text=re.compile(f"^{entry}$")).click()


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    """The cells of a notebook that are run."""
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code" and cell.source]


def failures(cells: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """The outputs that tell of an exception."""
    return [output for cell in cells for output in cell.outputs if output.output_type == "error"]


def has_picture(cells: list[nbformat.NotebookNode]) -> bool:
    """Whether an output is a picture."""
    return any(output.get("data", {}).get("image/png") for cell in cells for output in cell.outputs)


@pytest.fixture(scope="module")
def reader(course: object) -> Iterator[Reader]:
    """A reader of the course in JupyterLab."""
    if not CHROMIUM:
        pytest.skip("there is no Chromium on this machine: apt install chromium")
    watchdog = Watchdog()
    options = {"executable_path": CHROMIUM, "args": ["--no-sandbox"]}
    try:
        with JupyterLab(Project(course.root), watchdog, browser=False) as lab, sync_playwright() as playwright:
            browser = playwright.chromium.launch(**options)
            page = browser.new_page(viewport={"width": 1280, "height": 1600})
            page.goto(lab.url)
            yield Reader(page)
            browser.close()
    finally:
        watchdog.close()


@pytest.fixture
def check_run(nbval: Callable[..., object], course: object) -> Callable[[str], None]:
    """Run a notebook through nbval, strictly: what it wrote is what it writes."""

    def check(number: str) -> None:
        done = nbval(course.notebook(number), **course.variables)
        assert done.returncode == 0, done.output
        assert set(done.outcomes) == {"PASSED"}

    return check


@pytest.fixture
def check_reading(reader: Reader, course: object) -> Callable[[str], None]:
    """A reader runs all cells of a notebook: none fails, and its pictures are there."""

    def check(number: str) -> None:
        notebook = course.notebook(number)
        had_picture = has_picture(code_cells(notebook))
        cells = reader.run_all(notebook)
        assert failures(cells) == []
        assert all(cell.execution_count for cell in cells)
        assert has_picture(cells) == had_picture

    return check
