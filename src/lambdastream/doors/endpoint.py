"""The endpoint: the one address that AWS tools are given.

It answers Invoke and InvokeWithResponseStream itself. Deployments come in by a way of its own, ``/_lambdastream``, which
only this project's programs can use: it asks for a token made at random at every start.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol
from urllib.parse import unquote

from lambdastream.doors import invoke as invoke_door
from lambdastream.doors import invoke_with_response_stream as stream_door
from lambdastream.doors.responses import DoorConnection, json_response
from lambdastream.errors import LambdastreamError
from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.function import Function
from lambdastream.runtime.limits import Limits
from lambdastream.wire.http_message import HttpRequest, HttpResponse
from lambdastream.wire.json_codec import encode_json

DEPLOYMENTS: Final = "/_lambdastream/functions/"
STATUS: Final = "/_lambdastream/status"
OWN_HOST: Final = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")


class Functions(Protocol):
    """What the endpoint does its work on."""

    token: str
    limits: Limits

    def function(self, name: str) -> Function | None:
        """The deployed function of that name."""

    async def deploy(self, description: FunctionDescription) -> dict[str, Any]:
        """Deploy a function, or replace it; returns its status."""

    async def remove(self, name: str) -> None:
        """Remove a function. Raises ``FunctionNotFoundError``."""

    def status(self) -> dict[str, Any]:
        """What runs, as plain JSON values."""


class EndpointConnection(DoorConnection):
    """A connection to the endpoint."""

    def __init__(self, functions: Functions) -> None:
        super().__init__(functions.limits.request_payload)
        self._functions = functions
        self._tasks: set[asyncio.Task[None]] = set()

    def serve(self, request: HttpRequest) -> None:
        if not OWN_HOST.fullmatch(request.header("host")) or request.header("origin"):
            # Pages in a browser must not reach the endpoint, whatever name they give it.
            self.respond(json_response(403, b'{"message":"Only programs on this machine may call the local AWS"}'))
        elif request.path.startswith("/_lambdastream/"):
            self._serve_own(request)
        elif request.method == "POST" and (path := invoke_door.PATH.fullmatch(request.path)):
            self._with_function(path, lambda found: invoke_door.invoke(self, found, request, self._functions.limits))
        elif request.method == "POST" and (path := stream_door.PATH.fullmatch(request.path)):
            self._with_function(path, lambda found: stream_door.invoke_with_response_stream(self, found, request))
        else:
            message = f"The local AWS does not answer {request.method} {request.path} yet"
            self.respond(invoke_door.service_error(501, "NotImplemented", message))

    def oversized(self, request: HttpRequest) -> None:
        del request
        self.respond(invoke_door.payload_too_large(self.max_body))

    def _with_function(self, path: re.Match[str], use: Callable[[Function], None]) -> None:
        name = invoke_door.function_name(path)
        function = self._functions.function(name)
        if function is None:
            self.respond(invoke_door.not_found(name))
        else:
            use(function)

    def _serve_own(self, request: HttpRequest) -> None:
        given = request.header("authorization").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._functions.token.encode()):
            self.respond(json_response(403, b'{"message":"Wrong token"}'))
        elif request.path == STATUS:
            self.respond(json_response(200, encode_json(self._functions.status())))
        elif request.method == "PUT" and request.path.startswith(DEPLOYMENTS):
            self._answer_later(lambda: self._deploy(request))
        elif request.method == "DELETE" and request.path.startswith(DEPLOYMENTS):
            self._answer_later(lambda: self._remove(request))
        else:
            self.respond(json_response(404, b'{"message":"There is nothing here"}'))

    async def _deploy(self, request: HttpRequest) -> HttpResponse:
        description = FunctionDescription.from_json(json.loads(request.body))
        return json_response(200, encode_json(await self._functions.deploy(description)))

    async def _remove(self, request: HttpRequest) -> HttpResponse:
        await self._functions.remove(unquote(request.path.removeprefix(DEPLOYMENTS)))
        return HttpResponse(204, ())

    def _answer_later(self, work: Callable[[], Awaitable[HttpResponse]]) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, work: Callable[[], Awaitable[HttpResponse]]) -> None:
        try:
            response = await work()
        except LambdastreamError as error:
            refusal = {"error": type(error).__name__, "problem": error.problem, "next_step": error.next_step}
            response = json_response(400, encode_json(refusal))
        except ValueError:
            response = json_response(400, b'{"error":"UsageError","problem":"This is not JSON.","next_step":""}')
        self.respond(response)
