"""The endpoint: the one address that AWS tools are given.

Every call to AWS must be signed with this project's keys, or with keys that its STS issued. Invoke, InvokeAsync and
InvokeWithResponseStream are answered here, and so is Amazon Bedrock's Converse; all else goes on to the control plane.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, Protocol

from lambdastream.doors import bedrock_runtime, own_calls
from lambdastream.doors import invoke as invoke_door
from lambdastream.doors import invoke_with_response_stream as stream_door
from lambdastream.doors.authentication import Authenticator, refusal
from lambdastream.doors.control_plane_link import ControlPlaneLink
from lambdastream.doors.live_page import door as live_page_door
from lambdastream.doors.responses import DoorConnection, json_response
from lambdastream.doors.service_errors import error_response
from lambdastream.errors import SignatureError
from lambdastream.runtime.arn import FunctionReference
from lambdastream.runtime.function import Function
from lambdastream.runtime.limits import Limits
from lambdastream.wire.http_message import HttpRequest, HttpResponse
from lambdastream.wire.sigv4 import Claim, parse_authorization

OWN_HOST: Final = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")
InvocationDoor = Callable[[DoorConnection, Function, HttpRequest, Limits], None]
INVOCATIONS: Final[tuple[tuple[re.Pattern[str], InvocationDoor], ...]] = (
    (invoke_door.PATH, invoke_door.invoke),
    (stream_door.PATH, stream_door.invoke_with_response_stream),
    (invoke_door.ASYNC_PATH, invoke_door.invoke_async),
)
"""The calls that are answered here, by their paths."""


class LocalAws(own_calls.Deployments, Protocol):
    """What the endpoint does its work on. ``control_plane`` is ``None`` where functions come in from Python alone."""

    limits: Limits
    authenticator: Authenticator
    control_plane: ControlPlaneLink | None
    live_page: live_page_door.LivePage

    def function(self, reference: FunctionReference) -> Function | None:
        """The deployed function, or the version of it."""


class EndpointConnection(DoorConnection):
    """A connection to the endpoint."""

    def __init__(self, aws: LocalAws) -> None:
        super().__init__(aws.limits.upload)
        self._aws = aws
        self._tasks: set[asyncio.Task[None]] = set()

    def serve(self, request: HttpRequest) -> None:
        if is_foreign(request):
            self.respond(json_response(403, b'{"message":"Only programs on this machine may call the local AWS"}'))
        elif request.path.startswith(live_page_door.PREFIX):
            self._aws.live_page.serve(self, request)
        elif request.path.startswith(own_calls.PREFIX):
            self._answer_later(lambda: own_calls.answer(self._aws, request))
        else:
            self._serve_signed(request)

    def oversized(self, request: HttpRequest) -> None:
        del request
        self.respond(invoke_door.payload_too_large(self.max_body))

    def _serve_signed(self, request: HttpRequest) -> None:
        try:
            claim = parse_authorization(request)
        except SignatureError as error:
            self.respond(refusal(error, request))
            return
        if self._aws.authenticator.knows(claim):
            self._serve_call(request, claim)
        else:
            self._later(self._ask_and_serve(request, claim))

    async def _ask_and_serve(self, request: HttpRequest, claim: Claim) -> None:
        try:
            await self._aws.authenticator.ask(claim)
        except SignatureError as error:
            self.respond(refusal(error, request))
        else:
            self._serve_call(request, claim)

    def _serve_call(self, request: HttpRequest, claim: Claim) -> None:
        matches = ((path.fullmatch(request.path), door) for path, door in INVOCATIONS if request.method == "POST")
        found = next(((match, door) for match, door in matches if match), None)
        # The path alone may be a key in a bucket named "model".
        model = bedrock_runtime.PATH.fullmatch(request.path) if claim.service == bedrock_runtime.SERVICE else None
        try:
            self._aws.authenticator.verify(request, claim, service="lambda" if found else None)
        except SignatureError as error:
            self.respond(refusal(error, request))
            return
        if found:
            self._invoke(invoke_door.wanted(found[0], request, claim.region), request, found[1])
        elif model:
            self._later(bedrock_runtime.serve(self, request, model))
        else:
            self._forward(request)

    def _invoke(self, wanted: FunctionReference, request: HttpRequest, door: InvocationDoor) -> None:
        function = self._aws.function(wanted)
        if len(request.body) > self._aws.limits.request_payload:
            self.respond(invoke_door.payload_too_large(self._aws.limits.request_payload))
        elif function is None:
            self.respond(invoke_door.not_found(wanted))
        else:
            door(self, function, request, self._aws.limits)

    def _forward(self, request: HttpRequest) -> None:
        control_plane = self._aws.control_plane
        if control_plane is None:
            message = f"This local AWS has no control plane, and does not answer {request.method} {request.path}"
            self.respond(error_response(request, 501, "NotImplemented", message))
        else:
            self._answer_later(lambda: control_plane.forward(request))

    def _answer_later(self, work: Callable[[], Awaitable[HttpResponse]]) -> None:
        async def answer() -> None:
            self.respond(await work())

        self._later(answer())

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self.report(error)


def is_foreign(request: HttpRequest) -> bool:
    """Whether a page in a browser asks. It must not reach the endpoint, whatever name it gives it: but for our own page."""
    origin = request.header("origin")
    if not OWN_HOST.fullmatch(request.header("host")):
        return True
    return bool(origin) and not live_page_door.is_its_own(origin, request)
