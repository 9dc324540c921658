"""API Gateway: the listener of one API. A request becomes an event, and the function's answer a response.

The stage stays in the path, as on AWS: ``http://127.0.0.1:PORT/prod/tasks``; the stage ``$default`` has no name there.
A request's body may have 10 MB, API Gateway's own limit; the event made of it must fit into Lambda's 6 MB, else the
answer is the same 413 (not verified: which of the two errors AWS shows there).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from lambdastream.doors.api_cors import preflight_response, with_cors
from lambdastream.doors.api_description import ApiDescription
from lambdastream.doors.api_responses import (
    HTTP_ERRORS,
    REST_ERRORS,
    BufferedGatewayResponse,
    GatewayErrors,
    StreamedGatewayResponse,
)
from lambdastream.doors.api_routes import Match
from lambdastream.doors.responses import REQUEST_ID, DoorConnection
from lambdastream.runtime.arn import ACCOUNT
from lambdastream.runtime.function import Function
from lambdastream.runtime.invocation import Invocation, ResponseSink, StreamSource, new_request_id, trace_id
from lambdastream.runtime.limits import Limits
from lambdastream.runtime.listener import Listener
from lambdastream.wire.gateway_event import GatewayRequest, http_api_event, http_api_event_1, is_binary, rest_api_event
from lambdastream.wire.gateway_response import http_api_response, http_api_response_1, rest_api_response
from lambdastream.wire.http_event import trace_header
from lambdastream.wire.http_message import Headers, HttpRequest, HttpResponse
from lambdastream.wire.prelude import Prelude

HTTP_REQUEST_ID: Final = "apigw-requestid"


class ApiGateway:
    """The listener of one API. ``description`` may be replaced while it listens.

    ``function`` finds a deployed function by its name, at each request.
    """

    def __init__(self, description: ApiDescription, function: Callable[[str], Function | None], limits: Limits) -> None:
        self.description = description
        self.function = function
        self.limits = limits
        self.address = ""
        self._listener = Listener(lambda: GatewayConnection(self))

    @property
    def url(self) -> str:
        """Where the API's paths begin: the address, and the stage if it has a name."""
        return f"{self.address}{self.description.base_path}/"

    @property
    def errors(self) -> GatewayErrors:
        """What this type of API says when something is wrong."""
        return HTTP_ERRORS if self.description.type == "HTTP" else REST_ERRORS

    async def listen(self, port: int) -> None:
        """Listen on this port of loopback; ``address`` is known from then on. Raises ``OSError`` when it is taken."""
        self.address = f"http://127.0.0.1:{await self._listener.listen(port)}"

    def stop_listening(self) -> None:
        """Take no new connections."""
        self._listener.stop_listening()

    async def close(self) -> None:
        """Close the port and every connection. What was written is sent, if the client reads it within two seconds."""
        await self._listener.close(grace=self.limits.shutdown)


class GatewayConnection(DoorConnection):
    """A client's connection to an API."""

    def __init__(self, api: ApiGateway) -> None:
        super().__init__(api.limits.api_request)
        self._api = api

    def serve(self, request: HttpRequest) -> None:
        api = self._api.description
        exchange = GatewayExchange(self, self._api, request)
        preflight = preflight_response(api.cors, request) if api.cors else None
        path = api.without_stage(request.path)
        match = api.find(request.method, path) if path is not None else None
        if preflight is not None:
            self.respond(preflight)
        elif match is None or path is None:
            exchange.respond(self._api.errors.no_route.response())
        elif match.route.fixed is not None:
            fixed = match.route.fixed
            exchange.respond(HttpResponse(fixed.status, fixed.headers, fixed.body.encode()))
        else:
            exchange.invoke(match, path)

    def oversized(self, request: HttpRequest) -> None:
        GatewayExchange(self, self._api, request).respond(self._api.errors.too_large.response())


