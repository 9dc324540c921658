"""Many streams at once, read by one client, and how late each of their chunks is: its arrival less the time it carries.

The raw runtime writes that time into the chunk. Both are of the machine's monotonic clock, which all processes share.
"""

from __future__ import annotations

import random
import selectors
import socket
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, Protocol, Self

from benchmarks.http_client import END_OF_HEAD, ChunkedBody, body_of
from lambdastream.errors import WireError
from lambdastream.wire.prelude import SEPARATOR

INTERVAL_MS: Final = 50
SIZE: Final = 64
PATIENCE_SECONDS: Final = 30.0
BUFFER: Final = 64 * 1024


class Stream(Protocol):
    """One stream that is asked for again and again, on a connection of its own."""

    @property
    def connection(self) -> socket.socket:
        """Its connection."""

    @property
    def begins_with_prelude(self) -> bool:
        """Whether the body is a runtime's own, with what the local AWS makes a head of."""

    def ask(self, chunks: int) -> None:
        """Ask for so many chunks."""

    def finish(self) -> None:
        """The chunks have come."""

    def body(self, head: bytes) -> ChunkedBody:
        """The body that is announced by this head."""


class UrlStream:
    """A stream from a URL."""

    begins_with_prelude = False

    def __init__(self, address: tuple[str, int]) -> None:
        self.connection = socket.create_connection(address, PATIENCE_SECONDS)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._host = "{}:{}".format(*address)

    def ask(self, chunks: int) -> None:
        """Send the request."""
        target = f"/?count={chunks}&size={SIZE}&interval={INTERVAL_MS}"
        self.connection.sendall(f"GET {target} HTTP/1.1\r\nhost: {self._host}\r\n\r\n".encode("ascii"))

    def finish(self) -> None:
        """The connection is kept alive: nothing is to be done."""

    def body(self, head: bytes) -> ChunkedBody:
        """The body of an answer. Raises ``WireError`` when it is not chunked."""
        found = body_of(head, keep=True)
        if not isinstance(found, ChunkedBody):
            raise WireError(f"Not a chunked answer:\n{head.decode('latin-1')}")
        return found


class Arrivals:
    """What has come of one stream, and how late."""

    def __init__(self, stream: Stream, lags: list[float]) -> None:
        self._stream = stream
        self._lags = lags
        self._head = b""
        self._body: ChunkedBody | None = None
        self._in_prelude = stream.begins_with_prelude

    def take(self, buffer: bytearray, count: int, now: int) -> bool:
        """Take what was read at ``now``; returns whether that was the end. Raises ``WireError``."""
        if not count:
            raise WireError("The connection closed before the stream was complete.")
        if self._body is None:
            self._head += buffer[:count]
            if END_OF_HEAD not in self._head:
                return False
            head, _, rest = self._head.partition(END_OF_HEAD)
            self._body = self._stream.body(head + END_OF_HEAD)
            self._body.feed(bytearray(rest), 0, len(rest))
        else:
            self._body.feed(buffer, 0, count)
        self._take_chunks(self._body.kept, now)
        return self._body.complete

    def _take_chunks(self, kept: bytearray, now: int) -> None:
        """Note how late each whole chunk is, in milliseconds. Where HTTP's chunks are cut means nothing."""
        if self._in_prelude:
            end = kept.find(SEPARATOR)
            if end < 0:
                return
            del kept[: end + len(SEPARATOR)]
            self._in_prelude = False
        while len(kept) >= SIZE:
            written = int(kept[:SIZE].partition(b" ")[0])
            self._lags.append((now - written) / 1e6)
            del kept[:SIZE]


def lags(streams: Sequence[Stream], chunks: int, *, while_true: Callable[[], bool] = lambda: True) -> list[float]:
    """Ask for each stream once, at its own moment of the first interval, and read all to their ends: lags in milliseconds.

    The moments are random, as those of clients that do not know of each other, and the same each time. What comes when
    ``while_true`` is true no more is read, and does not count. Raises ``WireError`` when a stream is not as it should be.
    """
    # An interval after what was asked for before: a runtime needs a moment until it takes the next event.
    time.sleep(INTERVAL_MS / 1000)
    with Reading(streams, chunks) as reading:
        while reading.goes_on and while_true():
            reading.step()
        counted = len(reading.lags)
        while reading.goes_on:
            reading.step()
    if len(reading.lags) != len(streams) * chunks:
        raise WireError(f"{len(reading.lags)} chunks have come, not {len(streams) * chunks}.")
    return reading.lags[:counted]


class Reading:
    """Streams that are asked for and read, as a context manager."""

    def __init__(self, streams: Sequence[Stream], chunks: int) -> None:
        chance, now = random.Random(0), time.monotonic()  # noqa: S311 - no secret
        self.lags: list[float] = []
        self._chunks = chunks
        self._streams = list(streams)
        self._moments = sorted((now + chance.uniform(0, INTERVAL_MS / 1000) for _ in streams), reverse=True)
        self._selector = selectors.DefaultSelector()
        self._buffer = bytearray(BUFFER)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._selector.close()

    @property
    def goes_on(self) -> bool:
        """Whether anything is still to come."""
        return bool(self._streams or self._selector.get_map())

    def step(self) -> None:
        """Ask for what is due, then wait for something, and read it. Raises ``WireError`` when nothing comes."""
        while self._moments and self._moments[-1] <= time.monotonic():
            self._moments.pop()
            self._ask(self._streams.pop())
        wait = self._moments[-1] - time.monotonic() if self._moments else PATIENCE_SECONDS
        ready = self._selector.select(max(0.0, wait))
        if not ready and not self._moments:
            raise WireError(f"Nothing came for {PATIENCE_SECONDS:g} s.")
        for key, _ in ready:
            self._read(*key.data)

    def _ask(self, stream: Stream) -> None:
        self._selector.register(stream.connection, selectors.EVENT_READ, (stream, Arrivals(stream, self.lags)))
        stream.ask(self._chunks)

    def _read(self, stream: Stream, arrivals: Arrivals) -> None:
        count = stream.connection.recv_into(self._buffer)
        if arrivals.take(self._buffer, count, time.monotonic_ns()):
            self._selector.unregister(stream.connection)
            stream.finish()
