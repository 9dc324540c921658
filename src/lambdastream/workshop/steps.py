"""The steps in which notebooks build the app, and checkpoints: what the steps so far have built.

A step is a code cell with the tag ``step``. It writes one file (``%%writefile``), or it is lines of ``!mkdir -p``, ``!cp``
and ``!chmod +x``. A checkpoint is no copy of the app: it is these cells, replayed. Nothing here touches the disk but
reading notebooks and what ``!cp`` names.
"""

from __future__ import annotations

import json
import os
import posixpath
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from lambdastream.errors import NotebookError

TAG: Final = "step"
PLAIN_FILE: Final = 0o644
PROGRAM: Final = 0o755


@dataclass(frozen=True, slots=True)
class File:
    """A file that steps have built: its content, and its mode."""

    content: bytes
    mode: int = PLAIN_FILE


Files = dict[str, File]
"""Files by their paths, relative to the workspace."""


@dataclass(frozen=True, slots=True)
class Step:
    """The source of a step's cell, and the notebook's name, which starts with its number."""

    notebook: str
    source: str

    def apply(self, files: Files, workspace: Path) -> None:
        """Do to ``files`` what the cell does in the folder ``workspace``. Raises ``NotebookError`` for another cell."""
        head, _, body = self.source.partition("\n")
        if head.startswith("%%writefile"):
            words = shlex.split(head)
            before = files[words[-1]].content if "-a" in words and words[-1] in files else b""
            files[words[-1]] = File(before + body.encode() + b"\n", _mode(files, words[-1]))
            return
        for line in filter(None, map(str.strip, self.source.splitlines())):
            self._command(line, files, workspace)

    def _command(self, line: str, files: Files, workspace: Path) -> None:
        match shlex.split(line, comments=True):
            case ["!mkdir", "-p", *_] | []:
                pass
            case ["!chmod", "+x", path] if path in files:
                files[path] = replace(files[path], mode=PROGRAM)
            case ["!cp", *sources, target] if sources:
                for source in sources:
                    into_folder = target == "." or target.endswith("/")
                    path = posixpath.normpath(posixpath.join(target, Path(source).name)) if into_folder else target
                    origin = Path(os.path.normpath(workspace / source))  # the workspace need not be there yet
                    files[path] = File(origin.read_bytes(), origin.stat().st_mode & 0o777)
            case _:
                raise NotebookError(
                    f"The notebook {self.notebook} has a step that cannot be replayed: {line}",
                    next_step="A step is %%writefile, or lines of !mkdir -p, !cp and !chmod +x (of a file that is there).",
                )


def _mode(files: Files, path: str) -> int:
    return files[path].mode if path in files else PLAIN_FILE


def steps(notebooks: Path) -> Iterator[Step]:
    """Yield the steps of the notebooks in a folder, in the course's order. Raises ``NotebookError`` for a broken one."""
    for path in sorted(notebooks.glob("[0-9][0-9]-*.ipynb")):
        try:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        except (OSError, ValueError, KeyError) as error:
            raise NotebookError(
                f"The notebook {path.name} cannot be read: {error}",
                next_step="Its cells are needed to bring you here. Get the file back: git restore notebooks",
            ) from error
        for cell in cells:
            if cell["cell_type"] == "code" and TAG in cell["metadata"].get("tags", []):
                yield Step(path.stem, "".join(cell["source"]))


def checkpoint(notebooks: Path, workspace: Path, number: str) -> Files:
    """Return what is built when the notebook ``number`` begins: by the steps of those before it."""
    files: Files = {}
    for step in steps(notebooks):
        if step.notebook[:2] < number:
            step.apply(files, workspace)
    return files


def known_contents(notebooks: Path, workspace: Path) -> dict[str, set[bytes]]:
    """Return all that the steps ever write, by path. A file with another content was edited by the reader."""
    files: Files = {}
    known: dict[str, set[bytes]] = {}
    for step in steps(notebooks):
        step.apply(files, workspace)
        for path, file in files.items():
            known.setdefault(path, set()).add(file.content)
    return known
