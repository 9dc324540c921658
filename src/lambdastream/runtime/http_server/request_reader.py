"""Reads HTTP/1.1 requests from the bytes of a connection, and says no to what is none.

No other protocol is spoken: a wish to upgrade is ignored, as a server may (RFC 9110, section 7.8).
"""

from __future__ import annotations

from typing import Final, Protocol

import httptools

from lambdastream.errors import WireError
from lambdastream.wire.chunked_body import ChunkedBody
from lambdastream.wire.head_end import HeadEnd
from lambdastream.wire.http_message import Headers, HttpRequest

LONGEST_HEAD: Final = 64 * 1024
"""Bytes of a request's target, headers and trailers together."""

_BETWEEN: Final = len(": \r\n")
_SPACES: Final = " \t"


class RequestSink(Protocol):
    """What hears of the requests."""

    peer: str

    def head_read(self, request: HttpRequest, *, keep_alive: bool) -> bool:
        """A head is here. Whether its body goes to ``stream_received`` piece by piece, not to ``request_read``."""

    def chunk_room(self) -> int:
        """How many bytes of the streamed body it takes in chunks, framed as they came; 0 when it wants pieces."""

    def chunks_received(self, chunks: memoryview, size: int) -> None:
        """Some of a streamed body in chunks, ``size`` bytes without their framing. What is not used at once is lost."""

    def stream_received(self, data: bytes) -> None:
        """A piece of a streamed body."""

    def stream_complete(self, trailers: Headers) -> None:
        """A streamed body has ended."""

    def request_read(self, request: HttpRequest, *, oversized: bool, keep_alive: bool) -> None:
        """A request is here, whole; without its body if that is over the limit."""

    def refuse(self, status: int) -> None:
        """What comes now is no request, or none that is served. The reader reads no more."""

    def report(self, error: Exception) -> None:
        """The sink itself has failed."""


