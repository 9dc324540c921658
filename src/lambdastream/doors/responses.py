"""What the doors have in common: they make of a function's answer what their client gets, on one connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lambdastream.runtime.http_server.connection import HttpConnection
from lambdastream.runtime.invocation import FunctionError, StreamSource
from lambdastream.wire import function_error
from lambdastream.wire.http_message import Headers, HttpRequest, HttpResponse

REQUEST_ID: Final = "x-amzn-requestid"
LOG_HEADER: Final = "x-lambdastream-log"


def log_pointer(function_name: str) -> Headers:
    """The header, ours alone, that tells where an error's traceback is."""
    return ((LOG_HEADER, f"lambdastream logs {function_name}"),)


class BackPressure:
    """Ties the client's connection to the runtime's: a slow client makes the runtime wait."""

    def __init__(self) -> None:
        self._source: StreamSource | None = None
        self._writable = True

    def attach(self, source: StreamSource) -> None:
        """A streamed answer begins to flow from this runtime."""
        self._source = source
        source.limit()
        if not self._writable:
            source.pause()

    def pass_chunks(self, write: Callable[[memoryview], None]) -> None:
        """Let the runtime's chunks go to ``write`` as they are framed."""
        if self._source is not None:
            self._source.pass_chunks(write)

    def detach(self) -> None:
        """The answer has ended: what the runtime still sends flows freely."""
        if self._source is not None and not self._writable:
            self._source.resume()
        self._source = None

    def release(self) -> None:
        """The client is gone: whatever the runtime sends flows freely."""
        self.detach()
        self._writable = True

    def writable(self, can_write: bool) -> None:
        """The client's connection is full, or has room again."""
        self._writable = can_write
        if self._source is not None:
            (self._source.resume if can_write else self._source.pause)()


class DoorConnection(HttpConnection):
    """A client's connection. A client that leaves stops nothing: the function runs on, as on AWS.

    Source: AWS Lambda developer guide, "Response streaming": the full duration is billed.
    """

    def __init__(self, max_body: int) -> None:
        super().__init__(max_body)
        self.back_pressure = BackPressure()

    def head_read(self, request: HttpRequest, *, keep_alive: bool) -> bool:
        """A head is here. One without a ``Host`` is refused (RFC 9112, section 3.2)."""
        if all(name != "host" for name, _ in request.headers):
            self.refuse(400)
            return False
        return super().head_read(request, keep_alive=keep_alive)

    def writable(self, can_write: bool) -> None:
        self.back_pressure.writable(can_write)

    def closed(self) -> None:
        self.back_pressure.release()


class BufferedSink:
    """Collects an answer, also one that the function streams, and hands it on whole.

    ``max_size`` is the most bytes that a buffered answer may have; a longer one is an error, as it is on AWS.
    """

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._pieces: list[bytes] = []
        self._size = 0

    def complete(self, payload: bytes, *, streamed: bool) -> None:
        """The whole answer; ``streamed`` when the function sent it as a stream."""
        raise NotImplementedError

    def function_error(self, error: FunctionError) -> None:
        """The invocation failed."""
        raise NotImplementedError

    def result(self, payload: bytes) -> None:
        self.complete(payload, streamed=False)

    def stream_started(self, content_type: str, source: StreamSource) -> None:
        del content_type, source

    def stream_data(self, data: bytes) -> None:
        self._size += len(data)
        if self._size <= self._max_size:
            self._pieces.append(data)
        else:
            self._pieces.clear()

    def stream_ended(self, error: FunctionError | None) -> None:
        if error is not None:
            self.function_error(error)
        elif self._size > self._max_size:
            self.function_error(too_large(self._max_size))
        else:
            self.complete(b"".join(self._pieces), streamed=True)

    def stream_broken(self, error: FunctionError) -> None:
        self.function_error(error)


def too_large(limit: int) -> FunctionError:
    """The error of a buffered answer of more than ``limit`` bytes."""
    error_type = function_error.FUNCTION_RESPONSE_SIZE_TOO_LARGE
    message = function_error.response_too_large(limit)
    return FunctionError(error_type, function_error.error_payload(error_type, message))


def json_response(status: int, body: bytes, headers: Headers = ()) -> HttpResponse:
    """A JSON response."""
    return HttpResponse(status, (("content-type", "application/json"), *headers), body)
