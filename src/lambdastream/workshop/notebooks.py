"""Runs notebooks and writes their outputs as they are committed: ``python -m lambdastream.workshop.notebooks PATH...``.

A notebook is written only when all its cells pass. What differs from machine to machine or from run to run is replaced
by the patterns in ``sanitize.cfg``; nbval makes the same replacements before it compares (:func:`sanitize_config`).
"""

# mypy: allow-untyped-calls
# (nbformat declares itself typed, and types few of its functions)

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError

from lambdastream.errors import NotebookError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbformat import NotebookNode

CELL_TIMEOUT_SECONDS = 600
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

Pattern = tuple[re.Pattern[str], str]


def sanitize_config(project: Path) -> str:
    """Return the content of ``sanitize.cfg`` with this machine's folders filled in, for ``--nbval-sanitize-with``.

    ``project`` is the folder that outputs call ``PROJECT``.
    """
    config = files(__package__).joinpath("sanitize.cfg").read_text(encoding="utf-8")
    folders = {"project": project, "temp": Path(tempfile.gettempdir()), "home": Path.home()}
    for name, folder in folders.items():
        # Without a home, HOME is "/": replacing that would break every path.
        regex = re.escape(str(folder)) if folder.name else "(?!)"
        config = config.replace(f"{{{name}}}", regex)
    return config


def sanitize_patterns(project: Path) -> list[Pattern]:
    """Return the patterns of ``sanitize.cfg`` on this machine and what replaces them, in the order to apply them."""
    pairs = re.findall(r"^regex: (.*)\nreplace: (.*)$", sanitize_config(project), re.MULTILINE)
    return [(re.compile(regex), replacement) for regex, replacement in pairs]


def scrub(value: Any, patterns: Sequence[Pattern]) -> Any:
    """Return a value made of strings, lists and mappings with the patterns replaced in every string but base64 data."""
    if isinstance(value, str):
        for pattern, replacement in patterns:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, list):
        return [scrub(item, patterns) for item in value]
    if isinstance(value, dict):
        return {key: item if is_base64(key) else scrub(item, patterns) for key, item in value.items()}
    return value


def is_base64(media_type: str) -> bool:
    """Say whether a notebook stores data of this type as base64 (nbformat: binary images and documents)."""
    return media_type == "application/pdf" or (media_type.startswith("image/") and media_type != "image/svg+xml")


def clean(notebook: NotebookNode, patterns: Sequence[Pattern]) -> NotebookNode:
    """Take out of a notebook, in place, what another machine or another run would write differently; return it."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata.kernelspec = nbformat.from_dict(KERNELSPEC)
    notebook.metadata.get("language_info", {}).pop("version", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = nbformat.from_dict(scrub(cell.outputs, patterns))
            for output in cell.outputs:
                output.get("data", {}).pop(WIDGET_VIEW, None)
    return notebook


def text_of(notebook: NotebookNode) -> str:
    """Return a notebook as its file holds it, in nbformat's own layout. Raises nbformat's ``ValidationError``."""
    nbformat.validate(notebook)
    return f"{nbformat.writes(notebook)}\n"


def project_of(path: Path) -> Path:
    """Return the project that a notebook belongs to: the nearest folder with a ``pyproject.toml``, else its own."""
    folder = path.resolve().parent
    return next((parent for parent in (folder, *folder.parents) if (parent / "pyproject.toml").exists()), folder)


def read(path: Path) -> NotebookNode:
    """Return the notebook in a file; raises ``UsageError`` when there is none."""
    try:
        notebook: NotebookNode = nbformat.v4.upgrade(nbformat.read(path, as_version=4))
    except (OSError, ValueError, nbformat.ValidationError) as error:
        problem = f"{path} cannot be read as a notebook: {error}"
        raise UsageError(problem, next_step="Name a file that JupyterLab opens.") from error
    return notebook


def run(path: Path, *, timeout: int = CELL_TIMEOUT_SECONDS) -> None:
    """Run a notebook in its own folder and write it back with its outputs.

    ``timeout`` is in seconds, for one cell. Raises ``NotebookError``, with the cell and its traceback, when a cell
    fails, takes too long or ends its kernel; then the file is as it was.
    """
    notebook = read(path)
    running = 0

    def on_cell_start(cell: NotebookNode, cell_index: int) -> None:  # noqa: ARG001 - nbclient passes both by name
        nonlocal running
        running = cell_index + 1

    client = NotebookClient(
        notebook,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.resolve().parent)}},
        timeout=timeout,
        coalesce_streams=True,
        record_timing=False,
        store_widget_state=False,
        on_cell_start=on_cell_start,
        extra_arguments=["--log-level=ERROR"],  # else each kernel warns about its loopback transport
    )
    try:
        client.execute()
    except (CellControlSignal, DeadKernelError) as error:
        raise NotebookError(
            f"{path}: cell {running} of {len(notebook.cells)} failed.\n{error}",
            next_step="The notebook's file is as it was. Repair the cell, then run this again.",
        ) from error
    path.write_text(text_of(clean(notebook, sanitize_patterns(project_of(path)))), encoding="utf-8")


def find(paths: Iterable[Path]) -> list[Path]:
    """Return the notebooks that files and folders name; raises ``UsageError`` for a folder without any."""
    found: list[Path] = []
    for path in paths:
        notebooks = sorted(path.glob("*.ipynb")) if path.is_dir() else [path]
        if not notebooks:
            raise UsageError(f"{path} holds no notebooks.", next_step="Name notebooks, or a folder of them.")
        found += notebooks
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run the notebooks that the command line names; return 0, or 1 at the first one that fails."""
    parser = argparse.ArgumentParser(prog="python -m lambdastream.workshop.notebooks", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a notebook, or a folder of notebooks")
    parser.add_argument("--timeout", type=int, default=CELL_TIMEOUT_SECONDS, help="seconds for one cell")
    arguments = parser.parse_args(argv)
    try:
        for path in find(arguments.paths):
            run(path, timeout=arguments.timeout)
            print(f"{path}: written.")
    except UsageError as error:
        parser.error(str(error))
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
