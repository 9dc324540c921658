"""Exercises: a check tells the reader what is missing; a notebook with its solutions put in tests the check.

An exercise is four cells of a notebook, in this order: a prompt (Markdown), a starter with the tag ``exercise``, a check
with the tag ``check`` whose last line gives a ``Verdict``, and a Markdown cell with the tag ``solution``: one code block,
folded.
"""

# mypy: allow-untyped-calls
# (nbformat declares itself typed, and types few of its functions)

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, ParamSpec

import nbformat

from lambdastream.errors import NotebookError

if TYPE_CHECKING:
    from nbformat import NotebookNode

Parameters = ParamSpec("Parameters")

CODE_BLOCK: Final = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class NotYet(Exception):  # noqa: N818 - it is no error: the reader is on the way
    """Something is missing in an answer: what, and a hint at how to go on."""

    def __init__(self, missing: str, hint: str = "") -> None:
        super().__init__(missing)
        self.missing = missing
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check says of an answer. It is true when the answer is right."""

    right: bool
    text: str

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return self.text


def check(work: Callable[Parameters, str]) -> Callable[Parameters, Verdict]:
    """Make a check of a function that returns praise for a right answer, and raises ``NotYet`` for another one.

    What the reader's own code raises is told, too: a check never raises.
    """

    @functools.wraps(work)
    def checked(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Verdict:
        try:
            return Verdict(right=True, text=f"✓ {work(*args, **kwargs)}")
        except NotYet as reason:
            hint = f"\n  Hint: {reason.hint}" if reason.hint else ""
            return Verdict(right=False, text=f"✗ Not yet. {reason.missing}{hint}")
        except Exception as error:  # noqa: BLE001 - it comes out of the reader's code
            return Verdict(right=False, text=f"✗ Not yet. Your code raises {type(error).__name__}: {error}")

    return checked


def solved(notebook: NotebookNode) -> NotebookNode:
    """Return a copy of a notebook that solves each exercise after its check, and insists that the check then passes.

    The starter and its check stay as they are before that. Raises ``NotebookError`` for an exercise that is not whole.
    """
    cells = [[cell, *_solution(notebook, cell)] for cell in notebook.cells]
    copy: NotebookNode = nbformat.from_dict({**notebook, "cells": list(itertools.chain.from_iterable(cells))})
    return copy


def _solution(notebook: NotebookNode, cell: NotebookNode) -> list[NotebookNode]:
    if not has_tag(cell, "solution"):
        return []
    before = notebook.cells[notebook.cells.index(cell) - 1]
    blocks = CODE_BLOCK.findall(cell.source)
    if not has_tag(before, "check") or len(blocks) != 1:
        raise NotebookError(
            f"This solution is not one block of Python after a check: {cell.source[:80]!r}",
            next_step="Put the cells in order: prompt, starter (exercise), check, solution.",
        )
    *lines, last = before.source.splitlines()
    return [_silent(blocks[0]), _silent("\n".join([*lines, f"verdict = {last}", "assert verdict, verdict"]))]


def _silent(source: str) -> NotebookNode:
    cell: NotebookNode = nbformat.v4.new_code_cell(source, metadata={"tags": ["nbval-ignore-output"]})
    return cell


def has_tag(cell: NotebookNode, tag: str) -> bool:
    """Whether a cell has this tag."""
    return tag in cell.metadata.get("tags", [])
