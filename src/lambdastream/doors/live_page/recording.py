"""What is remembered of one invocation for the page: when what happened, its chunks as ticks, the end of its log.

Pure: every method is told the time, in seconds on the monotonic clock. What a recording takes is bounded: of many chunks
the ticks become coarser, and of a long log the first lines are left out.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

FINEST: Final = 0.001
"""Seconds: chunks that come within are one tick, to begin with."""

MOST_TICKS: Final = 400
LONGEST_LINE: Final = 2000
LONGEST_LOG: Final = 16 * 1024
"""Characters of one invocation's log, or of a line of it, that are kept."""


class Ticks:
    """When how much of an answer came. Each tick is seconds since the arrival, chunks, bytes.

    ``coarser`` counts how often all of them changed, because they had become too many.
    """

    def __init__(self) -> None:
        self.ticks: list[tuple[float, int, int]] = []
        self.coarser = 0
        self._finest = FINEST

    def add(self, at: float, chunks: int, size: int) -> None:
        """So many chunks came, with so many bytes. It changes the last tick, or adds one."""
        self._merge(self.ticks, at, chunks, size)
        if len(self.ticks) > MOST_TICKS:
            self._coarsen()

    def _merge(self, ticks: list[tuple[float, int, int]], at: float, chunks: int, size: int) -> None:
        if ticks and at - ticks[-1][0] < self._finest:
            first, before, so_far = ticks[-1]
            ticks[-1] = first, before + chunks, so_far + size
        else:
            ticks.append((at, chunks, size))

    def _coarsen(self) -> None:
        self.coarser += 1
        while len(self.ticks) > MOST_TICKS // 2:
            self._finest *= 2
            merged: list[tuple[float, int, int]] = []
            for tick in self.ticks:
                self._merge(merged, *tick)
            self.ticks = merged


class LogLines:
    """The last lines of a log. ``left_out`` is how many there were before them."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque()
        self.left_out = 0
        self._size = 0

    def add(self, text: str) -> None:
        """One line, or several."""
        for line in text.rstrip("\n").split("\n"):
            kept = line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} ..."
            self.lines.append(kept)
            self._size += len(kept)
        while self._size > LONGEST_LOG and len(self.lines) > 1:
            self._size -= len(self.lines.popleft())
            self.left_out += 1


@dataclass(slots=True, eq=False)
class Recording:
    """One invocation. ``arrived`` is when it came, ``arrived_at`` the same on the wall clock; both in seconds.

    ``door`` is the way that it came by, ``call`` the method and path of its request, if it has one. ``collected`` says that
    its client gets the answer whole, however it comes. Other times are ``None`` until they are. ``revision`` grows with
    every change.
    """

    sequence: int
    request_id: str
    function: str
    door: str
    call: str
    collected: bool
    arrived: float
    arrived_at: float
    environment: str = ""
    init: tuple[float, float] | None = None
    begun: float | None = None
    streams: bool = False
    answered: float | None = None
    over: float | None = None
    status: int | None = None
    error: str = ""
    message: str = ""
    chunks: int = 0
    size: int = 0
    revision: int = 0
    ticks: Ticks = field(default_factory=Ticks)
    log: LogLines = field(default_factory=LogLines)

    def begin(self, now: float, environment: str, init: tuple[float, float] | None) -> None:
        """An environment takes it. ``init`` is when that was initialised, of which counts what it waited for."""
        self.begun = now
        self.environment = environment
        if init is not None and init[1] > self.arrived:
            self.init = max(init[0], self.arrived), init[1]

    def piece(self, now: float, chunks: int, size: int) -> None:
        """Some of the answer's body came."""
        self.chunks += chunks
        self.size += size
        self.ticks.add(now - self.arrived, chunks, size)

    def answer(self, now: float, error: str = "", message: str = "") -> None:
        """The answer is whole, or failed with this type of error."""
        self.answered = now
        self.error, self.message = error, message

    @property
    def is_final(self) -> bool:
        """Whether nothing more will come of it: it is over, or was answered without having begun."""
        return self.over is not None or (self.answered is not None and self.begun is None)

    @property
    def state(self) -> str:
        """What it does now, in a word."""
        if self.error:
            return "throttled" if self.error == "throttled" else "failed"
        if self.answered is not None:
            return "done"
        return "waiting" if self.begun is None else "streaming" if self.ticks.ticks else "running"

    def to_json(self) -> dict[str, Any]:
        """All but ticks and log. Times are milliseconds since the arrival."""
        return {
            "sequence": self.sequence,
            "id": self.request_id,
            "function": self.function,
            "door": self.door,
            "call": self.call,
            "collected": self.collected,
            "arrivedAt": round(self.arrived_at * 1000),
            "environment": self.environment,
            "init": [self._since(moment) for moment in self.init] if self.init else None,
            "begun": self._since(self.begun),
            "streams": self.streams,
            "answered": self._since(self.answered),
            "over": self._since(self.over),
            "status": self.status,
            "state": self.state,
            "error": self.error,
            "message": self.message,
            "chunks": self.chunks,
            "bytes": self.size,
        }

    def _since(self, moment: float | None) -> float | None:
        return None if moment is None else milliseconds(moment - self.arrived)


def milliseconds(seconds: float) -> float:
    """Seconds as the page gets them."""
    return round(seconds * 1000, 1)
