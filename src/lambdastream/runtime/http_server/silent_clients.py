"""Ends the connections of clients that have long sent nothing of what is waited for: a head, a body, the next request.

A head must be whole in that time, however slowly it comes; a body may take longer, as long as it goes on. Who has begun a
request gets a 408, a connection between two requests just closes. AWS says neither of function URLs nor of API Gateway what
becomes of such clients. This is what its Application Load Balancer does ("Troubleshoot your Application Load Balancers",
HTTP 408: a minute by default), and nginx (``client_header_timeout``, ``client_body_timeout``, ``keepalive_timeout``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from lambdastream.runtime.http_server.request_reader import RequestReader

REQUEST_TIMEOUT: Final = 408
LONGEST_PAUSE: Final = 15.0
LOOKS: Final = 4


class Client(Protocol):
    """A connection, as it is seen here."""

    @property
    def awaits(self) -> RequestReader | None:
        """What reads the request that is waited for; ``None`` while one is served."""

    def refuse(self, status: int) -> None:
        """Answer with this status, and close."""

    def close(self) -> None:
        """Close the connection."""


class SilentClients:
    """Looks at all connections every now and then, so that it costs nothing for each request.

    ``patience`` is the time that a client has, in seconds; it may get a quarter of a minute more. ``clients`` are the open
    connections; while there are none, no timer runs.
    """

    def __init__(self, patience: float, clients: Callable[[], Iterable[Client]]) -> None:
        self._patience = patience
        self._clients = clients
        self._pause = min(LONGEST_PAUSE, patience / LOOKS)
        self._seen: dict[Client, tuple[tuple[int, int], float]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """There is a connection: look, from now on."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._pause, self._look)

    def stop(self) -> None:
        """Look no more."""
        self._seen.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer, before, self._seen = None, self._seen, {}
        now = asyncio.get_running_loop().time()
        for client in self._clients():
            if (reader := client.awaits) is not None:
                told, since = before.get(client, (None, now))
                self._judge(client, reader, since if told == reader.progress else now, now)
            self.watch()

    def _judge(self, client: Client, reader: RequestReader, since: float, now: float) -> None:
        if now - since < self._patience:
            self._seen[client] = reader.progress, since
        elif reader.in_request:
            client.refuse(REQUEST_TIMEOUT)
        else:
            client.close()
