"""What one viewer has still to be told of the recordings: never what came meanwhile one by one, but how things are now.

So a slow viewer costs no memory. It misses the invocations that are forgotten before it reads, and is told how many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lambdastream.doors.live_page.recording import Recording, milliseconds


@dataclass(slots=True)
class Position:
    """How far a viewer is with one recording."""

    revision: int = -1
    coarser: int = 0
    ticks: int = 0
    lines: int = 0
    is_final: bool = False


class Feed:
    """Where one viewer is. ``missed`` is how many invocations it has not seen to their end, or not at all."""

    def __init__(self) -> None:
        self.missed = 0
        self._positions: dict[int, Position] = {}
        self._next: int | None = None

    def changes(self, recordings: Sequence[Recording]) -> list[dict[str, Any]]:
        """Return what has changed in the recordings, the oldest first, since the last call."""
        if recordings:
            self._forget_before(recordings[0].sequence)
            self._next = recordings[-1].sequence + 1
        return [self._change(each) for each in recordings if self._position(each).revision < each.revision]

    def _position(self, recording: Recording) -> Position:
        return self._positions.setdefault(recording.sequence, Position())

    def _forget_before(self, oldest: int) -> None:
        if self._next is not None:
            self.missed += max(0, oldest - self._next)
        for sequence in [sequence for sequence in self._positions if sequence < oldest]:
            self.missed += not self._positions.pop(sequence).is_final

    def _change(self, recording: Recording) -> dict[str, Any]:
        position = self._position(recording)
        ticks, log = recording.ticks, recording.log
        # The last tick may have grown since it was told.
        first_tick = 0 if position.coarser != ticks.coarser else max(0, position.ticks - 1)
        first_line = max(position.lines, log.left_out)
        lines = list(log.lines)[first_line - log.left_out :]
        position.revision, position.is_final = recording.revision, recording.is_final
        position.coarser, position.ticks = ticks.coarser, len(ticks.ticks)
        position.lines = log.left_out + len(log.lines)
        return recording.to_json() | {
            "firstTick": first_tick,
            "ticks": [[milliseconds(at), chunks, size] for at, chunks, size in ticks.ticks[first_tick:]],
            "firstLine": first_line,
            "lines": lines,
        }
