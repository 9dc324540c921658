"""The way from the data plane to the control plane: HTTP over a unix domain socket.

Nothing here blocks the event loop. The control plane's own calls, outside of AWS's paths, are described in
``control.internal_calls``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpcore

from lambdastream.doors.authentication import Keys
from lambdastream.doors.service_errors import error_response
from lambdastream.doors.socket_path import openable
from lambdastream.errors import LocalAwsError
from lambdastream.wire.http_message import HttpRequest, HttpResponse

PATIENCE: Final = 900.0
CONNECT: Final = 5.0
LONGEST_START: Final = 60.0
HOP_BY_HOP: Final = frozenset({b"connection", b"content-length", b"keep-alive", b"transfer-encoding"})
FOUND: Final = 200
GONE: Final = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, TimeoutError)
NO_ANSWER: Final = "The control plane of the local AWS does not answer."
START_AGAIN: Final = "Start it again: lambdastream up"


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One line of a function's log. ``timestamp`` is in milliseconds since 1970."""

    timestamp: int
    message: str


class ControlPlaneLink:
    """Calls to the control plane that listens on ``socket``. ``close`` closes the connections.

    Calls wait until ``answers`` is set, which whoever starts the control plane does; it is set from the start when nobody
    clears it.
    """

    def __init__(self, socket: Path) -> None:
        self.answers = asyncio.Event()
        self.answers.set()
        self._announcements: set[asyncio.Task[None]] = set()
        self._pool = httpcore.AsyncConnectionPool(uds=openable(socket), max_connections=16, keepalive_expiry=30)

    async def forward(self, request: HttpRequest) -> HttpResponse:
        """Pass a caller's request on as it came, and bring the answer back. 503 when the control plane is gone."""
        if self._announcements:
            # A function that calls at once is known by then.
            await asyncio.wait(self._announcements)
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
        kept = [(name, value) for name, value in headers if name not in HOP_BY_HOP and name != b"expect"]
        try:
            return await self._request(request.method, request.target, kept, request.body)
        except httpcore.LocalProtocolError as error:
            return error_response(request, 400, "InvalidRequest", f"The request cannot be passed on: {error}")
        except GONE:
            return error_response(request, 503, "ServiceUnavailable", f"{NO_ANSWER} {START_AGAIN}")

    async def keys(self, access_key_id: str) -> Keys | None:
        """The keys that STS issued under this id, if it did. Raises ``LocalAwsError`` when the control plane is gone."""
        try:
            answer = await self._own("GET", f"credentials/{quote(access_key_id, safe='')}")
        except GONE as error:
            raise LocalAwsError(NO_ANSWER, next_step=START_AGAIN) from error
        if answer.status != FOUND:
            return None
        told = json.loads(answer.body)
        expires = datetime.fromtimestamp(told["expires"], UTC)
        return Keys(access_key_id, told["secret_access_key"], told["session_token"], expires)

    def announce_session(self, keys: Keys, *, role: str, name: str) -> None:
        """Tell STS of the session of a function's role; it is on its way from now on."""
        told = {
            "access_key_id": keys.access_key_id,
            "secret_access_key": keys.secret_access_key,
            "session_token": keys.session_token,
            "expires": keys.expires.timestamp() if keys.expires else 0,
            "role": role,
            "name": name,
        }
        task = asyncio.get_running_loop().create_task(self._announce(told))
        self._announcements.add(task)
        task.add_done_callback(self._announcements.discard)

    async def _announce(self, told: dict[str, Any]) -> None:
        # Without a control plane nobody asks who calls.
        with contextlib.suppress(*GONE):
            await self._own("POST", "sessions", told)

    async def put_log_events(self, region: str, group: str, stream: str, events: list[LogEvent]) -> None:
        """Put events into a log stream of CloudWatch Logs, made when it is missing."""
        told = [{"timestamp": event.timestamp, "message": event.message} for event in events]
        await self._own("POST", "log-events", {"region": region, "group": group, "stream": stream, "events": told})

    async def close(self) -> None:
        """Close all connections."""
        for task in self._announcements:
            task.cancel()
        await asyncio.gather(*self._announcements, return_exceptions=True)
        await self._pool.aclose()

    async def _own(self, method: str, path: str, value: dict[str, Any] | None = None) -> HttpResponse:
        body = b"" if value is None else json.dumps(value).encode()
        headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
        return await self._request(method, f"/_lambdastream/{path}", headers, body)

    async def _request(self, method: str, target: str, headers: list[tuple[bytes, bytes]], body: bytes) -> HttpResponse:
        async with asyncio.timeout(LONGEST_START):
            await self.answers.wait()
        response = await self._pool.request(
            method,
            "http://localhost/",
            headers=[*headers, (b"content-length", str(len(body)).encode())],
            content=body,
            extensions={
                # The target as it came: S3's keys must not be normalised.
                "target": target.encode("latin-1"),
                "timeout": {"connect": CONNECT, "read": PATIENCE, "write": PATIENCE, "pool": PATIENCE},
            },
        )
        return _response(method, response)


def _response(method: str, response: httpcore.Response) -> HttpResponse:
    headers = tuple(
        (name.decode("latin-1").lower(), value.decode("latin-1"))
        for name, value in response.headers
        if name.lower() not in HOP_BY_HOP
    )
    length = next((int(value) for name, value in response.headers if name.lower() == b"content-length"), None)
    return HttpResponse(response.status, headers, response.content, length if method == "HEAD" else None)
