"""What the live page costs the data plane: its time on a core for a request and for a stream, with and without a viewer.

That nobody looks costs one comparison for an invocation and nothing for a chunk, which is too little to be seen in these
figures. What they show is what it saves.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from benchmarks import first_byte, raw_runtime, small_chunks
from benchmarks.figures import Figure, Spec, Wanted
from benchmarks.http_client import Connection
from benchmarks.local_aws import address, temporary_local_aws
from benchmarks.measurement import Measurement, Server
from benchmarks.process_figures import cpu_seconds
from benchmarks.rounds import Rounds
from lambdastream.control.project import Project

REQUEST: Final = "live page: CPU time for a request while nobody looks"
CHUNKS: Final = f"live page: CPU time for {small_chunks.NAME} while nobody looks"
SPECS: Final = (Spec(REQUEST, "us"), Spec(CHUNKS, "ms", Wanted("ratio", "<", 1)))
ROUNDS: Final = 7
REQUESTS: Final = 300
QUICK_REQUESTS: Final = 50
UNTIL_GONE_SECONDS: Final = 0.6
"""The data plane looks four times a second who is still there."""


@dataclass(frozen=True)
class Watched(Server):
    """A data plane; at the address ``page``, if it is given, somebody looks."""

    page: str


def measure(project: Project, *, quick: bool) -> list[Figure]:
    """Measure both in turns. Raises ``LambdastreamError``."""
    del project
    with temporary_local_aws() as aws:
        function = aws.deploy(raw_runtime.description(aws.folder / "raw"))
        aws.settle()
        page = aws.project.running().page
        nobody, somebody = (
            Watched("nobody looks", function, aws.pid, ""),
            Watched("somebody looks", function, aws.pid, page),
        )
        measurement = Measurement(SPECS, partial(_measure, QUICK_REQUESTS if quick else REQUESTS))
        return Rounds("live", 1 if quick else ROUNDS).compare([measurement], nobody, somebody)


def _measure(requests: int, side: Watched) -> dict[str, float]:
    with _onlooker(side.page), Connection(side.app) as connection:
        for _ in range(requests // 5):
            connection.request(first_byte.TARGET)
        before = cpu_seconds(side.pid)
        for _ in range(requests):
            connection.request(first_byte.TARGET)
        between = cpu_seconds(side.pid)
        connection.request(f"/chunks?count={small_chunks.COUNT}&size={small_chunks.CHUNK}")
        after = cpu_seconds(side.pid)
    return {REQUEST: (between - before) / requests * 1e6, CHUNKS: (after - between) * 1e3}


@contextmanager
def _onlooker(page: str) -> Iterator[None]:
    """Somebody who reads all that the page at this address is told; nobody without one."""
    if not page:
        yield
        return
    target = f"GET {urlsplit(page).path}events HTTP/1.1\r\nhost: localhost\r\n\r\n"
    with socket.create_connection(address(page)) as connection:
        connection.sendall(target.encode("ascii"))
        connection.recv(65536)
        reader = threading.Thread(target=_read, args=(connection,))
        reader.start()
        yield
        connection.shutdown(socket.SHUT_RDWR)
        reader.join()
    time.sleep(UNTIL_GONE_SECONDS)


def _read(connection: socket.socket) -> None:
    with suppress(ConnectionResetError):  # it leaves as a closed window does, with something unread
        while connection.recv(65536):
            pass
