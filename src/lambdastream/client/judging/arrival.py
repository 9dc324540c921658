"""When the bytes of an answer arrived, and how much of that a network alone would explain."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lambdastream.client.recording import Chunk

TOGETHER = 0.005
"""Seconds that a moment takes: chunks within it came together."""

JITTER = 0.3
"""Seconds by which any network may spread what was sent together: TCP sends a lost packet again after 0.2 s or later."""

THE_END = 0.1
"""Seconds before the last byte that count as the end."""

SLOWEST_LINE = 125_000
"""Bytes per second, 1 Mbit/s: the slowest line that an answer is expected to come over."""

FIRST_WINDOW = 14_600
"""Bytes that a server sends before it waits for the first acknowledgement: ten segments (RFC 6928)."""

SHORTEST_PAUSE = 0.1
FEWEST_PAUSES = 3
SHORTEST_IDLE = 0.5


@dataclass(frozen=True)
class Moment:
    """Bytes that came together: ``at`` seconds after the request, ``size`` of them."""

    at: float
    size: int


@dataclass(frozen=True)
class Arrival:
    """The moments at which an answer's bytes came, in order. ``round_trip`` is at most so long, in seconds."""

    moments: tuple[Moment, ...]
    round_trip: float = 0.0

    @property
    def first(self) -> float:
        """Seconds to the first byte; 0 without any."""
        return self.moments[0].at if self.moments else 0.0

    @property
    def last(self) -> float:
        """Seconds to the last byte; 0 without any."""
        return self.moments[-1].at if self.moments else 0.0

    @property
    def spread(self) -> float:
        """Seconds between the first and the last moment."""
        return self.last - self.first

    @property
    def size(self) -> int:
        """Bytes that came."""
        return sum(moment.size for moment in self.moments)

    @property
    def pauses(self) -> tuple[float, ...]:
        """Seconds between each moment and the next."""
        return tuple(later.at - earlier.at for earlier, later in pairwise(self.moments))

    @property
    def last_share(self) -> float:
        """The part of the bytes, 0 to 1, that came at the end."""
        late = sum(moment.size for moment in self.moments if moment.at >= self.last - THE_END)
        return late / self.size if self.moments else 0.0

    @property
    def explained(self) -> float:
        """Seconds over which a slow, far network may spread so many bytes that were sent together.

        One packet may be lost. TCP sends the first window at once, and twice as much with each round trip after it
        (slow start). No line is expected to be slower than ``SLOWEST_LINE``.
        """
        rounds = math.ceil(math.log2(max(1.0, self.size / FIRST_WINDOW)))
        return JITTER + 2 * (1 + rounds) * self.round_trip + self.size / SLOWEST_LINE

    @property
    def over_time(self) -> bool:
        """Whether the bytes were sent over time: they are spread wider, or pause oftener, than a network makes them."""
        return self.spread > self.explained or self._pauses_often()

    def _pauses_often(self) -> bool:
        # A line that is busy with what was sent together does not stand still for longer than some round trips.
        idle = [pause for pause in self.pauses if pause >= max(SHORTEST_PAUSE, 3 * self.round_trip)]
        return len(idle) >= FEWEST_PAUSES and sum(idle) >= max(SHORTEST_IDLE, self.spread / 2)


def arrival(chunks: Iterable[Chunk], round_trip: float = 0.0) -> Arrival:
    """Give the moments of an answer's chunks."""
    moments: list[Moment] = []
    for chunk in chunks:
        if moments and chunk.at - moments[-1].at < TOGETHER:
            moments[-1] = Moment(moments[-1].at, moments[-1].size + len(chunk.data))
        else:
            moments.append(Moment(chunk.at, len(chunk.data)))
    return Arrival(tuple(moments), round_trip)


def without_comments(chunks: Sequence[Chunk]) -> tuple[Chunk, ...]:
    """Leave out the comments of an event stream, which keep a connection alive, and its blank lines.

    A comment is a line that begins with a colon (WHATWG HTML, server-sent events).
    """
    kept, fresh, comment = [], True, False
    for chunk in chunks:
        lines = []
        for line in chunk.data.splitlines(keepends=True):
            comment = line.startswith(b":") if fresh else comment
            fresh = line.endswith((b"\n", b"\r"))
            if not comment and line.strip():
                lines.append(line)
        kept.append(Chunk(chunk.at, b"".join(lines)))
    return tuple(chunk for chunk in kept if chunk.data)
