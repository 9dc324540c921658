"""Invoke: a function called by its name, as ``boto3.client("lambda").invoke`` does.

Source: AWS Lambda API reference, "Invoke".
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qs, unquote

from lambdastream.doors.responses import REQUEST_ID, BufferedSink, DoorConnection, json_response, log_pointer
from lambdastream.errors import WireError
from lambdastream.runtime.arn import FunctionReference, function_reference
from lambdastream.runtime.function import Function
from lambdastream.runtime.invocation import FunctionError, Invocation, StreamSource, new_request_id
from lambdastream.runtime.limits import Limits
from lambdastream.runtime.log_tail import LogTail
from lambdastream.wire.http_message import Headers, HttpRequest, HttpResponse
from lambdastream.wire.json_codec import decode_json, encode_json

PATH: Final = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")
NO_PAYLOAD: Final = b"{}"
LOG_RESULT: Final = "x-amz-log-result"
EXECUTED_VERSION: Final = "x-amz-executed-version"


def wanted(path: re.Match[str], request: HttpRequest, region: str) -> FunctionReference:
    """What a call in this region means: a name, a partial or a whole ARN in its path, and a qualifier in its query."""
    qualifier = parse_qs(request.query).get("Qualifier", [""])[0]
    return function_reference(unquote(path[1]), qualifier, region)


def version(function: Function) -> tuple[str, str]:
    """The header that says which version answers."""
    return EXECUTED_VERSION, function.description.version


def invoke(connection: DoorConnection, function: Function, request: HttpRequest, limits: Limits) -> None:
    """Answer one Invoke call."""
    if not is_json(request.body):
        connection.respond(not_json())
        return
    match request.header("x-amz-invocation-type", "RequestResponse"):
        case "RequestResponse":
            request_id = new_request_id()
            tail = log_tail(request)
            sink = InvokeResponse(connection, function, request_id, limits.response_payload, tail)
            function.invoke(Invocation(request.body or NO_PAYLOAD, sink, request_id, log_tail=tail))
        case "Event":
            invocation = Invocation(request.body or NO_PAYLOAD, Unheard())
            function.invoke(invocation)
            connection.respond(HttpResponse(202, (version(function), (REQUEST_ID, invocation.request_id))))
        case "DryRun":
            connection.respond(HttpResponse(204, (version(function), (REQUEST_ID, new_request_id()))))
        case other:
            connection.respond(service_error(400, "InvalidParameterValueException", f"Unknown invocation type {other}"))


class InvokeResponse(BufferedSink):
    """The answer to a RequestResponse call: the payload as the function gave it."""

    def __init__(
        self, connection: DoorConnection, function: Function, request_id: str, max_size: int, tail: LogTail | None
    ) -> None:
        super().__init__(max_size)
        self._connection = connection
        self._tail = tail
        self._name = function.description.name
        self._about = (version(function), (REQUEST_ID, request_id))

    def complete(self, payload: bytes, *, streamed: bool) -> None:
        del streamed
        self._respond(payload, self._about)

    def function_error(self, error: FunctionError) -> None:
        if error.throttled:
            self._connection.respond(throttled(error))
            return
        failed = (("x-amz-function-error", "Unhandled"), *log_pointer(self._name))
        self._respond(error.payload, (*self._about, *failed))

    def _respond(self, payload: bytes, headers: Headers) -> None:
        """Answer at once, or with the end of the log, which takes until the function is through."""
        tail = self._tail
        if tail is None:
            self._connection.respond(json_response(200, payload, headers))
        else:
            tail.when_ended(
                lambda: self._connection.respond(json_response(200, payload, (*headers, (LOG_RESULT, tail.encoded))))
            )


def log_tail(request: HttpRequest) -> LogTail | None:
    """What collects the end of the log, when the call asks for it."""
    return LogTail() if request.header("x-amz-log-type") == "Tail" else None


class Unheard:
    """The answer to an Event call: nobody waits for it. Retries and destinations are not simulated."""

    def result(self, payload: bytes) -> None:
        """Nobody hears the result."""

    def function_error(self, error: FunctionError) -> None:
        """Nobody hears the error; the function's log has it."""

    def stream_started(self, content_type: str, source: StreamSource) -> None:
        """Nobody hears the stream."""

    def stream_data(self, data: bytes) -> None:
        """Nobody hears the stream."""

    def stream_ended(self, error: FunctionError | None) -> None:
        """Nobody hears the stream."""

    def stream_broken(self, error: FunctionError) -> None:
        """Nobody hears the stream."""


def service_error(status: int, error_type: str, message: str, headers: Headers = ()) -> HttpResponse:
    """An error of the Lambda service itself, in the shape that AWS SDKs parse."""
    return json_response(
        status,
        encode_json({"Type": "User", "Message": message, "message": message}),
        (("x-amzn-errortype", error_type), *headers),
    )


def not_found(reference: FunctionReference) -> HttpResponse:
    """The answer for a function, a version or an alias that is not deployed."""
    return service_error(404, "ResourceNotFoundException", f"Function not found: {reference.arn}")


def throttled(error: FunctionError) -> HttpResponse:
    """The answer for an invocation that may not begin now."""
    told = {"Reason": error.throttled, "Type": "User", "Message": "Rate Exceeded.", "message": "Rate Exceeded."}
    return json_response(429, encode_json(told), (("x-amzn-errortype", error.error_type),))


def payload_too_large(size_limit: int) -> HttpResponse:
    """The answer for a request over the limit."""
    message = f"The payload is too large for the RequestResponse invocation type (limit {size_limit} bytes)"
    return service_error(413, "RequestTooLargeException", message)


def not_json() -> HttpResponse:
    """The answer for a payload that is not JSON."""
    return service_error(400, "InvalidRequestContentException", "Could not parse request body into json")


def is_json(payload: bytes) -> bool:
    """Whether a function can be called with this; with nothing, it is."""
    try:
        decode_json(payload or NO_PAYLOAD, "The payload")
    except WireError:
        return False
    return True
