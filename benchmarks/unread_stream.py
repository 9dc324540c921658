"""How much the data plane's memory grows while a client leaves a stream of 200 MB unread."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from benchmarks.figures import Spec, Wanted
from benchmarks.http_client import END_OF_HEAD, ChunkedBody, Connection, SizedBody, body_of
from benchmarks.measurement import Measurement, Server
from benchmarks.process_figures import resident_mb
from lambdastream.errors import WireError

CHUNK: Final = 64 * 1024
COUNT: Final = 3200
TARGET: Final = f"/?count={COUNT}&size={CHUNK}"
LITTLE: Final = 16 * 1024
STEP_SECONDS: Final = 0.01
PATIENCE_SECONDS: Final = 60
NAME: Final = "200 MB unread by a slow client: growth of memory"
SPECS: Final = (Spec(NAME, "MB", Wanted("value", "<=", 2)),)


def measurement(*, seconds: float) -> Measurement[Server]:
    """One answer a round: for half of ``seconds`` none of it is read, then little by little; then the rest, to its end."""
    return Measurement(SPECS, partial(_measure, seconds))


def _measure(seconds: float, server: Server) -> dict[str, float]:
    with Connection(server.app) as connection:
        connection.request(TARGET)  # what a stream takes once, it has taken now
    time.sleep(seconds / 10)
    before = resident_mb(server.pid)
    with socket.create_connection(server.app, PATIENCE_SECONDS) as slow:
        slow.sendall(f"GET {TARGET} HTTP/1.1\r\nhost: {server.app[0]}:{server.app[1]}\r\n\r\n".encode("ascii"))
        reader = Reader(slow)
        highest = max(*_resident(server, seconds / 2), *_resident(server, seconds / 2, meanwhile=reader.read_little))
        reader.read_all()
    return {NAME: highest - before}


def _resident(server: Server, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> list[float]:
    """The server's memory, again and again for so long."""
    until, found = time.monotonic() + seconds, [resident_mb(server.pid)]
    while time.monotonic() < until:
        meanwhile()
        time.sleep(STEP_SECONDS)
        found.append(resident_mb(server.pid))
    return found


class Reader:
    """Reads one answer as slowly as it is asked to."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._head = b""
        self._body: ChunkedBody | SizedBody | None = None

    def read_little(self) -> None:
        """Read a little. Raises ``WireError`` when nothing comes."""
        self._read(LITTLE)

    def read_all(self) -> None:
        """Read the rest. Raises ``WireError`` when it is not whole."""
        while self._body is None or not self._body.complete:
            self._read(CHUNK)
        if self._body.size != COUNT * CHUNK:
            raise WireError(f"{self._body.size} bytes came, not {COUNT * CHUNK}.")

    def _read(self, size: int) -> None:
        data = self._connection.recv(size)
        if not data:
            raise WireError("The connection closed before the answer was complete.")
        if self._body is None:
            self._head += data
            head, found, data = self._head.partition(END_OF_HEAD)
            if not found:
                return
            self._body = body_of(head + found)
        self._body.feed(bytearray(data), 0, len(data))
