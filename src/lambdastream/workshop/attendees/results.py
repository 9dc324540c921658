"""What a deployment of many stacks shows while it goes on, and what it tells in the end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from lambdastream.workshop.attendees.live import Screen
from lambdastream.workshop.attendees.table import Table, counted, table

if TYPE_CHECKING:
    from lambdastream.workshop.attendees.deployment import Outcome
    from lambdastream.workshop.attendees.packaging import Package

Result = TypeVar("Result")

TITLES: Final = ("attendee", "stack", "state", "seconds", "why")
WAITING: Final = "waiting"
FAILED: Final = "failed"
WORDS: Final = {"deployed": "deployed", "was there": "there already", "failed": "failed"}


@dataclass
class _Row:
    stack: str
    state: str = WAITING
    began: float = 0.0
    seconds: float | None = None
    reason: str = ""


class Progress:
    """How far each attendee's stack is, shown while it changes. ``stacks`` are the stacks' names by attendee."""

    def __init__(self, stacks: Mapping[str, str], screen: Screen) -> None:
        self._rows = {attendee: _Row(stack) for attendee, stack in stacks.items()}
        self._screen = screen

    def phase(self, attendee: str, phase: str) -> None:
        """An attendee's stack is in a new phase."""
        row = self._rows[attendee]
        row.began = row.began or time.monotonic()
        row.state = phase
        self._screen.show(self.table)

    def end(self, attendee: str, result: str, reason: str = "") -> None:
        """Nothing more happens with an attendee's stack."""
        row = self._rows[attendee]
        row.state, row.reason = WORDS.get(result, result), reason
        row.seconds = time.monotonic() - row.began if row.began else None
        self._screen.show(self.table, " ".join(filter(None, [f"{row.stack}: {row.state}", reason and f"({reason})"])))

    def close(self) -> None:
        """Show the last state."""
        if self._rows:
            self._screen.finish(self.table())

    def finished(self, result: Result) -> Result:
        """Show the last state; gives the result back."""
        self.close()
        return result

    def table(self) -> Table:
        """The table as it is now."""
        rows = [
            (name, row.stack, row.state, f"{row.seconds:.0f}" if row.seconds is not None else "", row.reason)
            for name, row in self._rows.items()
        ]
        tones = {number: "bad" for number, row in enumerate(self._rows.values()) if row.state == FAILED}
        ended = sum(row.state not in (WAITING, "planning", "deploying", "removing") for row in self._rows.values())
        return table(TITLES, rows, tones, f"{ended} of {len(rows)} are done.")


@dataclass(frozen=True, slots=True)
class Deployed:
    """What became of every attendee's stack. ``packaged`` is what was built and uploaded for it, if anything was."""

    workshop: str
    outcomes: tuple[Outcome, ...]
    packaged: Package | None = None

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Those that are not as they should be."""
        return tuple(each for each in self.outcomes if not each.is_fine)

    @property
    def is_complete(self) -> bool:
        """Whether all are."""
        return not self.failed

    def count(self, result: str) -> int:
        """How many had this result."""
        return sum(each.result == result for each in self.outcomes)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        names = ("attendee", "stack", "result", "seconds", "reason", "next_step")
        return {
            "workshop": self.workshop,
            "attendees": [{name: getattr(each, name) for name in names} for each in self.outcomes],
        }

    def __str__(self) -> str:
        said = [f"{self.count(result)} {words}" for result, words in WORDS.items() if self.count(result)]
        lines = [f"{counted(len(self.outcomes), 'stack')} of {self.workshop}: {', '.join(said)}."]
        for each in self.failed:
            lines += [f"  {each.stack}: {each.reason}", f"    {each.next_step}"]
        return "\n".join(lines)

    __repr__ = __str__
