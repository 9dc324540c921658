"""Invoke: a function called by its name, as ``boto3.client("lambda").invoke`` does.

Sources: AWS Lambda API reference, "Invoke" and "InvokeAsync"; the words of its errors are the service's own, as its users
report them. So is the ``ValidationException`` of an invocation type that there is not (ex-aws/ex_aws, pull request 442).

``Event`` is answered with a 202 and run once. What AWS does for it beyond that is left out: no retry after an error or a
throttle, no on-failure or on-success destination, no dead-letter queue, no maximum age. A function that fails is in its log
alone.

Chosen here, AWS documents nothing: a log type that there is not is refused in the same way; it, and a malformed client
context, for every invocation type, also for those that have no use for it.
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
ASYNC_PATH: Final = re.compile(r"/2014-11-13/functions/([^/]+)/invoke-async/?")
NO_PAYLOAD: Final = b"{}"
INVOCATION_TYPES: Final = ("DryRun", "RequestResponse", "Event")
LOG_TYPES: Final = ("None", "Tail")
LOG_TYPE: Final = "x-amz-log-type"
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
    if refused := unknown_value(request, INVOCATION_TYPES) or too_large or malformed(request):
        connection.respond(refused)
        return
    match kind:
        case "RequestResponse":
            request_id = new_request_id()
            tail = log_tail(request)
            sink = InvokeResponse(connection, function, request_id, limits.response_payload, tail)
            function.invoke(synchronous(request, sink, request_id, tail))
        case "Event":
            connection.respond(HttpResponse(202, (version(function), begin_event(function, request))))
        case _:
            connection.respond(dry_run(function))


def invoke_async(connection: DoorConnection, function: Function, request: HttpRequest, limits: Limits) -> None:
    """Answer one call to InvokeAsync, which AWS has deprecated: an ``Event`` call by another name."""
    if refused := event_too_large(request, limits) or malformed(request):
        connection.respond(refused)
    else:
        connection.respond(json_response(202, b'{"Status":202}', (begin_event(function, request),)))


def begin_event(function: Function, request: HttpRequest) -> tuple[str, str]:
    """Invoke the function for an ``Event`` call; returns the header that names the invocation."""
    invocation = Invocation(request.body or NO_PAYLOAD, Unheard(), trace=trace_id(request.header(TRACE)))
    function.invoke(invocation)
    return REQUEST_ID, invocation.request_id


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
    return LogTail() if request.header(LOG_TYPE) == "Tail" else None


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


def unknown_value(request: HttpRequest, invocation_types: tuple[str, ...]) -> HttpResponse | None:
    """The answer for a type of invocation that the call does not have, or of log; ``None`` when it has both."""
    given = (
        ("invocationType", invocation_type(request), invocation_types),
        ("logType", request.header(LOG_TYPE, "None"), LOG_TYPES),
    )
    wrong = [
        f"Value '{value}' at '{name}' failed to satisfy constraint: "
        f"Member must satisfy enum value set: [{', '.join(allowed)}]"
        for name, value, allowed in given
        if value not in allowed
    ]
    if not wrong:
        return None
    detected = f"{len(wrong)} validation error{'s' if len(wrong) > 1 else ''} detected: {'; '.join(wrong)}"
    return service_error(400, "ValidationException", detected)


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
