"""One HTTP/1.1 connection of the data plane: requests in, answers out, back-pressure both ways.

Requests of one connection are served one after the other, as they came. A subclass says what to do with them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final, cast

from lambdastream.runtime.http_server.request_reader import RequestReader
from lambdastream.runtime.http_server.response_writer import ResponseWriter
from lambdastream.wire.http_message import (
    Headers,
    HttpRequest,
    HttpResponse,
    response_head,
)

WRITE_BUFFER: Final = 256 * 1024
RECEIVED: Final = memoryview(bytearray(512 * 1024))
"""Where all connections read to. Nothing stays in it: what it brings is used before anything else is read."""

LONGEST_PIPELINE: Final = 64


class HttpConnection(asyncio.BufferedProtocol):
    """A server's connection.

    ``max_body`` is the largest body, in bytes, that is collected for ``serve``. A chunk of a streamed body that begins with
    ``mark`` comes as a piece. ``transport`` is ``None`` before the connection is made and once it is lost; then ``gone`` is
    set.
    """

    def __init__(self, max_body: int, mark: bytes = b"") -> None:
        self.max_body = max_body
        self.transport: asyncio.Transport | None = None
        self.peer = "127.0.0.1"
        self.gone = asyncio.Event()
        self._reader = RequestReader(self, max_body, mark)
        self._writer: ResponseWriter | None = None
        self._waiting: deque[tuple[HttpRequest, bool, bool]] = deque()
        self._busy = False
        self._keep_alive = True
        self._read_to_end = False
        self._refusal: int | None = None

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

    def chunk_room(self) -> int:
        """How many bytes of a streamed body go to ``chunks_received``, in chunks framed as they came; by default none."""
        return 0

    def chunks_received(self, chunks: memoryview, size: int) -> None:
        """Some of a streamed body in chunks, ``size`` bytes without their framing. What is not used at once is lost."""

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
        self._writer = ResponseWriter(self.transport)
        peer = transport.get_extra_info("peername")
        if peer:
            self.peer = peer[0]

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        return RECEIVED

    def buffer_updated(self, nbytes: int) -> None:
        self._reader.feed(RECEIVED[:nbytes])

    def eof_received(self) -> bool:
        """The client sends no more, which is not to say that it is gone: what it asked for is answered.

        RFC 9112, section 9.6, lets a client close its side alone; ``nc -N`` does. A request that is not whole is dropped.
        """
        self._read_to_end = True
        return self._busy and not self._reader.streaming

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.transport = self._writer = None
        self._waiting.clear()
        self.gone.set()
        self.closed()

    def pause_writing(self) -> None:
        self.writable(False)

    def resume_writing(self) -> None:
        self.writable(True)

    @property
    def sends_no_more(self) -> bool:
        """Whether the client has closed its side. What it asked for before that is answered still."""
        return self._read_to_end

    # The listener's side.

    @property
    def awaits(self) -> RequestReader | None:
        """What reads the request that is waited for; ``None`` while one is served."""
        return None if self._busy else self._reader

    # The reader's side.

    def head_read(self, request: HttpRequest, *, keep_alive: bool) -> bool:
        """A request's head is here. Only when none is being served may its body be streamed."""
        if self._busy:
            return False
        if request.header("expect").lower() == "100-continue" and self.transport is not None:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        streamed = self.accepts_stream(request)
        if streamed:
            self._begin_request(keep_alive, head_only=False)
        return streamed

    def request_read(self, request: HttpRequest, *, oversized: bool, keep_alive: bool) -> None:
        """A request is here: it is served after those before it."""
        if len(self._waiting) == LONGEST_PIPELINE:
            self.refuse(429)
        else:
            self._waiting.append((request, oversized, keep_alive))
            self._serve_next()

    def refuse(self, status: int) -> None:
        """Read nothing more; say why when the requests before have their answers."""
        self._reader.stopped = True
        if self._refusal is None:
            self._refusal = status
            if self._reader.streaming or not self._busy:
                self._write_refusal(status)

    def report(self, error: Exception) -> None:
        """A fault of our own: say it, and let the other side see a broken connection rather than wait."""
        asyncio.get_running_loop().call_exception_handler({"message": "A request failed", "exception": error})
        self.close()

    # Answers.

    def respond(self, response: HttpResponse) -> None:
        """Write a whole answer. A HEAD request and a status without a body get the head alone.

        Raises ``WireError`` when the head cannot be written; another answer may then be.
        """
        if self._writer is not None:
            self._writer.whole(response)
            self._end_request()

    def start_response(self, status: int, headers: Headers) -> None:
        """Begin a streamed answer. Raises ``WireError`` when the head cannot be written; another answer may then be."""
        if self._writer is not None:
            self._writer.start(status, headers)

    def write_chunk(self, data: bytes) -> None:
        """Write a piece of a streamed answer."""
        if self._writer is not None:
            self._writer.piece(data)

    def write_chunks(self, chunks: memoryview) -> None:
        """Write some of a streamed answer that is framed already. Of ``chunks`` nothing is kept."""
        if self._writer is not None:
            self._writer.chunks(chunks)

    def end_response(self) -> None:
        """End a streamed answer."""
        if self._writer is not None:
            self._writer.end()
            self._end_request()

    def break_response(self) -> None:
        """Cut the connection in the middle of a streamed answer, so that the client sees that it is not whole."""
        self.close()

    def close(self) -> None:
        """Close the connection when what was written is sent."""
        if self.transport is not None and self._writer is not None:
            self._writer.release()
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
        if self._writer is not None:
            self._writer.begin(head_only=head_only, keep_alive=keep_alive)

    def _end_request(self) -> None:
        self._busy = False
        if self._keep_alive:
            self._serve_next()
        if not self._busy and (self._read_to_end or not self._keep_alive):
            self.close()

    def _write_refusal(self, status: int) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(response_head(status, (), length=0, keep_alive=False))
            self.transport.close()
