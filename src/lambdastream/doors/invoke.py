"""Invoke: a function called by its name, as ``boto3.client("lambda").invoke`` does.

Source: AWS Lambda API reference, "Invoke".
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from lambdastream.doors.responses import REQUEST_ID, BufferedSink, DoorConnection, json_response, log_pointer
from lambdastream.errors import WireError
from lambdastream.runtime.function import Function
from lambdastream.runtime.invocation import FunctionError, Invocation, StreamSource, new_request_id
from lambdastream.runtime.limits import Limits
from lambdastream.runtime.variables import function_arn
from lambdastream.wire.http_message import Headers, HttpRequest, HttpResponse
from lambdastream.wire.json_codec import decode_json, encode_json

PATH: Final = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")
NAME: Final = re.compile(
    r"(?:(?:arn:aws:lambda:[^:]+:)?\d{12}:function:|function:)?([A-Za-z0-9_-]+)(?::(\$?[A-Za-z0-9_-]+))?"
)
NO_PAYLOAD: Final = b"{}"
VERSION: Final = ("x-amz-executed-version", "$LATEST")


def function_name(path: re.Match[str]) -> str:
    """The plain name in a call's path, which may hold a name, a partial or a whole ARN, and a qualifier."""
    found = NAME.fullmatch(unquote(path[1]))
    return found[1] if found else unquote(path[1])


def invoke(connection: DoorConnection, function: Function, request: HttpRequest, limits: Limits) -> None:
    """Answer one Invoke call."""
    if not is_json(request.body):
        connection.respond(not_json())
        return
    match request.header("x-amz-invocation-type", "RequestResponse"):
        case "RequestResponse":
            request_id = new_request_id()
            sink = InvokeResponse(connection, function, request_id, limits.response_payload)
            function.invoke(Invocation(request.body or NO_PAYLOAD, sink, request_id))
        case "Event":
            invocation = Invocation(request.body or NO_PAYLOAD, Unheard())
            function.invoke(invocation)
            connection.respond(HttpResponse(202, (VERSION, (REQUEST_ID, invocation.request_id))))
        case "DryRun":
            connection.respond(HttpResponse(204, (VERSION, (REQUEST_ID, new_request_id()))))
        case other:
            connection.respond(service_error(400, "InvalidParameterValueException", f"Unknown invocation type {other}"))


class InvokeResponse(BufferedSink):
    """The answer to a RequestResponse call: the payload as the function gave it."""

    def __init__(self, connection: DoorConnection, function: Function, request_id: str, max_size: int) -> None:
        super().__init__(max_size)
        self._connection = connection
        self._name = function.description.name
        self._about = (VERSION, (REQUEST_ID, request_id))

    def complete(self, payload: bytes, *, streamed: bool) -> None:
        del streamed
        self._connection.respond(json_response(200, payload, self._about))

    def function_error(self, error: FunctionError) -> None:
        if error.throttled:
            self._connection.respond(throttled())
            return
        failed = (("x-amz-function-error", "Unhandled"), *log_pointer(self._name))
        self._connection.respond(json_response(200, error.payload, (*self._about, *failed)))


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


def not_found(name: str) -> HttpResponse:
    """The answer for a function that is not deployed."""
    return service_error(404, "ResourceNotFoundException", f"Function not found: {function_arn(name)}")


def throttled() -> HttpResponse:
    """The answer when no execution environment is free and none may be started."""
    return service_error(429, "TooManyRequestsException", "Rate Exceeded.")


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
