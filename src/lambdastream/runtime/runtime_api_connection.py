"""What the Runtime API and the Extensions API say on one connection of the runtime or an extension."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from typing import TYPE_CHECKING, Final

from lambdastream.errors import WireError
from lambdastream.runtime.extensions import IDENTIFIER
from lambdastream.runtime.http_server.connection import RECEIVED, HttpConnection
from lambdastream.runtime.invocation import FunctionError, Invocation
from lambdastream.runtime.limits import LIFTED
from lambdastream.runtime.stream_error import ERROR_TYPE, IN_BAND, in_band_error, trailing_error
from lambdastream.runtime.stream_limits import LONGEST_READ, LimitedStream
from lambdastream.wire import function_error
from lambdastream.wire.http_message import Headers, HttpRequest, HttpResponse

if TYPE_CHECKING:
    from lambdastream.runtime.runtime_api import RuntimeApi

QUICKACK: Final[int | None] = getattr(socket, "TCP_QUICKACK", None)
RUNTIME_PREFIX: Final = "/2018-06-01/runtime/"
EXTENSION_PREFIX: Final = "/2020-01-01/extension/"
JSON: Final = (("content-type", "application/json"),)
ACCEPTED: Final = HttpResponse(202, JSON, b'{"status":"OK"}')


class RuntimeApiConnection(HttpConnection):
    """A connection of the runtime or of an extension."""

    def __init__(self, api: RuntimeApi) -> None:
        super().__init__(api.limits.response_payload, IN_BAND)
        self._api = api
        self._socket: socket.socket | None = None
        self._stream: Invocation | None = None
        self._limited = LimitedStream(self, api.limits)
        self._stream_error: FunctionError | None = None
        self._call = ""
        self._room = RECEIVED if api.limits.stream_rate == LIFTED else RECEIVED[:LONGEST_READ]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        # A socket of our own: the transport's would be looked up again for every option.
        self._socket = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))
        self._acknowledge_at_once()

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        # In a stream, what the runtime writes until its acknowledgement comes had better come in one piece; before it, each
        # piece is waited for.
        passing = self._stream is not None and self._limited.write_chunks is not None
        if not passing:
            self._acknowledge_at_once()
        super().buffer_updated(nbytes)
        if passing:
            self._acknowledge_at_once()

    def eof_received(self) -> bool:
        """A runtime that sends no more is gone: it gets no event."""
        return False

    def closed(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._limited.end()
        self._api.disconnected(self)
        if self._stream is not None:
            stream, self._stream = self._stream, None
            message = "The runtime closed its connection, or sent what is no HTTP, before the response was complete"
            self._fail(stream, function_error.RUNTIME_TRUNCATED_RESPONSE, message)

    # A streamed answer: its bytes pass through here.

    def accepts_stream(self, request: HttpRequest) -> bool:
        if request.header("lambda-runtime-function-response-mode").lower() != "streaming":
            return False
        invocation = self._api.take(_invocation_id(request, "response"))
        if invocation is None or invocation.streaming:
            return False
        self._stream, self._stream_error = invocation, None
        self._limited = LimitedStream(self, self._api.limits)
        invocation.start_stream(request.header("content-type"), self._limited)
        return True

    def chunk_room(self) -> int:
        stream, limited = self._stream, self._limited
        if limited.write_chunks is None or stream is None or stream.answered or self._stream_error is not None:
            return 0
        return self._api.limits.stream_payload - limited.size

    def chunks_received(self, chunks: memoryview, size: int) -> None:
        limited = self._limited
        limited.size += size
        if limited.size > limited.checkpoint:
            limited.excess()
        if limited.write_chunks is not None:
            limited.write_chunks(chunks)

    def stream_received(self, data: bytes) -> None:
        # A piece never spans chunks, so an error that takes the place of data begins one.
        self._stream_error = self._stream_error or in_band_error(data)
        if self._stream is not None and not self._stream.answered and self._stream_error is None:
            limited = self._limited
            limited.size += len(data)
            if limited.size > limited.checkpoint and (excess := limited.excess()):
                self._break_stream(self._stream, data[:-excess])
            else:
                self._stream.sink.stream_data(data)

    def stream_complete(self, trailers: Headers) -> None:
        self._limited.end()
        if self._stream is not None:
            stream, self._stream = self._stream, None
            stream.end_stream(self._stream_error or trailing_error(trailers))
        self.respond(ACCEPTED)

    def _break_stream(self, invocation: Invocation, last: bytes) -> None:
        """The answer is longer than it may be. What still comes of it is read and dropped."""
        if last:
            invocation.sink.stream_data(last)
        self._limited.end()
        self._fail_too_large(invocation, self._api.limits.stream_payload)

    # Everything else.

    def serve(self, request: HttpRequest) -> None:
        path = request.path
        self._call = f"{request.method} {path}"
        if path == RUNTIME_PREFIX + "invocation/next" and request.method == "GET":
            self._next()
        elif path == RUNTIME_PREFIX + "init/error" and request.method == "POST":
            self._api.init_error = (request.header(ERROR_TYPE, function_error.RUNTIME_UNKNOWN), request.body)
            self._api.changed()
            self.respond(ACCEPTED)
        elif path.startswith(RUNTIME_PREFIX + "invocation/") and request.method == "POST":
            self._answer(request)
        elif path.startswith(EXTENSION_PREFIX):
            self._serve_extension(request, path.removeprefix(EXTENSION_PREFIX))
        else:
            self._error(404, "NotFound", f"The Runtime API has no {request.method} {path}")

    def oversized(self, request: HttpRequest) -> None:
        self._call = f"{request.method} {request.path}"
        outcomes = (self._api.take(_invocation_id(request, outcome)) for outcome in ("response", "error"))
        for invocation in filter(None, outcomes):
            self._fail_too_large(invocation, self.max_body)
        message = function_error.response_too_large(self.max_body)
        self._error(413, function_error.FUNCTION_RESPONSE_SIZE_TOO_LARGE, message)

    def _fail_too_large(self, invocation: Invocation, limit: int) -> None:
        message = function_error.response_too_large(limit)
        self._fail(invocation, function_error.FUNCTION_RESPONSE_SIZE_TOO_LARGE, message)

    def _fail(self, invocation: Invocation, error_type: str, message: str) -> None:
        """Fail an invocation, and say why in the log; one that has its answer already only ends."""
        if not invocation.answered:
            self._api.log(f"RequestId: {invocation.request_id} Error: {error_type}: {message}")
        invocation.fail(error_type, message)

    def _next(self) -> None:
        current = self._api.current
        if current is not None and not current.answered:
            message = f"The invocation {current.request_id} has no answer yet"
            self._error(403, "InvalidStateTransition", message)
        else:
            self._api.poll(self)

    def _answer(self, request: HttpRequest) -> None:
        answered = self._api.take(_invocation_id(request, "response"))
        failed = self._api.take(_invocation_id(request, "error"))
        if answered is not None and not answered.streaming:
            answered.result(request.body)
        elif failed is not None:
            failed.error(request.header(ERROR_TYPE, "Unhandled"), request.body)
        else:
            self._error(400, "InvalidRequestID", "Invalid request ID")
            return
        self.respond(ACCEPTED)

    def _serve_extension(self, request: HttpRequest, call: str) -> None:
        if call == "register":
            self._register(request)
            return
        extension = self._api.extensions.by_identifier.get(request.header(IDENTIFIER))
        if extension is None:
            self._error(403, "Extension.UnknownExtensionIdentifier", "Unknown extension identifier")
        elif call == "event/next":
            extension.ask(self._extension_event)
            self._api.changed()
        elif call in {"init/error", "exit/error"}:
            self._api.init_error = (
                request.header("lambda-extension-function-error-type", "Extension.Error"),
                request.body,
            )
            self._api.changed()
            self.respond(ACCEPTED)
        else:
            self._error(404, "NotFound", f"The Extensions API has no {call}")

    def _register(self, request: HttpRequest) -> None:
        try:
            extension = self._api.extensions.register(request)
        except WireError as error:
            self._error(400, "InvalidRequestFormat", error.problem)
            return
        description = self._api.description
        about = {
            "functionName": description.name,
            "functionVersion": "$LATEST",
            "handler": description.handler,
        }
        self.respond(HttpResponse(200, (*JSON, (IDENTIFIER, extension.identifier)), json.dumps(about).encode()))
        self._api.changed()

    def _extension_event(self, event: bytes, identifier: str) -> None:
        self.respond(HttpResponse(200, (*JSON, (IDENTIFIER, identifier)), event))

    def _error(self, status: int, error_type: str, message: str) -> None:
        self._api.refused(f"{self._call} was refused by the Runtime API: {status} {error_type}: {message}")
        self.respond(HttpResponse(status, JSON, function_error.error_payload(error_type, message)))

    def _acknowledge_at_once(self) -> None:
        # LWA's HTTP client leaves Nagle's algorithm on and writes head and body apart; a delayed ACK here holds the body
        # back for 40 ms. The option does not stick, so it is set again after every read.
        if self._socket is not None and QUICKACK is not None:
            self._socket.setsockopt(socket.IPPROTO_TCP, QUICKACK, 1)


def _invocation_id(request: HttpRequest, outcome: str) -> str:
    """The id in ``.../invocation/{id}/{outcome}``, or an empty string."""
    path, prefix, suffix = request.path, RUNTIME_PREFIX + "invocation/", "/" + outcome
    return path[len(prefix) : -len(suffix)] if path.startswith(prefix) and path.endswith(suffix) else ""