class RequestReader:
    """Cuts a connection's bytes into requests. ``max_body`` is the largest body, in bytes, that is collected.

    Once ``stopped`` is set nothing more is read. A chunk of a streamed body that begins with ``mark`` always comes as a
    piece.
    """

    def __init__(self, sink: RequestSink, max_body: int, mark: bytes = b"") -> None:
        self.stopped = False
        self._sink = sink
        self._max_body = max_body
        self._mark = mark
        self._head_end = HeadEnd()
        self._chunks: ChunkedBody | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._in_head = False
        self._awaits_head = True
        self._request: HttpRequest | None = None
        self._begin_message()

    @property
    def streaming(self) -> bool:
        """Whether the body that comes now is streamed."""
        return self._streamed

    def feed(self, data: bytes | memoryview) -> None:
        """Read on. Nothing of ``data`` is kept as it is: it may be a buffer that is used again."""
        view = memoryview(data)
        while view and not self.stopped:
            view = self._read_head(view) if self._chunks is None else self._read_chunks(view, self._chunks)

    # What httptools calls.

    def on_message_begin(self) -> None:
        """A message begins."""
        self._begin_message()
        self._in_head = True

    def on_url(self, url: bytes) -> None:
        """A piece of the target."""
        self._count_head(len(url))
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer."""
        self._count_head(len(name) + len(value) + _BETWEEN)
        fields = self._fields if self._in_head else self._trailers
        # The parser leaves the white space behind a value (RFC 9110, section 5.5: it is no part of it).
        fields.append((name.decode("latin-1").lower(), value.decode("latin-1").rstrip(_SPACES)))

    def on_headers_complete(self) -> None:
        """The head has ended."""
        self._in_head = self._awaits_head = False
        self._unheard = 0
        if refusal := self._why_not_served():
            self._refuse(refusal)
        if self.stopped or self._parser.should_upgrade():
            return
        method = self._parser.get_method().decode("latin-1")
        request = HttpRequest(method, self._target.decode("latin-1"), tuple(self._fields), b"", self._sink.peer)
        self._request = request
        self._streamed = self._sink.head_read(request, keep_alive=self._parser.should_keep_alive())
        self._in_chunks = self._streamed and any(name == "transfer-encoding" for name, _ in self._fields)

    def on_body(self, data: bytes) -> None:
        """A piece of the body, never of two chunks."""
        self._unheard = 0
        if self._streamed:
            self._sink.stream_received(data)
            return
        self._size += len(data)
        if self._size <= self._max_body:
            self._body.append(data)
        else:
            # The rest is read and dropped, so that the client gets to read the answer.
            self._body.clear()

    def on_message_complete(self) -> None:
        """The message has ended."""
        self._unheard = 0
        self._awaits_head = True
        request = self._request
        if self.stopped or request is None:
            return
        if self._streamed:
            self._sink.stream_complete(tuple(self._trailers))
            return
        oversized = self._size > self._max_body
        if self._body:
            request = HttpRequest(
                request.method, request.target, request.headers, b"".join(self._body), self._sink.peer
            )
        self._sink.request_read(request, oversized=oversized, keep_alive=self._parser.should_keep_alive())

    # Inside.

    def _begin_message(self) -> None:
        self._target = b""
        self._fields: list[tuple[str, str]] = []
        self._trailers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._size = 0
        self._head_size = 0
        self._unheard = 0
        self._request = None
        self._streamed = False
        self._in_chunks = False

    def _read_head(self, data: memoryview) -> memoryview:
        """Let the parser read, but no chunks that follow a head. Returns what is still to be read."""
        end = self._head_end.find(data) if self._awaits_head else 0
        part, rest = (data[:end], data[end:]) if end else (data, data[:0])
        self._unheard += len(part)
        again = self._parse(part)
        # The parser keeps a header or a trailer to itself until it is whole.
        if self._head_size + self._unheard > LONGEST_HEAD:
            self._refuse(431)
        if end and self._in_chunks:
            self._chunks = ChunkedBody(self._mark)
        return memoryview(again + bytes(rest)) if again else rest

    def _read_chunks(self, data: memoryview, chunks: ChunkedBody) -> memoryview:
        """Walk over a streamed body. The parser gets to see its last chunk alone, and the trailers."""
        at, sink = 0, self._sink
        try:
            while at < len(data) and not chunks.last_line and not self.stopped:
                if chunks.framed and (room := sink.chunk_room()):
                    start = at
                    at, size = chunks.pass_on(data, start, room)
                    if at > start:
                        sink.chunks_received(data[start:at], size)
                        continue
                piece, at = chunks.piece(data, at)
                if piece:
                    sink.stream_received(bytes(piece))
        except WireError:
            self._refuse(400)
        if not chunks.last_line:
            return data[:0]
        self._chunks, self._in_chunks = None, False
        self._parse(memoryview(chunks.last_line))
        return data[at:]

    def _parse(self, data: memoryview) -> bytes:
        """Parse; returns what is to be parsed again, and what was not parsed."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            return self._without_upgrade() + bytes(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError as error:
            if not self.stopped:
                self._sink.report(error)
        except httptools.HttpParserError:
            self._refuse(400)
        return b""

    def _without_upgrade(self) -> bytes:
        """The head that was just read, without its wish: the parser ends such a message before its body."""
        method = self._parser.get_method()
        if method == b"CONNECT":
            self._refuse(501)
            return b""
        fields = "".join(f"{name}: {value}\r\n" for name, value in self._fields if name != "upgrade")
        return b"%s %s HTTP/1.1\r\n%s\r\n" % (method, self._target, fields.encode("latin-1"))

    def _why_not_served(self) -> int:
        """The status of a refusal, from what the head says; 0 when nothing speaks against the request.

        Source: RFC 9112, section 3.2 (one ``Host``) and section 6.1 (a transfer coding that is not understood).
        """
        if self._parser.get_http_version() != "1.1":
            return 505
        named = [name for name, _ in self._fields]
        if named.count("host") > 1:
            return 400
        codings = [value for name, value in self._fields if name == "transfer-encoding"]
        return 501 if any(coding.lower() != "chunked" for coding in codings) else 0

    def _count_head(self, size: int) -> None:
        self._unheard = 0
        self._head_size += size
        if self._head_size > LONGEST_HEAD:
            self._refuse(431)
            raise WireError("The request's head is too long.")

    def _refuse(self, status: int) -> None:
        if not self.stopped:
            self.stopped = True
            self._sink.refuse(status)
