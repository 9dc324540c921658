"""Invoke: a function called by its name, as ``boto3.client("lambda").invoke`` does.

Sources: AWS Lambda API reference, "Invoke"; the words of its errors are the service's own, as its users report them.

``Event`` is answered with a 202 and run once. What AWS does for it beyond that is left out: no retry after an error or a
throttle, no on-failure or on-success destination, no dead-letter queue, no maximum age. A function that fails is in its log
alone.

Chosen here, AWS documents nothing: an unknown invocation type is an ``InvalidParameterValueException``; a malformed client
context is refused for every invocation type, also for those that do not pass it on.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qs, unquote

from lambdastream.doors.responses import REQUEST_ID, BufferedSink, DoorConnection, json_response, log_pointer
from lambdastream.errors import WireError
from lambdastream.runtime.arn import FunctionReference, function_reference
from lambdastream.runtime.function import Function
from lambdastream.runtime.invocation import (
    FunctionError,
    Invocation,
    ResponseSink,
    StreamSource,
    new_request_id,
    trace_id,
)
from lambdastream.runtime.limits import Limits
from lambdastream.runtime.log_tail import LogTail
from lambdastream.wire.client_context import client_context
from lambdastream.wire.http_event import TRACE
from lambdastream.wire.http_message import Headers, HttpRequest, HttpResponse
from lambdastream.wire.json_codec import decode_json, encode_json

PATH: Final = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")
NO_PAYLOAD: Final = b"{}"
LOG_RESULT: Final = "x-amz-log-result"
CLIENT_CONTEXT: Final = "x-amz-client-context"
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
    kind = invocation_type(request)
    too_large = event_too_large(request, limits) if kind == "Event" else None
    if refused := too_large or malformed(request):
        connection.respond(refused)
        return
    match kind:
        case "RequestResponse":
            request_id = new_request_id()
            tail = log_tail(request)
            sink = InvokeResponse(connection, function, request_id, limits.response_payload, tail)
            function.invoke(synchronous(request, sink, request_id, tail))
        case "Event":
            invocation = Invocation(request.body or NO_PAYLOAD, Unheard(), trace=trace_id(request.header(TRACE)))
            function.invoke(invocation)
            connection.respond(HttpResponse(202, (version(function), (REQUEST_ID, invocation.request_id))))
        case "DryRun":
            connection.respond(dry_run(function))
        case _:
            connection.respond(unknown_type(kind))


def invocation_type(request: HttpRequest) -> str:
    """What kind of invocation the call wants."""
    return request.header("x-amz-invocation-type", "RequestResponse")


def synchronous(request: HttpRequest, sink: ResponseSink, request_id: str, tail: LogTail | None) -> Invocation:
    """The invocation of a call that waits for the answer. Only such a one has a client context."""
    told = client_context(request.header(CLIENT_CONTEXT))
    trace = trace_id(request.header(TRACE))
    return Invocation(request.body or NO_PAYLOAD, sink, request_id, trace, log_tail=tail, client_context=told)


def dry_run(function: Function) -> HttpResponse:
    """The answer to a call that only asks whether it could be made."""
    return HttpResponse(204, (version(function), (REQUEST_ID, new_request_id())))


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
    message = f"Request must be smaller than {size_limit} bytes for the InvokeFunction operation"
    return service_error(413, "RequestTooLargeException", message)


def event_too_large(request: HttpRequest, limits: Limits) -> HttpResponse | None:
    """The answer for an ``Event`` call over its own limit; ``None`` for one within it."""
    size, limit = len(request.body), limits.event_payload
    if size <= limit:
        return None
    message = f"{size} byte payload is too large for the Event invocation type (limit {limit} bytes)"
    return service_error(413, "RequestEntityTooLargeException", message)


def unknown_type(kind: str) -> HttpResponse:
    """The answer for a kind of invocation that the call does not have."""
    return service_error(400, "InvalidParameterValueException", f"Unknown invocation type {kind}")


def malformed(request: HttpRequest) -> HttpResponse | None:
    """The answer for a payload that is not JSON, or a client context that is none; ``None`` when both are fine."""
    try:
        decode_json(request.body or NO_PAYLOAD, "The payload")
    except WireError as error:
        return _bad_content(f"Could not parse request body into json: {error.problem}")
    try:
        client_context(request.header(CLIENT_CONTEXT))
    except WireError as error:
        return _bad_content(error.problem)
    return None


def _bad_content(message: str) -> HttpResponse:
    return service_error(400, "InvalidRequestContentException", message)
