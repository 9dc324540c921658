"""A custom runtime that streams: sockets alone, so that what is measured is what lies between it and its client.

The query of a request to its URL, or the event itself, says what it does:

- ``count`` chunks of ``size`` bytes, each written by itself; ``interval`` milliseconds between two of them, and then each
  chunk begins with the time of its writing, in nanoseconds of the machine's monotonic clock;
- ``answer``: ``buffered`` (in one piece), ``error``, ``hang`` (none, for an hour), ``exit``.
"""

import json
import os
import socket
import sys
import time

ADDRESS, _, PREFIX = os.environ["AWS_LAMBDA_RUNTIME_API"].partition("/")
PATH = f"{'/' * bool(PREFIX)}{PREFIX}/2018-06-01/runtime/invocation"
HTTP = "application/vnd.awslambda.http-integration-response"
# In two chunks, as the AWS runtimes send them: cargo-lambda takes it in no other way.
PRELUDE = b'{"statusCode":200,"headers":{"content-type":"application/octet-stream"},"cookies":[]}'
END = b"0\r\n\r\n"


def connect() -> socket.socket:
    """Connect to the Runtime API."""
    host, _, port = ADDRESS.partition(":")
    connection = socket.create_connection((host, int(port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def head(line: str, *fields: str) -> bytes:
    """The head of a request."""
    return "".join(f"{part}\r\n" for part in (f"{line} HTTP/1.1", f"host: {ADDRESS}", *fields, "")).encode("ascii")


def chunk(data: bytes) -> bytes:
    """The data as one chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def answer(connection: socket.socket) -> tuple[dict[str, str], bytes]:
    """Read one answer of the Runtime API: its header and its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += receive(connection)
    told, _, body = data.partition(b"\r\n\r\n")
    lines = told.decode("latin-1").split("\r\n")[1:]
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(fields.get("content-length", 0)):
        body += receive(connection)
    return fields, body


def receive(connection: socket.socket) -> bytes:
    """Read what has come; the process ends when the Runtime API is gone."""
    return connection.recv(65536) or sys.exit()


def stream(connection: socket.socket, path: str, wanted: dict[str, str]) -> None:
    """Answer in chunks."""
    count, size, interval = (int(wanted.get(name, 0)) for name in ("count", "size", "interval"))
    fields = ("lambda-runtime-function-response-mode: streaming", "transfer-encoding: chunked", f"content-type: {HTTP}")
    connection.sendall(head(f"POST {path}/response", *fields) + chunk(PRELUDE) + chunk(bytes(8)))
    repeated, begun = chunk(b"x" * size), time.monotonic()
    for number in range(count):
        if interval:
            time.sleep(max(0.0, begun + number * interval / 1000 - time.monotonic()))
            repeated = chunk((b"%d " % time.monotonic_ns()).ljust(size, b"x"))
        connection.sendall(repeated)
    connection.sendall(END)


def buffered(connection: socket.socket, path: str, outcome: str, body: bytes) -> None:
    """Answer in one piece: with a ``response`` or an ``error``."""
    fields = f"content-length: {len(body)}", "content-type: application/json"
    connection.sendall(head(f"POST {path}/{outcome}", *fields) + body)


def serve(connection: socket.socket) -> None:
    """Take one event and do what it says."""
    connection.sendall(head(f"GET {PATH}/next"))
    fields, event = answer(connection)
    told = json.loads(event)
    query = told.get("rawQueryString")
    wanted = told if query is None else dict(pair.split("=") for pair in query.split("&") if pair)
    path = f"{PATH}/{fields['lambda-runtime-aws-request-id']}"
    match wanted.get("answer"):
        case "buffered":
            buffered(connection, path, "response", b'{"statusCode":200,"body":"as it was wanted"}')
        case "error":
            buffered(connection, path, "error", b'{"errorType":"Wanted","errorMessage":"as it was wanted"}')
        case "hang":
            time.sleep(3600)
        case "exit":
            sys.exit(1)
        case _:
            stream(connection, path, wanted)
    answer(connection)


if __name__ == "__main__":
    runtime_api = connect()
    while True:
        serve(runtime_api)
