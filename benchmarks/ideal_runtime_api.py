"""The Lambda Web Adapter and uvicorn behind a Runtime API that does nothing else: what no local Lambda can be faster than.

    python -m benchmarks.ideal_runtime_api

One thread, blocking sockets, an event that is ready beforehand, and nobody who gets the answer. Its first byte is counted
from when the answer before it has ended, so the adapter's way back to ``/next`` is in it, as it is for a client of the local
AWS. The app is the one that ``make bench`` measures, and it is also asked without the adapter, by the same process.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import Any, Final

from benchmarks import apps, first_byte, small_chunks, throughput
from benchmarks.figures import percentile
from benchmarks.http_client import Address, ChunkedBody, Connection
from benchmarks.process import running
from benchmarks.uvicorn_alone import uvicorn_alone
from lambdastream.control.project import find_project
from lambdastream.errors import LambdastreamError, WireError
from lambdastream.runtime.processes.watchdog import Watchdog
from lambdastream.runtime.web_adapter.adapter import find_adapter

ROUNDS: Final = 5
REQUESTS: Final = 300
WARM_UP: Final = 60
PATIENCE_SECONDS: Final = 30
END_OF_HEAD: Final = b"\r\n\r\n"
SEPARATOR: Final = bytes(8)
LARGE: Final = f"/chunks?count={throughput.COUNT}&size={throughput.CHUNK}"
SMALL: Final = f"/chunks?count={small_chunks.COUNT}&size={small_chunks.CHUNK}"
REGISTERED: Final = b'{"functionName":"f","functionVersion":"$LATEST","handler":"run.sh"}'
ACCEPTED: Final = b'HTTP/1.1 202 Accepted\r\ncontent-length: 15\r\n\r\n{"status":"OK"}'


class Peer:
    """A connection of the adapter."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.data = b""
        self.buffer = bytearray(64 * 1024)
        connected.settimeout(PATIENCE_SECONDS)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self) -> int:
        """Read into ``buffer``; returns how many bytes, 0 when the adapter has closed the connection."""
        size = self.socket.recv_into(self.buffer)
        # The adapter leaves Nagle's algorithm on: without this, each of its writes waits 40 ms for the one before.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return size


class IdealRuntimeApi:
    """Serves one adapter. ``address`` is what it is told."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self._listener.getsockname())
        self._selector = DefaultSelector()
        self._selector.register(self._listener, EVENT_READ)
        self._count = 0

    def invoke(self, target: str) -> tuple[float, float]:
        """Let the app answer; returns when the first byte of the body came, and its last, in seconds from now."""
        event = _event(target)
        began = time.perf_counter()
        peer = self._next()
        self._count += 1
        peer.socket.sendall(_head(event, self._count, time.time() + PATIENCE_SECONDS) + event)
        peer, _ = self._request()
        first = _read_stream(peer)
        ended = time.perf_counter()
        peer.socket.sendall(ACCEPTED)
        if not first:
            raise WireError("The adapter's answer has no body.")
        return first - began, ended - began

    def _next(self) -> Peer:
        """Wait until the adapter asks for its next event, having registered as an extension first."""
        while True:
            peer, head = self._request()
            if b"/extension/register" in head:
                fields = b"lambda-extension-identifier: one\r\ncontent-length: %d" % len(REGISTERED)
                peer.socket.sendall(b"HTTP/1.1 200 OK\r\n%b\r\n\r\n%b" % (fields, REGISTERED))
                peer.data = b""
            elif b"/invocation/next" in head:
                return peer

    def _request(self) -> tuple[Peer, bytes]:
        """The head of the adapter's next request, on whichever connection it comes. What is behind it is in ``data``."""
        while ready := self._selector.select(PATIENCE_SECONDS):
            for key, _ in ready:
                if key.data is None:
                    connected, _ = self._listener.accept()
                    self._selector.register(connected, EVENT_READ, Peer(connected))
                    continue
                peer: Peer = key.data
                size = peer.read()
                if not size:
                    self._selector.unregister(peer.socket)
                    peer.socket.close()
                    continue
                head, end, peer.data = (peer.data + peer.buffer[:size]).partition(END_OF_HEAD)
                if end:
                    return peer, head
                peer.data = head
        raise WireError(f"Nothing came from the adapter for {PATIENCE_SECONDS} s.")


