"""API Gateway: the listener of one API. A request becomes an event, and the function's answer a response.

The stage stays in the path, as on AWS: ``http://127.0.0.1:PORT/prod/tasks``; the stage ``$default`` has no name there.
A request's body may have 10 MB, API Gateway's own limit; the event made of it must fit into Lambda's 6 MB, else the
answer is the same 413 (not verified: which of the two errors AWS shows there).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lambdastream.doors.api_cors import preflight_response
from lambdastream.doors.api_description import ApiDescription
from lambdastream.doors.api_exchange import GatewayExchange
from lambdastream.doors.api_responses import HTTP_ERRORS, REST_ERRORS, GatewayErrors
from lambdastream.doors.authentication import Authenticator
from lambdastream.doors.responses import DoorConnection
from lambdastream.runtime.function import Function
from lambdastream.runtime.http_server.listener import Listener
from lambdastream.runtime.limits import Limits
from lambdastream.wire.http_message import HttpRequest


class ApiGateway:
    """The listener of one API. ``description`` may be replaced while it listens.

    ``function`` finds a deployed function by its name, at each request; ``authenticator`` says who may call a route with
    AWS_IAM authorization.
    """

    def __init__(
        self,
        description: ApiDescription,
        function: Callable[[str], Function | None],
        limits: Limits,
        authenticator: Authenticator,
    ) -> None:
        self.description = description
        self.function = function
        self.limits = limits
        self.authenticator = authenticator
        self.address = ""
        self._listener = Listener(lambda: GatewayConnection(self), patience=limits.request_head)

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
        self._task: asyncio.Task[None] | None = None

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
        elif match.route.authorization == "NONE":
            exchange.answer(match, path)
        else:
            self._task = asyncio.get_running_loop().create_task(exchange.answer_if_signed(match, path))

    def oversized(self, request: HttpRequest) -> None:
        GatewayExchange(self, self._api, request).respond(self._api.errors.too_large.response())
