"""Shows a table that changes: in a notebook's cell, at a terminal, or in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, Final, Protocol, TextIO

from lambdastream.workshop.attendees.table import Table

SHORTEST_REDRAW: Final = 0.1
CLEAR_BELOW: Final = "\x1b[0J"


class Screen(Protocol):
    """Where a table is shown while it changes."""

    def show(self, table: Callable[[], Table], news: str = "") -> None:
        """Show how the table is now. ``news`` is what has happened, in words: a log has one line of it."""

    def finish(self, table: Table) -> None:
        """Show the last state, which stays."""


class Nowhere:
    """Shows nothing: whoever asks wants JSON."""

    def show(self, table: Callable[[], Table], news: str = "") -> None:
        del table, news

    def finish(self, table: Table) -> None:
        del table


class Log:
    """Prints what happens, a line each, and the last table."""

    def show(self, table: Callable[[], Table], news: str = "") -> None:
        del table
        if news:
            print(news, flush=True)

    def finish(self, table: Table) -> None:
        print(table, flush=True)


class Terminal:
    """Draws the table over its last state."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._lines = 0
        self._drawn = 0.0

    def show(self, table: Callable[[], Table], news: str = "") -> None:
        del news
        if time.monotonic() - self._drawn >= SHORTEST_REDRAW:
            self._draw(table())

    def finish(self, table: Table) -> None:
        self._draw(table)
        self._lines = 0

    def _draw(self, table: Table) -> None:
        import shutil  # noqa: PLC0415 - its size may change

        width, height = shutil.get_terminal_size()
        # A line that wraps, or a table higher than the terminal, could not be drawn over.
        lines = [line[:width] for line in str(table).splitlines()][-(height - 1) :]
        up = f"\x1b[{self._lines}F" if self._lines else ""
        self._out.write(up + CLEAR_BELOW + "\n".join(lines) + "\n")
        self._out.flush()
        self._lines, self._drawn = len(lines), time.monotonic()


class Cell:
    """Updates the output of a notebook's cell."""

    def __init__(self, display: Callable[..., Any]) -> None:
        self._display = display
        self._handle: Any = None
        self._drawn = 0.0

    def show(self, table: Callable[[], Table], news: str = "") -> None:
        del news
        if time.monotonic() - self._drawn >= SHORTEST_REDRAW:
            self._draw(table())

    def finish(self, table: Table) -> None:
        self._draw(table)

    def _draw(self, table: Table) -> None:
        self._drawn = time.monotonic()
        if self._handle is None:
            self._handle = self._display(table, display_id=True)
        else:
            self._handle.update(table)


def screen() -> Screen:
    """Give the place where a table is shown here: a notebook's cell, a terminal, or a log."""
    if display := notebook_display():
        return Cell(display)
    return Terminal() if sys.stdout.isatty() else Log()


def notebook_display() -> Callable[..., Any] | None:
    """Give IPython's ``display`` where it reaches a notebook, ``None`` in plain Python and in a terminal."""
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython  # noqa: PLC0415 - only where it runs
    from IPython.display import display  # noqa: PLC0415

    shell = get_ipython()
    kinds = {kind.__name__ for kind in type(shell).__mro__}
    return None if shell is None or "TerminalInteractiveShell" in kinds else display
