"""Records one answer from any URL."""

from __future__ import annotations

import contextlib
import functools
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from lambdastream.client.abort import AbortSignal
from lambdastream.client.failures import NO_CONNECTION, NOT_SENDABLE, breakage, refusal
from lambdastream.client.recording import Chunk, Recording

LONGEST_CONNECT = 10.0
"""Seconds after which a connection that was not made counts as impossible."""

STOPPED = "the recording was stopped"
"""The error of a recording that was aborted."""

_CONNECTED = ("connection.connect_tcp.complete", "connection.start_tls.complete")
_DIRECT = {f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")}


def record(
    method: str,
    url: str,
    *,
    on_chunk: Callable[[Chunk], None] | None = None,
    timeout: float = 60,
    client: httpx.Client | None = None,
    **request: Any,
) -> Recording:
    """Send a request and record the answer: its head, and every chunk with the time at which it arrived.

    ``timeout`` is the longest silence in seconds that is waited for, not the length of the whole answer.
    ``client`` is an ``httpx.Client`` whose kept-alive connections are used; without one the time to
    connect counts too. ``request`` is what ``httpx.stream`` takes: ``headers``, ``params``, ``json``,
    ``content``, ``auth``, ... No compression is asked for, unless ``headers`` does: it would merge
    chunks.

    ``on_chunk`` is called with each ``Chunk`` as it comes. While it runs nothing is read: a slow one
    delays the times of the chunks that follow.

    An answer that breaks off, or never comes, is recorded with its ``error``. A connection that cannot be
    made raises ``UnreachableError``, a request that cannot be sent ``UsageError``.
    """
    with session(client) as http:
        return Take(method, url, on_chunk=on_chunk).run(http, timeout=timeout, **request)


@contextlib.contextmanager
def session(client: httpx.Client | None) -> Iterator[httpx.Client]:
    """Give the caller's client, or one of our own: closed at the end, without a proxy to this machine."""
    if client is not None:
        yield client
    else:
        with httpx.Client(verify=_tls(), mounts=_DIRECT) as own:
            yield own


@functools.cache
def _tls() -> ssl.SSLContext:
    # It reads all certificates: tens of milliseconds that are spent once.
    return httpx.create_ssl_context()


@dataclass
class Take:
    """One recording in the making.

    Its times count from ``started``, a reading of ``perf_counter``; without one, from when it runs.
    """

    method: str
    url: str
    on_chunk: Callable[[Chunk], None] | None = None
    started: float | None = None
    signal: AbortSignal = field(default_factory=AbortSignal)
    _status: int | None = None
    _headers: httpx.Headers = field(default_factory=httpx.Headers)
    _headers_at: float | None = None
    _http_version: str | None = None
    _connecting_at: float = 0.0
    _connected_at: float | None = None
    _round_trip: float | None = None
    _chunks: list[Chunk] = field(default_factory=list)
    _error: str | None = None

    def run(self, client: httpx.Client, *, timeout: float = 60, **request: Any) -> Recording:
        """Send the request and record the answer, as ``record`` does."""
        prepared = self._prepare(timeout, request)
        self.started = time.perf_counter() if self.started is None else self.started
        with contextlib.ExitStack() as until_the_end:
            until_the_end.callback(self.signal.release)
            try:
                response = until_the_end.enter_context(client.stream(self.method, self.url, **prepared))
            except (*NOT_SENDABLE, *NO_CONNECTION) as exc:
                raise refusal(self.url, exc) from exc
            except httpx.RequestError as exc:
                self._error = self._broken(exc, timeout)
            else:
                self._head(response)
                self._body(response, timeout)
        return self._recording()

    def _prepare(self, timeout: float, request: dict[str, Any]) -> dict[str, Any]:
        headers = httpx.Headers(request.get("headers"))
        headers.setdefault("accept-encoding", "identity")
        extensions = {"trace": self._trace, **(request.get("extensions") or {})}
        limits = httpx.Timeout(timeout, connect=min(timeout, LONGEST_CONNECT))
        return {**request, "headers": headers, "extensions": extensions, "timeout": limits}

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Note when the connection stands, and how long that took: a hook for httpcore's ``trace`` extension."""
        self.signal.trace(event, info)
        if event == "connection.connect_tcp.started":
            self._connecting_at = self._elapsed()
        if event in _CONNECTED:
            self._connected_at = self._elapsed()
        if event == _CONNECTED[0]:
            self._round_trip = self._elapsed() - self._connecting_at

    def _head(self, response: httpx.Response) -> None:
        self._headers_at = self._elapsed()
        self._status, self._headers = response.status_code, response.headers
        self._http_version = response.http_version
        self.method, self.url = response.request.method, str(response.request.url)
        if "network_stream" in response.extensions:
            self.signal.hold(response.extensions["network_stream"])

    def _body(self, response: httpx.Response, timeout: float) -> None:
        for data in self._pieces(response, timeout):
            chunk = Chunk(self._elapsed(), data)
            self._chunks.append(chunk)
            if self.on_chunk is not None:
                self.on_chunk(chunk)

    def _pieces(self, response: httpx.Response, timeout: float) -> Iterator[bytes]:
        """Yield what is read. Errors of the transfer end here: those of ``on_chunk`` must not look like them."""
        try:
            for data in response.iter_raw():
                if self.signal.aborted:
                    self._error = STOPPED
                    return
                yield data
        except httpx.RequestError as exc:
            self._error = self._broken(exc, timeout)

    def _broken(self, exc: httpx.RequestError, timeout: float) -> str:
        if self.signal.aborted:
            return STOPPED
        return breakage(exc, answered=self._status is not None, timeout=timeout)

    def _elapsed(self) -> float:
        return time.perf_counter() - (self.started or 0.0)

    def _recording(self) -> Recording:
        return Recording(
            method=self.method.upper(),
            url=self.url,
            status=self._status,
            headers=self._headers,
            headers_at=self._headers_at,
            chunks=tuple(self._chunks),
            ended_at=self._elapsed(),
            error=self._error,
            http_version=self._http_version,
            connected_at=self._connected_at,
            round_trip=self._round_trip,
        )
