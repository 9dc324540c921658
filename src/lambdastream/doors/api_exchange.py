"""One request to an API and its answer: who may call, the event, the integration's timeout, the headers of every answer.

An HTTP API names the request in ``apigw-requestid``; a REST API in ``x-amzn-requestid`` and ``x-amz-apigw-id``, and says
which trace the invocation belongs to (as users of both show their answers).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol

from lambdastream.doors.api_authorization import authorize, refusal
from lambdastream.doors.api_cors import with_cors
from lambdastream.doors.api_description import ApiDescription
from lambdastream.doors.api_responses import BufferedGatewayResponse, GatewayErrors, StreamedGatewayResponse
from lambdastream.doors.api_routes import Match
from lambdastream.doors.authentication import Authenticator
from lambdastream.doors.responses import REQUEST_ID, DoorConnection
from lambdastream.errors import SignatureError
from lambdastream.runtime.arn import ACCOUNT
from lambdastream.runtime.function import Function
from lambdastream.runtime.invocation import Invocation, ResponseSink, StreamSource, new_request_id, trace_id
from lambdastream.runtime.limits import Limits
from lambdastream.wire.caller import Caller
from lambdastream.wire.gateway_event import GatewayRequest, http_api_event, http_api_event_1, is_binary, rest_api_event
from lambdastream.wire.gateway_response import http_api_response, http_api_response_1, rest_api_response
from lambdastream.wire.http_event import TRACE, trace_header
from lambdastream.wire.http_message import Headers, HttpRequest, HttpResponse
from lambdastream.wire.prelude import Prelude

HTTP_REQUEST_ID: Final = "apigw-requestid"
EXTENDED_REQUEST_ID: Final = "x-amz-apigw-id"


class Api(Protocol):
    """The API that a request is for."""

    description: ApiDescription
    function: Callable[[str], Function | None]
    limits: Limits
    authenticator: Authenticator

    @property
    def errors(self) -> GatewayErrors:
        """What this type of API says when something is wrong."""


class GatewayExchange:
    """One request and its answer. After the integration's timeout the function runs on, unheard.

    Once it is over, its connection belongs to the next request: the late function must not touch it, nor its back-pressure.
    """

    def __init__(self, connection: DoorConnection, api: Api, request: HttpRequest) -> None:
        self.errors = api.errors
        self.function = ""
        self._connection = connection
        self._api = api
        self._description = api.description
        self._request = request
        self._request_id = new_request_id()
        self._trace: Headers = ()
        self._timer: asyncio.TimerHandle | None = None
        self._begun = False
        self._over = False

    async def answer_if_signed(self, match: Match, path: str) -> None:
        """Authorization by AWS_IAM: who signs with keys of this account may call, mock integrations too."""
        try:
            caller = await authorize(self._api.authenticator, self._request, self._description.region)
        except SignatureError as error:
            self.respond(refusal(error, self.errors))
        else:
            self.answer(match, path, caller)

    def answer(self, match: Match, path: str, caller: Caller | None = None) -> None:
        """Answer as the route's integration does: always the same, or what its function says."""
        if match.route.fixed is not None:
            self.respond(match.route.fixed.response)
        else:
            self._invoke(match, path, caller)

    def _invoke(self, match: Match, path: str, caller: Caller | None) -> None:
        self.function = match.route.function
        function = self._api.function(self.function)
        if function is None:
            self.respond(self.errors.no_function.response())
            return
        now = datetime.now(UTC)
        event = self._event(match, path, now, caller)
        if len(event) > self._api.limits.request_payload:
            self.respond(self.errors.too_large.response())
            return
        timeout = self._api.limits.api_timeout or match.route.timeout
        self._timer = asyncio.get_running_loop().call_later(timeout, self._time_out)
        trace = trace_id(trace_header(self._request, self._request_id, now))
        self._trace = ((TRACE, trace),) if self._description.type == "REST" else ()
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
        """Begin a streamed answer. What the runtime says from then on goes to the client in the chunks that it comes in."""
        if not self._over:
            self._connection.start_response(prelude.status, self._headers(prelude.headers))
            self._connection.back_pressure.pass_chunks(self._write_chunks)
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

    def _write_chunks(self, chunks: memoryview) -> None:
        if not self._over:
            self._connection.write_chunks(chunks)

    def _event(self, match: Match, path: str, time: datetime, caller: Caller | None) -> bytes:
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
            caller=caller,
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
        names = (REQUEST_ID, EXTENDED_REQUEST_ID) if self._description.type == "REST" else (HTTP_REQUEST_ID,)
        headers = (*headers, *((name, self._request_id) for name in names), *self._trace)
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
