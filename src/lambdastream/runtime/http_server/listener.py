"""A port on loopback, and the connections that were made to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final
from weakref import WeakSet

from lambdastream.runtime.http_server.connection import HttpConnection
from lambdastream.runtime.http_server.silent_clients import SilentClients

LONGEST_QUEUE: Final = 4096
"""Connections that may wait to be accepted. One more waits a second until its client's kernel tries again."""


class Listener:
    """Accepts connections, each served by what ``connect`` makes.

    A client that has sent nothing for ``patience`` seconds, if they are given, is not waited for, see ``silent_clients``.
    """

    def __init__(self, connect: Callable[[], HttpConnection], *, patience: float | None = None) -> None:
        self._connect = connect
        self._silent = SilentClients(patience, self._open) if patience is not None else None
        self._connections: WeakSet[HttpConnection] = WeakSet()
        self._server: asyncio.Server | None = None

    async def listen(self, port: int = 0) -> int:
        """Open this port, or a free one for 0; returns its number. Raises ``OSError`` when it is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, "127.0.0.1", port, backlog=LONGEST_QUEUE)
        return int(self._server.sockets[0].getsockname()[1])

    def stop_listening(self) -> None:
        """Close the port. Connections stay."""
        if self._server is not None:
            self._server.close()
        if self._silent is not None:
            self._silent.stop()

    async def close(self, *, grace: float = 0) -> None:
        """Close the port and every connection. A client gets ``grace`` seconds to read what was written to it."""
        self.stop_listening()
        for connection in self._open():
            connection.close()
        await self._until_gone(grace)
        for connection in self._open():
            connection.abort()
        await self._until_gone(None)

    def _accept(self) -> HttpConnection:
        connection = self._connect()
        self._connections.add(connection)
        if self._silent is not None:
            self._silent.watch()
        return connection

    async def _until_gone(self, limit: float | None) -> None:
        waiting = [asyncio.ensure_future(connection.gone.wait()) for connection in self._open()]
        if waiting:
            await asyncio.wait(waiting, timeout=limit)
        for task in waiting:
            task.cancel()

    def _open(self) -> list[HttpConnection]:
        return [connection for connection in self._connections if connection.transport is not None]
