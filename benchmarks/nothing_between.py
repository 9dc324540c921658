"""The raw runtimes with nothing between them and the client, which is their Runtime API itself: what the machine adds."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from benchmarks.http_client import END_OF_HEAD, ChunkedBody
from benchmarks.raw_runtime import bootstrap, runtimes
from benchmarks.stamped_streams import INTERVAL_MS, SIZE
from lambdastream.errors import WireError
from lambdastream.runtime.processes.watchdog import Watchdog

NAME: Final = "nothing between"
HEAD: Final = b"HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: bench\r\ncontent-length: %d\r\n\r\n"
ACCEPTED: Final = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"
PATIENCE_SECONDS: Final = 30.0


class RuntimeStream:
    """A stream from a runtime that has asked for its event."""

    begins_with_prelude = True

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        connection.settimeout(PATIENCE_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._until_it_asks()

    def ask(self, chunks: int) -> None:
        """Hand the runtime its event."""
        event = json.dumps({"count": chunks, "size": SIZE, "interval": INTERVAL_MS}).encode()
        self.connection.sendall(HEAD % len(event) + event)

    def finish(self) -> None:
        """Take the runtime's answer, and wait until it asks for its next event."""
        self.connection.sendall(ACCEPTED)
        self._until_it_asks()

    def body(self, head: bytes) -> ChunkedBody:
        """The body of the runtime's request."""
        del head
        return ChunkedBody(keep=True)

    def _until_it_asks(self) -> None:
        asked = b""
        while END_OF_HEAD not in asked:
            data = self.connection.recv(4096)
            if not data:
                raise WireError("A runtime has ended.")
            asked += data


@contextmanager
def nothing_between(folder: Path, watchdog: Watchdog, *, environments: int) -> Iterator[list[RuntimeStream]]:
    """So many raw runtimes that are connected to this process. They end with the block."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=environments))
        listener.settimeout(PATIENCE_SECONDS)
        program = bootstrap(folder / "nothing-between")
        port = listener.getsockname()[1]
        stack.enter_context(runtimes(environments, program, f"127.0.0.1:{port}", watchdog))
        connections = [stack.enter_context(listener.accept()[0]) for _ in range(environments)]
        yield [RuntimeStream(connection) for connection in connections]
