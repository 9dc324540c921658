"""Notebooks made in a test, and nbval as the project runs it."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from lambdastream.workshop.notebooks import project_of, sanitize_config

PLUGIN_FOLDER = Path(__file__).parent
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

    The notebook's file stays as it is. `live=False` leaves out the plugin of `nbval_live.py`.
    """

    def run(notebook: Path, *, live: bool = True) -> NbvalRun:
        config = tmp_path_factory.mktemp("nbval") / "sanitize.cfg"
        config.write_text(sanitize_config(project_of(notebook)), encoding="utf-8")
        options = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", str(config)]
        limits = ["--nbval-cell-timeout", str(CELL_SECONDS), "--timeout", str(CELL_SECONDS + 60)]
        plugins = ["-p", "no:cacheprovider", *(["-p", "nbval_live"] if live else [])]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *limits, *plugins, "--color=no", "-v", str(notebook)],
            env={**os.environ, "PYTHONPATH": str(PLUGIN_FOLDER)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return NbvalRun(done.returncode, done.stdout)

    return run


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
