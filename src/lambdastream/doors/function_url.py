"""A function URL: an HTTP request becomes an event, and the function's answer an HTTP response.

The two invoke modes differ in the answer alone. Statuses that AWS documents nowhere and that are chosen here: 413 for a
request over 6 MB; 502 for a timeout, an exit or an answer over 6 MB, and a broken transfer where a streamed answer is
longer than it may be, with the reason in the function's log; 200 with the raw bytes where the URL's invoke mode and
the function's own way of answering do not fit each other.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from lambdastream.doors.api_cors import cors_headers, preflight_response
from lambdastream.doors.authentication import Authenticator
from lambdastream.doors.responses import REQUEST_ID, BufferedSink, DoorConnection, json_response, log_pointer
from lambdastream.doors.url_authorization import FORBIDDEN, authorize, refusal
from lambdastream.errors import SignatureError, WireError
from lambdastream.runtime.description import FunctionUrlConfig
from lambdastream.runtime.function import Function
from lambdastream.runtime.http_server.listener import Listener
from lambdastream.runtime.invocation import (
    FunctionError,
    Invocation,
    ResponseSink,
    StreamSource,
    new_request_id,
    trace_id,
)
from lambdastream.runtime.limits import Limits
from lambdastream.wire.caller import Caller
from lambdastream.wire.http_event import TRACE, trace_header
from lambdastream.wire.http_message import Headers, HttpRequest, HttpResponse
from lambdastream.wire.json_codec import encode_json
from lambdastream.wire.prelude import CONTENT_TYPE, Prelude, PreludeDecoder
from lambdastream.wire.proxy_response import proxy_response
from lambdastream.wire.url_event import url_event

PREFLIGHT_STATUS: Final = 200
UNFRAMED: Final = "application/octet-stream"


class FunctionUrl:
    """The listener of one function's URL. ``function`` serves the requests; another one may take its place.

    ``authenticator`` says who may call a URL with ``AuthType: AWS_IAM``.
    """

    def __init__(self, function: Function, limits: Limits, authenticator: Authenticator) -> None:
        self.function = function
        self.limits = limits
        self.authenticator = authenticator
        self.address = ""
        self._listener = Listener(lambda: FunctionUrlConnection(self), patience=limits.request_head)

    async def listen(self, port: int) -> None:
        """Listen on this port of loopback; ``address`` is the URL from then on. Raises ``OSError`` when it is taken."""
        self.address = f"http://127.0.0.1:{await self._listener.listen(port)}/"

    def stop_listening(self) -> None:
        """Take no new connections."""
        self._listener.stop_listening()

    async def close(self) -> None:
        """Close the port and every connection. What was written is sent, if the client reads it within two seconds."""
        await self._listener.close(grace=self.limits.shutdown)


class FunctionUrlConnection(DoorConnection):
    """A client's connection to a function URL."""

    def __init__(self, url: FunctionUrl) -> None:
        super().__init__(url.limits.request_payload)
        self._url = url
        self._task: asyncio.Task[None] | None = None
        self._cors_headers: Headers = ()

    def serve(self, request: HttpRequest) -> None:
        config = self._url.function.description.url
        cors = config.cors if config else None
        preflight = preflight_response(cors, request, PREFLIGHT_STATUS) if cors else None
        self._cors_headers = cors_headers(cors, request) if cors else ()
        if config is None:
            self.respond(FORBIDDEN)
        elif preflight is not None:
            super().respond(preflight)
        elif config.auth_type == "NONE":
            self._invoke(request, config)
        else:
            self._task = asyncio.get_running_loop().create_task(self._invoke_if_signed(request, config))

    def respond(self, response: HttpResponse) -> None:
        """Answer whole, with the headers of the URL's CORS configuration."""
        if self._cors_headers:
            response = replace(response, headers=(*response.headers, *self._cors_headers))
        super().respond(response)

    def start_response(self, status: int, headers: Headers) -> None:
        """Begin a streamed answer, with the headers of the URL's CORS configuration."""
        super().start_response(status, (*headers, *self._cors_headers))

    async def _invoke_if_signed(self, request: HttpRequest, config: FunctionUrlConfig) -> None:
        """``AuthType: AWS_IAM``: who signs with keys of this account may call."""
        try:
            caller = await authorize(self._url.authenticator, request, self._url.function.description.region)
        except SignatureError as error:
            self.respond(refusal(error))
        else:
            self._invoke(request, config, caller)

    def _invoke(self, request: HttpRequest, config: FunctionUrlConfig, caller: Caller | None = None) -> None:
        invocation = self._invocation(request, caller, streams=config.invoke_mode == "RESPONSE_STREAM")
        self._url.function.invoke(invocation)

    def oversized(self, request: HttpRequest) -> None:
        del request
        self._cors_headers = ()
        self.respond(json_response(413, b'{"Message":"Request Entity Too Large"}'))

    def _invocation(self, request: HttpRequest, caller: Caller | None, *, streams: bool) -> Invocation:
        request_id = new_request_id()
        domain = request.header("host", "localhost")
        now = datetime.now(UTC)
        event = url_event(request, request_id=request_id, domain_name=domain, time=now, caller=caller)
        trace = trace_id(trace_header(request, request_id, now))
        about = ((REQUEST_ID, request_id), (TRACE, trace))
        name = self._url.function.description.name
        sink: ResponseSink
        if streams:
            sink = StreamedUrlResponse(self, name, about)
        else:
            sink = BufferedUrlResponse(self, name, about, self._url.limits.response_payload)
        return Invocation(event, sink, request_id, trace)


