"""Reads HTTP/1.1 requests from the bytes of a connection, and says no to what is none.

No other protocol is spoken: a wish to upgrade is ignored, as a server may (RFC 9110, section 7.8).
"""

from __future__ import annotations

from typing import Final

import httptools

from lambdastream.errors import WireError
from lambdastream.runtime.http_server.request_sink import RequestSink
from lambdastream.wire.chunked_body import ChunkedBody
from lambdastream.wire.head_end import HeadEnd
from lambdastream.wire.http_message import HttpRequest

LONGEST_HEAD: Final = 64 * 1024
"""Bytes of a request's target, headers and trailers together."""

LONGEST_REPEATED: Final = 4096

_BETWEEN: Final = len(": \r\n")
_SPACES: Final = " \t"


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
        self._heads = 0
        self._in_head = False
        self._awaits_head = True
        self._request: HttpRequest | None = None
        self._keep_alive = True
        self._last_head = b""
        self._unheard = 0
        self._begin_message()

    @property
    def streaming(self) -> bool:
        """Whether the body that comes now is streamed."""
        return self._streamed

    @property
    def in_request(self) -> bool:
        """Whether a request has begun and is not whole."""
        return self._in_head or not self._awaits_head

    @property
    def progress(self) -> tuple[int, int]:
        """How many heads have come so far, and how many bytes of the last one's body."""
        return self._heads, self._size

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
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer."""
        # The parser leaves the white space behind a value (RFC 9110, section 5.5: it is no part of it).
        field = name.decode("latin-1").lower(), value.decode("latin-1").rstrip(_SPACES)
        if self._in_head:
            self._fields.append(field)
        else:
            self._count_trailer(len(name) + len(value) + _BETWEEN)
            self._trailers.append(field)

    def on_headers_complete(self) -> None:
        """The head has ended."""
        self._heads += 1
        self._in_head = self._awaits_head = False
        if refusal := self._why_not_served():
            self._refuse(refusal)
        self._unheard = 0
        if self.stopped or self._parser.should_upgrade():
            return
        method = self._parser.get_method().decode("latin-1")
        request = HttpRequest(method, self._target.decode("latin-1"), tuple(self._fields), b"", self._sink.peer)
        self._request, self._keep_alive = request, self._parser.should_keep_alive()
        self._streamed = self._sink.head_read(request, keep_alive=self._keep_alive)

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
        self._sink.request_read(request, oversized=oversized, keep_alive=self._keep_alive)

    # Inside.

    def _begin_message(self) -> None:
        self._target = b""
        self._fields: list[tuple[str, str]] = []
        self._trailers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._size = 0
        self._trailer_size = 0
        self._request = None
        self._streamed = False
        self._in_chunks = False

    def _read_head(self, data: memoryview) -> memoryview:
        """Let the parser read, but no chunks that follow a head. Returns what is still to be read."""
        end = self._head_end.find(data) if self._awaits_head else 0
        part, rest = (data[:end], data[end:]) if end else (data, data[:0])
        if end and not self._unheard and part == self._last_head and self._request is not None:
            self._heads += 1
            self._sink.request_read(self._request, oversized=False, keep_alive=True)
            return rest
        self._unheard += len(part)
        whole = end == self._unheard <= LONGEST_REPEATED
        again = self._parse(part)
        # The parser keeps a header or a trailer to itself until it is whole.
        if self._unheard > LONGEST_HEAD:
            self._refuse(431)
        self._last_head = bytes(part) if whole and self._stands_alone() else b""
        if end and self._in_chunks and self._streamed:
            self._chunks = ChunkedBody(self._mark)
        return memoryview(again + bytes(rest)) if again else rest

    def _stands_alone(self) -> bool:
        """Whether this head was a whole request. The same again is the same request: so runtimes ask for each event."""
        whole = self._awaits_head and self._request is not None and not self._streamed
        return whole and self._keep_alive and not self.stopped

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
        if self._unheard > LONGEST_HEAD:
            return 431
        if self._parser.get_http_version() != "1.1":
            return 505
        hosts = 0
        for name, value in self._fields:
            if name == "host":
                hosts += 1
            elif name == "transfer-encoding":
                self._in_chunks = True
                if value.lower() != "chunked":
                    return 501
        return 400 if hosts > 1 else 0

    def _count_trailer(self, size: int) -> None:
        self._unheard = 0
        self._trailer_size += size
        if self._trailer_size > LONGEST_HEAD:
            self._refuse(431)
            raise WireError("The request's trailers are too long.")

    def _refuse(self, status: int) -> None:
        if not self.stopped:
            self.stopped = True
            self._sink.refuse(status)
