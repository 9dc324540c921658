"""InvokeWithResponseStream: a function called by its name, its answer as an event stream while it comes.

Source: AWS Lambda API reference, "InvokeWithResponseStream"; the frames are ``wire.event_stream``'s.
Not documented there, and chosen here: a stream that is longer than it may be ends with ``Function.ResponseSizeTooLarge``.
"""

from __future__ import annotations

import re
from typing import Final

from lambdastream.doors.invoke import (
    dry_run,
    invocation_type,
    log_tail,
    malformed,
    synchronous,
    throttled,
    unknown_value,
    version,
)
from lambdastream.doors.responses import REQUEST_ID, DoorConnection, log_pointer
from lambdastream.runtime.function import Function
from lambdastream.runtime.invocation import FunctionError, StreamSource, new_request_id
from lambdastream.runtime.limits import Limits
from lambdastream.runtime.log_tail import LogTail
from lambdastream.wire.event_stream import CONTENT_TYPE, invoke_complete, payload_chunk
from lambdastream.wire.http_message import Headers, HttpRequest

PATH: Final = re.compile(r"/2021-11-15/functions/([^/]+)/response-streaming-invocations")
INVOCATION_TYPES: Final = ("DryRun", "RequestResponse")


def invoke_with_response_stream(
    connection: DoorConnection, function: Function, request: HttpRequest, limits: Limits
) -> None:
    """Answer one InvokeWithResponseStream call. Its limits are the runtime's."""
    del limits
    if refused := unknown_value(request, INVOCATION_TYPES) or malformed(request):
        connection.respond(refused)
    elif invocation_type(request) == "DryRun":
        connection.respond(dry_run(function))
    else:
        request_id, tail = new_request_id(), log_tail(request)
        sink = EventStreamResponse(connection, function, request_id, tail)
        function.invoke(synchronous(request, sink, request_id, tail))


class EventStreamResponse:
    """``PayloadChunk`` messages, then one ``InvokeComplete``. The prelude is part of the payload, as on AWS."""

    def __init__(self, connection: DoorConnection, function: Function, request_id: str, tail: LogTail | None) -> None:
        self._connection = connection
        self._tail = tail
        self._request_id = request_id
        self._name = function.description.name
        self._version = version(function)

    def result(self, payload: bytes) -> None:
        self._start("application/json")
        self.stream_data(payload)
        self._end()

    def function_error(self, error: FunctionError) -> None:
        if error.throttled:
            self._connection.respond(throttled(error))
            return
        self._start("application/json", log_pointer(self._name))
        self._end(error)

    def stream_started(self, content_type: str, source: StreamSource) -> None:
        self._connection.back_pressure.attach(source)
        self._start(content_type)

    def stream_data(self, data: bytes) -> None:
        self._connection.write_chunk(payload_chunk(data))

    def stream_ended(self, error: FunctionError | None) -> None:
        self._connection.back_pressure.detach()
        self._end(error)

    def stream_broken(self, error: FunctionError) -> None:
        self.stream_ended(error)

    def _start(self, content_type: str, headers: Headers = ()) -> None:
        about = (
            ("x-amzn-remapped-content-type", content_type),
            self._version,
            (REQUEST_ID, self._request_id),
            *headers,
        )
        self._connection.start_response(200, (("content-type", CONTENT_TYPE), *about))

    def _end(self, error: FunctionError | None = None) -> None:
        if self._tail is None:
            self._complete(error)
        else:
            self._tail.when_ended(lambda: self._complete(error))

    def _complete(self, error: FunctionError | None) -> None:
        code, details = (error.error_type, error.payload.decode("utf-8", "replace")) if error else ("", "")
        log = self._tail.encoded if self._tail else ""
        self._connection.write_chunk(invoke_complete(error_code=code, error_details=details, log_result=log))
        self._connection.end_response()