class GatewayExchange:
    """One request and its answer. After the integration's timeout the function runs on, unheard.

    Once it is over, its connection belongs to the next request: the late function must not touch it, nor its back-pressure.
    """

    def __init__(self, connection: GatewayConnection, api: ApiGateway, request: HttpRequest) -> None:
        self.errors = api.errors
        self.function = ""
        self._connection = connection
        self._api = api
        self._description = api.description
        self._request = request
        self._request_id = new_request_id()
        self._timer: asyncio.TimerHandle | None = None
        self._begun = False
        self._over = False

    def invoke(self, match: Match, path: str) -> None:
        """Invoke the route's function, and answer with what it answers."""
        self.function = match.route.function
        function = self._api.function(match.route.function)
        if function is None:
            self.respond(self.errors.no_function.response())
            return
        now = datetime.now(UTC)
        event = self._event(match, path, now)
        if len(event) > self._api.limits.request_payload:
            self.respond(self.errors.too_large.response())
            return
        timeout = self._api.limits.api_timeout or match.route.timeout
        self._timer = asyncio.get_running_loop().call_later(timeout, self._time_out)
        trace = trace_id(trace_header(self._request, self._request_id, now))
        function.invoke(Invocation(event, self._sink(match), self._request_id, trace))

    def attach(self, source: StreamSource) -> None:
        """Let a slow client make this runtime wait."""
        if not self._over:
            self._connection.back_pressure.attach(source)

    def detach(self) -> None:
        """Let the runtime send freely."""
        if not self._over:
            self._connection.back_pressure.detach()

    def respond(self, response: HttpResponse) -> None:
        """Answer whole."""
        if not self._over:
            headers = self._headers(response.headers)
            self._connection.respond(HttpResponse(response.status, headers, response.body))
            self._end()

    def start_response(self, prelude: Prelude) -> None:
        """Begin a streamed answer."""
        if not self._over:
            self._connection.start_response(prelude.status, self._headers(prelude.headers))
            self._begun = True

    def write_chunk(self, data: bytes) -> None:
        """Write a piece of it."""
        if not self._over:
            self._connection.write_chunk(data)

    def end_response(self) -> None:
        """End it."""
        if not self._over:
            self._end()
            self._connection.end_response()

    def break_response(self) -> None:
        """Cut the connection in the middle of it."""
        if not self._over:
            self._end()
            self._connection.break_response()

    def _event(self, match: Match, path: str, time: datetime) -> bytes:
        api, route = self._description, match.route
        call = GatewayRequest(
            request=self._request,
            api_id=api.id,
            account_id=ACCOUNT,
            stage=api.stage,
            method=route.method,
            resource=route.path,
            path=path,
            request_id=self._request_id,
            time=time,
            parameters=match.parameters,
            stage_variables=api.stage_variables,
        )
        if api.type == "REST":
            return rest_api_event(call, binary_media_types=api.binary_media_types)
        return http_api_event(call) if route.payload_format == "2.0" else http_api_event_1(call)

    def _sink(self, match: Match) -> ResponseSink:
        if match.route.streams:
            return StreamedGatewayResponse(self)
        limit = self._api.limits.response_payload
        if self._description.type == "REST":
            return BufferedGatewayResponse(self, self._rest_response, limit)
        read = http_api_response if match.route.payload_format == "2.0" else http_api_response_1
        return BufferedGatewayResponse(self, read, limit)

    def _rest_response(self, payload: bytes) -> HttpResponse:
        accepted = self._request.header("accept").partition(",")[0]
        return rest_api_response(payload, binary=is_binary(accepted, self._description.binary_media_types))

    def _headers(self, headers: Headers) -> Headers:
        rest = self._description.type == "REST"
        headers = (*headers, (REQUEST_ID if rest else HTTP_REQUEST_ID, self._request_id))
        return with_cors(self._description.cors, self._request, headers) if self._description.cors else headers

    def _time_out(self) -> None:
        self.detach()
        if self._begun:
            self.break_response()
        else:
            self.respond(self.errors.timed_out.response())

    def _end(self) -> None:
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
