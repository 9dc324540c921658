"""One HTTP/1.1 connection of the data plane: requests in, answers out, back-pressure both ways.

Requests of one connection are served one after the other, as they came. A subclass says what to do with them. No other
protocol is spoken: a wish to upgrade is ignored, as a server may (RFC 9110, section 7.8).
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final, cast

import httptools

from lambdastream.errors import WireError
from lambdastream.wire.http_message import (
    LAST_CHUNK,
    Headers,
    HttpRequest,
    HttpResponse,
    chunk,
    has_body,
    response_head,
)

WRITE_BUFFER: Final = 256 * 1024
LONGEST_HEAD: Final = 64 * 1024
LONGEST_PIPELINE: Final = 64
LOWEST_FINAL_STATUS: Final = 200


class HttpConnection(asyncio.Protocol):
    """A server's connection.

    ``max_body`` is the largest body, in bytes, that is collected for ``serve``. ``transport`` is ``None`` before the
    connection is made and once it is lost; then ``gone`` is set.
    """

    def __init__(self, max_body: int) -> None:
        self.max_body = max_body
        self.transport: asyncio.Transport | None = None
        self.peer = "127.0.0.1"
        self.gone = asyncio.Event()
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[HttpRequest, bool, bool]] = deque()
        self._busy = False
        self._keep_alive = True
        self._head_only = False
        self._refusal: int | None = None
        self._in_head = False
        self._request: HttpRequest | None = None
        self._begin_message()

    # What a subclass says.

    def serve(self, request: HttpRequest) -> None:
        """A whole request is here. Answer it now or later, by ``respond`` or ``start_response``."""
        raise NotImplementedError

    def oversized(self, request: HttpRequest) -> None:
        """A request with a body over ``max_body`` is here, without that body."""
        raise NotImplementedError

    def accepts_stream(self, request: HttpRequest) -> bool:
        """Whether this request's body goes to ``stream_received`` piece by piece, not to ``serve``."""
        del request
        return False

    def stream_received(self, data: bytes) -> None:
        """A piece of a streamed body."""

    def stream_complete(self, trailers: Headers) -> None:
        """A streamed body has ended. Answer it."""

    def closed(self) -> None:
        """The connection is gone. Nothing can be written any more."""

    def writable(self, can_write: bool) -> None:
        """The other side has become too slow (``False``), or fast enough again (``True``)."""

    # asyncio's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=WRITE_BUFFER)
        peer = transport.get_extra_info("peername")
        if peer:
            self.peer = peer[0]

    def data_received(self, data: bytes) -> None:
        began_in_head, size = self._in_head, len(data)
        while data and self._refusal is None:
            data = self._feed(data)
        if began_in_head and self._in_head:
            # The parser keeps a header to itself until it is whole.
            self._fed += size
            if self._fed > LONGEST_HEAD:
                self._refuse(431)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.transport = None
        self._waiting.clear()
        self.gone.set()
        self.closed()

    def pause_writing(self) -> None:
        self.writable(False)

    def resume_writing(self) -> None:
        self.writable(True)

    # httptools' side.

    def on_message_begin(self) -> None:
        self._begin_message()
        self._in_head = True

    def on_url(self, url: bytes) -> None:
        self._count_head(len(url))
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_head(len(name) + len(value))
        fields = self._fields if self._in_head else self._trailers
        fields.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self._parser.get_http_version() != "1.1":
            self._refuse(505)
        if self._refusal is not None or self._parser.should_upgrade():
            return
        method = self._parser.get_method().decode("latin-1")
        request = HttpRequest(method, self._target.decode("latin-1"), tuple(self._fields), b"", self.peer)
        self._request = request
        if request.header("expect").lower() == "100-continue" and self.transport and not self._busy:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._streamed = not self._busy and self.accepts_stream(request)
        if self._streamed:
            self._begin_request(self._parser.should_keep_alive(), head_only=False)

    def on_body(self, data: bytes) -> None:
        if self._streamed:
            self.stream_received(data)
            return
        self._size += len(data)
        if self._size <= self.max_body:
            self._body.append(data)
        else:
            # The rest is read and dropped, so that the client gets to read the answer.
            self._body.clear()

    def on_message_complete(self) -> None:
        request = self._request
        if self._refusal is not None or request is None:
            return
        if self._streamed:
            self.stream_complete(tuple(self._trailers))
            return
        if self._size <= self.max_body:
            request = HttpRequest(request.method, request.target, request.headers, b"".join(self._body), self.peer)
        if len(self._waiting) == LONGEST_PIPELINE:
            self._refuse(429)
        else:
            self._waiting.append((request, self._size > self.max_body, self._parser.should_keep_alive()))
            self._serve_next()

    # Answers.

    def respond(self, response: HttpResponse) -> None:
        """Write a whole answer. A HEAD request and a status without a body get the head alone.

        Raises ``WireError`` when the head cannot be written; another answer may then be.
        """
        if self.transport is None:
            return
        bare = self._head_only or not has_body(response.status)
        head = self._head(response.status, response.headers, length=len(response.body))
        self.transport.write(head if bare else head + response.body)
        self._end_request()

    def start_response(self, status: int, headers: Headers) -> None:
        """Begin a streamed answer. Raises ``WireError`` when the head cannot be written; another answer may then be."""
        if self.transport is not None:
            self.transport.write(self._head(status, headers, length=None))
            self._head_only = self._head_only or not has_body(status)

    def write_chunk(self, data: bytes) -> None:
        """Write a piece of a streamed answer."""
        if data and self.transport is not None and not self._head_only:
            self.transport.writelines(chunk(data))

    def end_response(self) -> None:
        """End a streamed answer."""
        if self.transport is not None:
            if not self._head_only:
                self.transport.write(LAST_CHUNK)
            self._end_request()

    def break_response(self) -> None:
        """Cut the connection in the middle of a streamed answer, so that the client sees that it is not whole."""
        if self.transport is not None:
            self.transport.close()

    def close(self) -> None:
        """Close the connection when what was written is sent."""
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """Close the connection now; what was written and is not sent is lost."""
        if self.transport is not None:
            self.transport.abort()

    def pause(self) -> None:
        """Stop reading."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    # Inside.

    def _begin_message(self) -> None:
        self._target = b""
        self._fields: list[tuple[str, str]] = []
        self._trailers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._size = 0
        self._head_size = 0
        self._fed = 0
        self._request = None
        self._streamed = False

    def _feed(self, data: bytes) -> bytes:
        """Parse; returns what is still to be parsed."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            return self._without_upgrade() + data[upgrade.args[0] :]
        except httptools.HttpParserCallbackError as error:
            self._report(error)
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

    def _head(self, status: int, headers: Headers, *, length: int | None) -> bytes:
        if status < LOWEST_FINAL_STATUS:
            raise WireError(f"The status {status} is not an answer: clients wait for another one.")
        return response_head(status, headers, length=length, keep_alive=self._keep_alive)

    def _count_head(self, size: int) -> None:
        self._head_size += size
        if self._head_size > LONGEST_HEAD:
            self._refuse(431)
            raise WireError("The request's head is too long.")

    def _serve_next(self) -> None:
        while self._waiting and not self._busy:
            request, oversized, keep_alive = self._waiting.popleft()
            self._begin_request(keep_alive, head_only=request.method == "HEAD")
            if oversized:
                self.oversized(request)
            else:
                self.serve(request)
        if self._refusal is not None and not self._busy:
            self._write_refusal(self._refusal)

    def _begin_request(self, keep_alive: bool, *, head_only: bool) -> None:
        self._busy = True
        self._keep_alive = keep_alive
        self._head_only = head_only

    def _end_request(self) -> None:
        self._busy = False
        if self._keep_alive:
            self._serve_next()
        else:
            self.close()

    def _report(self, error: Exception) -> None:
        """A fault of our own: say it, and let the other side see a broken connection rather than wait."""
        if self._refusal is None:
            asyncio.get_running_loop().call_exception_handler({"message": "A request failed", "exception": error})
            self.close()

    def _refuse(self, status: int) -> None:
        """Read nothing more; say why when the requests before have their answers."""
        if self._refusal is None:
            self._refusal = status
            if self._streamed or not self._busy:
                self._write_refusal(status)

    def _write_refusal(self, status: int) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(response_head(status, (), length=0, keep_alive=False))
            self.transport.close()
