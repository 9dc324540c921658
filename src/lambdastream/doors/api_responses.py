"""What API Gateway answers: a function's result, whole or as a stream, and its own errors.

Sources: Amazon API Gateway developer guide, "Gateway response types", "Set up a Lambda proxy integration with payload
response streaming", "Troubleshoot issues with response streaming"; recorded on AWS by LocalStack's validated tests: 403
``Missing Authentication Token``, 502 and 500 for a function that fails or a result that is malformed. A REST API makes a
500 of a throttled function (re:Post, "API Gateway proxy integration does not forward Lambda throttling").

Chosen here, not verified on AWS:

- a function that streams behind an API that does not: the whole stream, its prelude included, is taken for the result, as
  plain Invoke gives it; that is no JSON, so malformed. One that does not stream behind a REST API that does is malformed
  too: its answer has no prelude.
- a throttled function behind an HTTP API, and a timeout of one: 503.
- a stream that is longer than Lambda allows, 200 MB, breaks off.
- a stream that takes longer than the integration's timeout breaks off, also with the default of 29 seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from lambdastream.doors.responses import BufferedSink, json_response, log_pointer
from lambdastream.errors import WireError
from lambdastream.runtime.invocation import FunctionError, StreamSource
from lambdastream.wire.http_message import Headers, HttpResponse
from lambdastream.wire.json_codec import encode_json
from lambdastream.wire.prelude import Prelude, PreludeDecoder

LONGEST_PRELUDE: Final = 16 * 1024
"""Bytes of a stream in which API Gateway looks for the prelude's end."""


@dataclass(frozen=True, slots=True)
class GatewayError:
    """An error of API Gateway itself: its status, message, and the type that REST APIs name in a header."""

    status: int
    message: str
    kind: str = ""

    def response(self, headers: Headers = ()) -> HttpResponse:
        """The error as the client gets it."""
        kind = (("x-amzn-errortype", self.kind),) if self.kind else ()
        return json_response(self.status, encode_json({"message": self.message}), (*kind, *headers))


@dataclass(frozen=True, slots=True)
class GatewayErrors:
    """The errors of one type of API. ``names_faults`` is whether it says what is wrong with a signature."""

    no_route: GatewayError
    too_large: GatewayError
    no_function: GatewayError
    function_failed: GatewayError
    throttled: GatewayError
    timed_out: GatewayError
    unsigned: GatewayError
    names_faults: bool


_REST_403 = GatewayError(403, "Missing Authentication Token", "MissingAuthenticationTokenException")
_REST_500 = GatewayError(500, "Internal server error", "InternalServerErrorException")
_HTTP_500 = GatewayError(500, "Internal Server Error")
_HTTP_503 = GatewayError(503, "Service Unavailable")

REST_ERRORS: Final = GatewayErrors(
    no_route=_REST_403,
    too_large=GatewayError(413, "Request Too Long", "RequestEntityTooLargeException"),
    no_function=_REST_500,
    function_failed=GatewayError(502, "Internal server error", "InternalServerErrorException"),
    throttled=_REST_500,
    timed_out=GatewayError(504, "Endpoint request timed out", "InternalServerErrorException"),
    unsigned=_REST_403,
    names_faults=True,
)
HTTP_ERRORS: Final = GatewayErrors(
    no_route=GatewayError(404, "Not Found"),
    too_large=GatewayError(413, "Request Entity Too Large"),
    no_function=_HTTP_500,
    function_failed=_HTTP_500,
    throttled=_HTTP_503,
    timed_out=_HTTP_503,
    unsigned=GatewayError(403, "Forbidden"),
    names_faults=False,
)


class Exchange(Protocol):
    """One request of a client, until it is answered. Once it is over, whatever else is written to it is dropped."""

    errors: GatewayErrors
    function: str

    def attach(self, source: StreamSource) -> None:
        """A streamed answer begins to flow from this runtime: a slow client makes it wait."""

    def detach(self) -> None:
        """The answer has ended: what the runtime still sends flows freely."""

    def respond(self, response: HttpResponse) -> None:
        """Answer whole. Raises ``WireError`` when the head cannot be written."""

    def start_response(self, prelude: Prelude) -> None:
        """Begin a streamed answer. Raises ``WireError`` when the head cannot be written."""

    def write_chunk(self, data: bytes) -> None:
        """Write a piece of it."""

    def end_response(self) -> None:
        """End it."""

    def break_response(self) -> None:
        """Cut the connection in the middle of it."""


class BufferedGatewayResponse(BufferedSink):
    """The function's result, whole, describes the response. ``read`` is how this API understands it."""

    def __init__(self, exchange: Exchange, read: Callable[[bytes], HttpResponse], max_size: int) -> None:
        super().__init__(max_size)
        self._exchange = exchange
        self._read = read

    def complete(self, payload: bytes, *, streamed: bool) -> None:
        del streamed
        try:
            self._exchange.respond(self._read(payload))
        except WireError:
            self._exchange.respond(function_failed(self._exchange))

    def function_error(self, error: FunctionError) -> None:
        self._exchange.respond(failure(self._exchange, error))


class StreamedGatewayResponse:
    """``responseTransferMode: STREAM``: the response goes out as the function sends it, after its prelude."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._decoder = PreludeDecoder()
        self._before = 0

    def result(self, payload: bytes) -> None:
        """The function did not stream: there is no prelude."""
        del payload
        self._exchange.respond(function_failed(self._exchange))

    def function_error(self, error: FunctionError) -> None:
        self._exchange.respond(failure(self._exchange, error))

    def stream_started(self, content_type: str, source: StreamSource) -> None:
        del content_type
        self._exchange.attach(source)

    def stream_data(self, data: bytes) -> None:
        if self._decoder.prelude is not None:
            self._exchange.write_chunk(data)
        elif self._before <= LONGEST_PRELUDE:
            self._begin(data)

    def stream_ended(self, error: FunctionError | None) -> None:
        self._exchange.detach()
        if self._decoder.prelude is None:
            self._exchange.respond(function_failed(self._exchange))
        elif error is not None:
            self._exchange.break_response()
        else:
            self._exchange.end_response()

    def stream_broken(self, error: FunctionError) -> None:
        self._exchange.detach()
        if self._decoder.prelude is None:
            self.function_error(error)
        else:
            self._exchange.break_response()

    def _begin(self, data: bytes) -> None:
        self._before += len(data)
        try:
            body = self._decoder.feed(data)
            if self._decoder.prelude is not None:
                self._exchange.start_response(self._decoder.prelude)
                self._exchange.write_chunk(body)
        except WireError:
            # Nothing was sent yet. What still comes is ignored; the end of the stream answers.
            self._decoder = PreludeDecoder()
            self._before = LONGEST_PRELUDE + 1


def function_failed(exchange: Exchange) -> HttpResponse:
    """The answer for a function that failed, or whose result makes no response."""
    return exchange.errors.function_failed.response(log_pointer(exchange.function))


def failure(exchange: Exchange, error: FunctionError) -> HttpResponse:
    """The answer for an invocation that failed before it answered."""
    return exchange.errors.throttled.response() if error.throttled else function_failed(exchange)
