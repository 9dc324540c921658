"""Notebooks made in a test, and nbval as the project runs it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from lambdastream.control import supervisor
from lambdastream.control.project import Project
from lambdastream.workshop.exercise import solved
from lambdastream.workshop.notebooks import project_of, sanitize_config

PLUGIN_FOLDER = Path(__file__).parent
ROOT = Path(__file__).parents[2]
CELL_SECONDS = 300


@dataclass(frozen=True)
class NbvalRun:
    """One run of a notebook through nbval."""

    returncode: int
    output: str

    @property
    def outcomes(self) -> list[str]:
        """What became of each code cell, in order: "PASSED", "FAILED", ..."""
        return re.findall(r"::Cell \d+ ([A-Z]+) ", self.output)


@pytest.fixture(scope="session")
def nbval(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., NbvalRun]:
    """Run a notebook in a fresh kernel of this environment, strictly: every output is compared with the stored one.

    The notebook's file stays as it is. `live=False` leaves out the plugin of `nbval_live.py`; with `strict=False` no output
    is compared. `variables` are added to the environment.
    """

    def run(notebook: Path, *, live: bool = True, strict: bool = True, **variables: str) -> NbvalRun:
        config = tmp_path_factory.mktemp("nbval") / "sanitize.cfg"
        config.write_text(sanitize_config(project_of(notebook)), encoding="utf-8")
        options = ["--nbval" if strict else "--nbval-lax", "--nbval-current-env", "--nbval-sanitize-with", str(config)]
        limits = ["--nbval-cell-timeout", str(CELL_SECONDS), "--timeout", str(CELL_SECONDS + 60)]
        plugins = ["-p", "no:cacheprovider", *(["-p", "nbval_live"] if live else [])]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *limits, *plugins, "--color=no", "-v", str(notebook)],
            env={**os.environ, "PYTHONPATH": str(PLUGIN_FOLDER)} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return NbvalRun(done.returncode, done.stdout)

    return run


@dataclass(frozen=True)
class Course:
    """A copy of the project as far as the notebooks need it, with a local AWS of its own."""

    root: Path

    def notebook(self, number: str) -> Path:
        """The notebook of this number, with its solutions put in."""
        return next((self.root / "notebooks").glob(f"{number}-*.ipynb"))

    def mutate(self, number: str, before: str, after: str) -> None:
        """Change what a notebook's cells say."""
        path = self.notebook(number)
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after), encoding="utf-8")


def _copy_of_the_course(root: Path) -> Course:
    # The mark of a repository's root: from a workspace the local AWS is that of the whole.
    (root / ".git").mkdir()
    for name in ("notebooks", "app", "template.yaml", "samconfig.toml", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, root / name)
    for path in (root / "notebooks").glob("*.ipynb"):
        nbformat.write(solved(nbformat.read(path, as_version=4)), path)
    return Course(root)


@contextmanager
def _running_course(root: Path) -> Iterator[Course]:
    made = _copy_of_the_course(root)
    project = Project(made.root)
    supervisor.start(project, 0)
    try:
        yield made
    finally:
        supervisor.stop(project)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """The course, whose local AWS runs on a free port. Its notebooks have their solutions put in."""
    with _running_course(tmp_path_factory.mktemp("course")) as made:
        yield made


@pytest.fixture
def fresh_course(tmp_path: Path) -> Iterator[Course]:
    """A course for one test, which may break it."""
    with _running_course(tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def write_notebook() -> Callable[..., Path]:
    """Write a notebook: each cell is its source, or its source and its stored outputs."""

    def write(path: Path, *cells: str | tuple[str, list[dict[str, object]]], **metadata: object) -> Path:
        notebook = nbformat.v4.new_notebook(metadata=metadata)
        for number, cell in enumerate(cells, start=1):
            source, outputs = (cell, []) if isinstance(cell, str) else cell
            notebook.cells.append(
                nbformat.v4.new_code_cell(source, outputs=outputs, execution_count=number, id=f"cell-{number}")
            )
        nbformat.write(nbformat.from_dict(notebook), path)
        return path

    return write
