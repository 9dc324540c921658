"""What was recorded of one answer: its head, and every chunk with the time it arrived."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from itertools import pairwise

import httpx

from lambdastream.client.units import NOTHING, count, duration
from lambdastream.errors import UsageError


@dataclass(frozen=True)
class Chunk:
    """A piece of the body as it was handed over: ``at`` seconds after the request, ``data`` is never empty.

    A chunk is not a packet. Of a body in ``Transfer-Encoding: chunked`` it is one chunk of the server's,
    or the part of one that a read of the socket brought; two that came with one read stay two, some
    microseconds apart. Of any other body it is what one read of the socket brought, at most 64 KiB.
    """

    at: float
    data: bytes


@dataclass(frozen=True, repr=False)
class Recording:
    """One answer, as it arrived. All times are seconds since the request was sent, on a monotonic clock.

    ``url`` is the one that answered, query included. ``status`` and ``headers_at`` are ``None`` when no
    answer came. ``ended_at`` is when the end of the answer was known, or when it broke. ``error`` is
    ``None``, or says in plain words how the transfer broke; what had arrived until then is kept.
    ``http_version`` is ``HTTP/1.1``, or as the server said. ``connected_at`` is when the connection stood, TLS
    included; ``round_trip`` is what TCP took to connect, the name's look-up included: a packet's way and back takes no
    longer. Both are ``None`` when a connection that was kept alive was used.
    """

    method: str
    url: str
    status: int | None
    headers: httpx.Headers
    headers_at: float | None
    chunks: tuple[Chunk, ...]
    ended_at: float
    error: str | None
    http_version: str | None = None
    connected_at: float | None = None
    round_trip: float | None = None

    @property
    def complete(self) -> bool:
        """Whether the answer came to its proper end, whatever its status."""
        return self.error is None

    @property
    def first_byte_at(self) -> float | None:
        """Seconds to the first byte of the body; ``None`` without a body."""
        return self.chunks[0].at if self.chunks else None

    @property
    def last_byte_at(self) -> float | None:
        """Seconds to the last byte of the body that came; ``None`` without a body."""
        return self.chunks[-1].at if self.chunks else None

    @property
    def size(self) -> int:
        """Bytes of the body that came, as they were on the wire."""
        return sum(len(chunk.data) for chunk in self.chunks)

    @property
    def body(self) -> bytes:
        """All bytes that came, as they were on the wire: compressed if the caller asked for that."""
        return b"".join(chunk.data for chunk in self.chunks)

    @property
    def text(self) -> str:
        """The body in the charset of its content type, else UTF-8; what cannot be decoded shows as U+FFFD."""
        try:
            return self.body.decode(_charset(self.headers), errors="replace")
        except (LookupError, UnicodeError):
            return self.body.decode(errors="replace")

    @property
    def gaps(self) -> tuple[float, ...]:
        """Seconds between each chunk and the next: one less than there are chunks."""
        return tuple(later.at - earlier.at for earlier, later in pairwise(self.chunks))

    def gap_percentile(self, q: float) -> float:
        """Give the ``q``-th percentile (0 to 100) of the gaps, in seconds, interpolated between neighbours.

        Raises ``UsageError`` when ``q`` is out of range or there is no gap.
        """
        gaps = sorted(self.gaps)
        if not 0 <= q <= 100:  # noqa: PLR2004 - a percentage
            raise UsageError(f"There is no percentile {q:g}.", next_step="Ask for one from 0 to 100.")
        if not gaps:
            problem = f"There is no gap in {count(len(self.chunks), 'chunk')}."
            raise UsageError(problem, next_step="Record an answer that comes in two chunks or more.")
        whole, part = divmod(q / 100 * (len(gaps) - 1), 1)
        low, high = gaps[int(whole)], gaps[min(int(whole) + 1, len(gaps) - 1)]
        return low + part * (high - low)

    def __repr__(self) -> str:
        head = f"{self.method} {address(self.url)}: {self.status or 'no answer'}"
        body = f"{count(self.size, 'byte')} in {count(len(self.chunks), 'chunk')}"
        times = f"first byte {duration(self.first_byte_at)}, last byte {duration(self.last_byte_at)}"
        return f"<Recording {head}, {body}, {times}{f', {self.error}' if self.error else ''}>"

    def _repr_markdown_(self) -> str:
        row = (
            str(self.status or NOTHING),
            *(duration(at) for at in (self.headers_at, self.first_byte_at, self.last_byte_at, self.ended_at)),
            str(len(self.chunks)),
            f"{self.size:,}",
            self.error or "complete",
        )
        head = "| status | headers | first byte | last byte | end | chunks | bytes | what happened |"
        return f"{head}\n|---|--:|--:|--:|--:|--:|--:|---|\n| {' | '.join(row)} |"


def address(url: str) -> str:
    """Give a URL without its credentials and query, which may be secret or long."""
    return str(httpx.URL(url).copy_with(userinfo=b"", query=None, fragment=None))


def _charset(headers: httpx.Headers) -> str:
    message = Message()
    message["content-type"] = headers.get("content-type", "")
    return message.get_content_charset("utf-8")
