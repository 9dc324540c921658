"""Checks whether one URL streams."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from lambdastream.client.judging.arrival import arrival, without_comments
from lambdastream.client.judging.caveats import caveats, proxy_of
from lambdastream.client.judging.judge import judge
from lambdastream.client.judging.judgement import Judgement, Verdict
from lambdastream.client.record import Take, session
from lambdastream.client.recording import Chunk, Recording, address
from lambdastream.client.units import NOTHING, count, duration

LONG_ENOUGH: Final = 10.0
"""Seconds after which an answer that streams need not be waited for: event streams may have no end."""

LARGE_ENOUGH: Final = 64 * 1024 * 1024
"""Bytes after which an answer is not read on: all of it is kept in memory."""

SHOWN: Final = ("content-type", "content-length", "transfer-encoding", "content-encoding", "via", "x-cache")


@dataclass(frozen=True, repr=False)
class Check:
    """What was asked, what came, and what is held of it. ``recordings`` are two when it was asked for twice."""

    recordings: tuple[Recording, ...]
    judgement: Judgement
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """``streams``, ``buffers`` or ``cannot tell``."""
        return self.judgement.verdict

    @property
    def streams(self) -> bool:
        """Whether the URL surely streams."""
        return self.verdict == "streams"

    def to_json(self) -> dict[str, Any]:
        """The verdict and its evidence as plain JSON values. All times are in seconds, sizes in bytes."""
        answer = self.recordings[-1]
        return {
            "verdict": self.verdict,
            "reason": self.judgement.reason,
            "because": self.judgement.because,
            "next_step": self.judgement.next_step,
            "notes": list(self.notes),
            "method": answer.method,
            "url": address(answer.url),
            "status": answer.status,
            "http_version": answer.http_version,
            "headers": _shown(answer),
            "answers": [_measured(recording) for recording in self.recordings],
        }

    def __str__(self) -> str:
        answer, judgement = self.recordings[-1], self.judgement
        lines = [f"{judgement.verdict}: {judgement.because}", ""]
        lines += [f"asked     {answer.method} {address(answer.url)}", f"answered  {_head(answer)}"]
        lines += [f"arrived   {_arrived(recording)}" for recording in self.recordings]
        lines += [f"note      {note}" for note in self.notes]
        return "\n".join([*lines, *([f"next      {judgement.next_step}"] if judgement.next_step else [])])

    __repr__ = __str__


def check(
    url: str,
    *,
    method: str = "GET",
    timeout: float = 60,
    once: bool = False,
    client: httpx.Client | None = None,
    **request: Any,
) -> Check:
    """Ask a URL and judge whether its answer streams.

    An answer that came at once is asked for a second time, since its wait may have been a cold start; not with ``once``.
    ``timeout`` is how long one answer is waited for in seconds, to its end; one that has streamed for ten is not read on.
    Redirects are not followed. ``client`` and ``request`` are those of ``record``: ``headers``, ``json``, ``auth``, ...

    Raises ``UnreachableError`` when no connection can be made, ``UsageError`` for a request that cannot be sent.
    """
    with session(client) as http:
        recordings = [_listen(http, method, url, timeout, request)]
        if judge(recordings).reason == "maybe a cold start" and not once:
            recordings.append(_listen(http, method, url, timeout, request))
    notes = caveats(recordings)
    if proxy := proxy_of(url):
        notes = (*notes, f"This machine's settings send it through the proxy {proxy}, which may collect or spread it.")
    return Check(tuple(recordings), judge(recordings), notes)


def _listen(http: httpx.Client, method: str, url: str, timeout: float, request: dict[str, Any]) -> Recording:
    """Record one answer to its end, or until it has shown what there is to see."""
    watcher = Watcher()
    take = Take(method, url, on_chunk=watcher.hear)
    watcher.take = take
    timer = threading.Timer(timeout, take.signal.abort)
    timer.daemon = True
    with contextlib.ExitStack() as until_the_end:
        until_the_end.callback(timer.cancel)
        timer.start()
        # The timer comes first: nothing is told of a silence that is as long.
        return take.run(http, timeout=timeout + 1, **request)


@dataclass
class Watcher:
    """Ends a recording that has shown enough."""

    take: Take | None = None
    _heard: list[Chunk] = field(default_factory=list)
    _size: int = 0
    _look_at: float = field(default_factory=lambda: LONG_ENOUGH)

    def hear(self, chunk: Chunk) -> None:
        """Take the next chunk."""
        self._heard.append(chunk)
        self._size += len(chunk.data)
        if self.take is not None and (self._size > LARGE_ENOUGH or self._has_streamed(chunk.at)):
            self.take.signal.abort()

    def _has_streamed(self, at: float) -> bool:
        if at < self._look_at:
            return False
        self._look_at = at + 1
        return arrival(without_comments(self._heard)).over_time


def _head(answer: Recording) -> str:
    if answer.status is None:
        return f"nothing: {answer.error}"
    told = ", ".join(f"{name}: {value}" for name, value in _shown(answer).items())
    return f"{answer.status} {answer.http_version or ''} {told}".rstrip()


def _shown(answer: Recording) -> dict[str, str]:
    return {name: answer.headers[name] for name in SHOWN if name in answer.headers}


def _arrived(answer: Recording) -> str:
    came = arrival(answer.chunks, answer.round_trip or 0.0)
    connected = f"connected {duration(answer.connected_at)}" if answer.connected_at is not None else "connection kept"
    body = (
        f"{count(answer.size, 'byte')} in {count(len(answer.chunks), 'chunk')} at {count(len(came.moments), 'moment')}"
    )
    longest = duration(max(came.pauses)) if came.pauses else NOTHING
    times = f"first byte {duration(answer.first_byte_at)}, last byte {duration(answer.last_byte_at)}"
    return f"{connected}, {times}; {body}, longest pause {longest}"


def _measured(answer: Recording) -> dict[str, Any]:
    came = arrival(answer.chunks, answer.round_trip or 0.0)
    return {
        "connected_at": answer.connected_at,
        "round_trip": answer.round_trip,
        "headers_at": answer.headers_at,
        "first_byte_at": answer.first_byte_at,
        "last_byte_at": answer.last_byte_at,
        "ended_at": answer.ended_at,
        "spread": came.spread,
        "explained_by_a_network": came.explained,
        "size": answer.size,
        "chunks": len(answer.chunks),
        "moments": len(came.moments),
        "longest_pause": max(came.pauses, default=0.0),
        "error": answer.error,
    }