class BufferedUrlResponse(BufferedSink):
    """``InvokeMode: BUFFERED``: the function's result, whole, describes the response."""

    def __init__(self, connection: FunctionUrlConnection, name: str, about: Headers, max_size: int) -> None:
        super().__init__(max_size)
        self._connection = connection
        self._name = name
        self._about = about

    def complete(self, payload: bytes, *, streamed: bool) -> None:
        if streamed:
            # Observed on AWS (middy's guide to streaming): a 200, whatever status the function meant. That the body is the
            # raw stream, prelude and all, is what plain Invoke gives (Runtime Interface Emulator); not verified for URLs.
            self._respond(json_response(200, payload))
            return
        try:
            self._respond(proxy_response(payload))
        except WireError:
            self._respond(bad_gateway(self._name))

    def function_error(self, error: FunctionError) -> None:
        self._respond(failure(error, self._name))

    def _respond(self, response: HttpResponse) -> None:
        self._connection.respond(replace(response, headers=(*response.headers, *self._about)))


class StreamedUrlResponse:
    """``InvokeMode: RESPONSE_STREAM``: the response goes out as the function sends it."""

    def __init__(self, connection: FunctionUrlConnection, name: str, about: Headers) -> None:
        self._connection = connection
        self._name = name
        self._about = about
        self._decoder = PreludeDecoder()
        self._started = False

    def result(self, payload: bytes) -> None:
        """The function did not stream: the client gets the raw result (seen on AWS by LocalStack's validated tests)."""
        self._start(Prelude(200, (("content-type", UNFRAMED),)))
        self._connection.write_chunk(payload)
        self._connection.end_response()

    def function_error(self, error: FunctionError) -> None:
        self._respond(failure(error, self._name))

    def stream_started(self, content_type: str, source: StreamSource) -> None:
        self._connection.back_pressure.attach(source)
        if CONTENT_TYPE not in content_type:
            self._decoder.prelude = Prelude(200, (("content-type", content_type or UNFRAMED),))
            self._start(self._decoder.prelude)

    def stream_data(self, data: bytes) -> None:
        if self._started:
            self._connection.write_chunk(data)
        else:
            self._begin(data)

    def stream_ended(self, error: FunctionError | None) -> None:
        self._connection.back_pressure.detach()
        if not self._started:
            self._respond(bad_gateway(self._name))
        elif error is not None:
            self._connection.break_response()
        else:
            self._connection.end_response()

    def stream_broken(self, error: FunctionError) -> None:
        self._connection.back_pressure.detach()
        if self._started:
            self._connection.break_response()
        else:
            self.function_error(error)

    def _begin(self, data: bytes) -> None:
        try:
            body = self._decoder.feed(data)
            if self._decoder.prelude is not None:
                self._start(self._decoder.prelude)
                self._connection.write_chunk(body)
        except WireError:
            # Nothing was sent yet. What still comes is ignored; the end of the stream answers 502.
            return

    def _start(self, prelude: Prelude) -> None:
        self._connection.start_response(prelude.status, (*prelude.headers, *self._about))
        self._started = True
        self._connection.back_pressure.pass_chunks(self._connection.write_chunks)

    def _respond(self, response: HttpResponse) -> None:
        self._connection.respond(replace(response, headers=(*response.headers, *self._about)))


def bad_gateway(name: str) -> HttpResponse:
    """The answer for a function that failed, or whose result makes no response."""
    return HttpResponse(502, (("content-type", "application/json"), *log_pointer(name)), b"Internal Server Error")


def failure(error: FunctionError, name: str) -> HttpResponse:
    """The answer for an invocation that failed before it answered."""
    if error.throttled:
        told = {"Reason": error.throttled, "Type": "User", "message": "Rate Exceeded."}
        return json_response(429, encode_json(told))
    return bad_gateway(name)