def _read_stream(peer: Peer) -> float:
    """Read a streamed answer to its end; returns when the first byte of its body came, 0 if none did."""
    body, beginning, first = ChunkedBody(), ChunkedBody(keep=True), 0.0
    data, size = bytearray(peer.data), len(peer.data)
    peer.data = b""
    while True:
        body.feed(data, 0, size)
        if not first:
            beginning.feed(data, 0, size)
            _, separator, piece = beginning.kept.partition(SEPARATOR)
            first = time.perf_counter() if separator and piece else 0.0
        if body.complete:
            return first
        data, size = peer.buffer, peer.read()
        if not size:
            raise WireError("The adapter has closed its connection.")


def _event(target: str) -> bytes:
    path, _, query = target.partition("?")
    http = {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": ""}
    context: dict[str, Any] = {
        "accountId": "anonymous",
        "apiId": "one",
        "domainName": "localhost",
        "domainPrefix": "one",
        "http": http,
    }
    context |= {"requestId": "one", "routeKey": "$default", "stage": "$default", "time": "21/Nov/2026:07:00:00 +0000"}
    event: dict[str, Any] = {"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query}
    event |= {"headers": {"host": "localhost"}, "requestContext": context | {"timeEpoch": 0}, "isBase64Encoded": False}
    return json.dumps(event).encode()


def _head(event: bytes, number: int, deadline: float) -> bytes:
    fields = {
        "content-type": "application/json",
        "content-length": len(event),
        "lambda-runtime-aws-request-id": number,
        "lambda-runtime-deadline-ms": int(deadline * 1000),
        "lambda-runtime-invoked-function-arn": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "lambda-runtime-trace-id": "Root=1-00000000-000000000000000000000000",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode()


@contextmanager
def _both() -> Iterator[tuple[IdealRuntimeApi, Address]]:
    """The ideal Runtime API with an adapter, and the address of the app behind it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lambdastream-bench-")))
        watchdog = Watchdog()
        stack.callback(watchdog.close)
        app = stack.enter_context(uvicorn_alone(apps.measured_app(find_project()), folder, watchdog))
        api = IdealRuntimeApi()
        variables = {
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_LAMBDA_FUNCTION_NAME": "f",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LWA_INVOKE_MODE": "response_stream",
            "AWS_LWA_PORT": str(app[1]),
        }
        log, program = folder / "adapter.log", [find_adapter().path]
        stack.enter_context(running(program, folder=folder, variables=variables, log=log, watchdog=watchdog))
        yield api, app


def _round(ask: Callable[[str], tuple[float, float]]) -> tuple[float, float, float, float]:
    """First byte, p50 and p99 in ms; MB/s; ms for the small chunks."""
    for _ in range(WARM_UP):
        ask(first_byte.TARGET)
    times = [ask(first_byte.TARGET)[0] * 1000 for _ in range(REQUESTS)]
    rate = throughput.COUNT * throughput.CHUNK / ask(LARGE)[1] / 1e6
    return percentile(times, 0.5), percentile(times, 0.99), rate, ask(SMALL)[1] * 1000


def _round_alone(app: Address) -> tuple[float, float, float, float]:
    with Connection(app) as connection:

        def ask(target: str) -> tuple[float, float]:
            answer = connection.request(target)
            return answer.first_byte_at, answer.ended_at

        return _round(ask)


def main() -> int:
    """Measure both in turns, and print the medians."""
    with _both() as (api, app):
        sampled = [(_round(api.invoke), _round_alone(app)) for _ in range(ROUNDS)]
    for name, side in (("LWA behind an ideal Runtime API", 0), ("uvicorn alone", 1)):
        p50, p99, rate, small = (
            statistics.median(values) for values in zip(*(each[side] for each in sampled), strict=True)
        )
        print(
            f"{name}: first body byte p50 {p50:.2f} ms, p99 {p99:.2f} ms; {rate:.0f} MB/s; small chunks {small:.0f} ms"
        )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LambdastreamError as error:
        sys.exit(str(error))
