"""The Runtime API and the Extensions API of one execution environment, on a port of its own.

Sources: AWS Lambda developer guide, "Using the Lambda runtime API" and "Extensions API"; the Runtime Interface Emulator
for the shapes of errors. Neither LWA nor ``awslambdaric`` takes a path prefix, so each environment has its own address.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.extensions import Extensions
from lambdastream.runtime.http_server.listener import Listener
from lambdastream.runtime.invocation import Invocation
from lambdastream.runtime.limits import Limits
from lambdastream.runtime.runtime_api_connection import JSON, RuntimeApiConnection
from lambdastream.wire.http_message import Headers, HttpResponse


class RuntimeApi:
    """What the runtime and the extensions of one environment have asked for and told.

    ``init_error`` is the payload of ``init/error``, once it came. Whenever something changes, whoever waits in
    ``until`` looks again, and who gave an event hears when the next may come. ``log`` takes the lines that belong into the
    function's log.
    """

    def __init__(
        self, description: FunctionDescription, limits: Limits, arn: str, log: Callable[[str], None] = lambda _: None
    ) -> None:
        self.description = description
        self.limits = limits
        self.arn = arn
        self.log = log
        self.extensions = Extensions()
        self.current: Invocation | None = None
        self.init_error: tuple[str, bytes] | None = None
        self._polling: RuntimeApiConnection | None = None
        self._last_refusal = ""
        self._condition: Callable[[], bool] = bool
        self._awaited: asyncio.Future[None] | None = None
        self._when_idle: Callable[[], None] | None = None
        self._listener = Listener(lambda: RuntimeApiConnection(self))

    async def listen(self) -> str:
        """Open a port on loopback; returns ``host:port``, the value of ``AWS_LAMBDA_RUNTIME_API``."""
        return f"127.0.0.1:{await self._listener.listen()}"

    async def close(self) -> None:
        """Close the port and every connection."""
        await self._listener.close()

    @property
    def idle(self) -> bool:
        """Whether the runtime waits for an event and every extension for its own."""
        return self._polling is not None and self.current is None and self.extensions.all_waiting()

    def until(self, condition: Callable[[], bool]) -> asyncio.Future[None]:
        """Done when the condition holds; it is looked at after every call of the runtime or an extension.

        Only the condition of the last call is looked at.
        """
        self._condition = condition
        self._awaited = asyncio.get_running_loop().create_future()
        self.changed()
        return self._awaited

    def dispatch(self, invocation: Invocation, when_idle: Callable[[], None] | None = None) -> None:
        """Hand an event to the idle runtime and to the extensions that subscribed to ``INVOKE``.

        ``when_idle`` is called as soon as the runtime and every extension ask for the next, unless ``leave_idle`` says no.
        """
        self._when_idle = when_idle
        connection, self._polling = self._polling, None
        if connection is None:
            raise RuntimeError("The runtime does not wait for an event.")
        self.current, self._last_refusal = invocation, ""
        for extension in self.extensions.subscribed("INVOKE"):
            extension.deliver(self._invoke_event(invocation))
        connection.respond(HttpResponse(200, (*JSON, *self._invocation_headers(invocation)), invocation.event))

    def forget(self) -> None:
        """Stop listening to what the runtime still says of the current invocation: it is over."""
        self.current = None

    def leave_idle(self) -> None:
        """Nobody is called any more when it is idle."""
        self._when_idle = None

    # What connections tell.

    def disconnected(self, connection: RuntimeApiConnection) -> None:
        """A connection is gone."""
        if self._polling is connection:
            self._polling = None

    def poll(self, connection: RuntimeApiConnection) -> None:
        """The runtime asks for its next event, having answered the one before."""
        self._polling, self.current = connection, None
        self.changed()

    def changed(self) -> None:
        """Something changed: whoever waits may look."""
        if self._awaited is not None and not self._awaited.done() and self._condition():
            self._awaited.set_result(None)
        if self._when_idle is not None and self.idle:
            then, self._when_idle = self._when_idle, None
            then()

    def refused(self, line: str) -> None:
        """A call was refused: the log says so, for who writes a runtime. A line that repeats itself is there once."""
        if line != self._last_refusal:
            self._last_refusal = line
            self.log(line)

    def take(self, request_id: str) -> Invocation | None:
        """The current invocation, if it has this id and no answer yet."""
        invocation = self.current
        return invocation if invocation and invocation.request_id == request_id and not invocation.answered else None

    def _invocation_headers(self, invocation: Invocation) -> Headers:
        told = invocation.client_context
        return (
            ("lambda-runtime-aws-request-id", invocation.request_id),
            ("lambda-runtime-deadline-ms", str(int(invocation.deadline * 1000))),
            ("lambda-runtime-invoked-function-arn", self.arn),
            ("lambda-runtime-trace-id", invocation.trace),
            *((("lambda-runtime-client-context", told),) if told else ()),
        )

    def _invoke_event(self, invocation: Invocation) -> bytes:
        event = {
            "eventType": "INVOKE",
            "deadlineMs": int(invocation.deadline * 1000),
            "requestId": invocation.request_id,
            "invokedFunctionArn": self.arn,
            "tracing": {"type": "X-Amzn-Trace-Id", "value": invocation.trace},
        }
        return json.dumps(event).encode()
