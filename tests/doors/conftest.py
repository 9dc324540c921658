"""The AWS SDK as a client of the endpoint, and a small server in the control plane's place."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config


@pytest.fixture(scope="session")
def new_client() -> Iterator[Callable[..., Any]]:
    """boto3's client of an AWS service at a local endpoint, by default with its keys. It never tries twice."""

    with ExitStack() as stack:

        def make(
            local: Any, service: str = "lambda", *, keys: Any = None, region_name: str = "us-east-1", **settings: Any
        ) -> Any:
            keys = keys or local.plane.keys
            client = boto3.client(
                service,
                endpoint_url=local.endpoint_url,
                region_name=region_name,
                aws_access_key_id=keys.access_key_id,
                aws_secret_access_key=keys.secret_access_key,
                aws_session_token=keys.session_token or None,
                config=Config(retries={"total_max_attempts": 1}, read_timeout=20, **settings),
            )
            stack.callback(client.close)
            return client

        yield make


@pytest.fixture
def ask(local: Any) -> Callable[..., httpx.Response]:
    """A request to the endpoint, with the token unless another is given."""

    def go(method: str, path: str, *, token: str = local.plane.token, **options: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}".strip().encode()} | options.pop("headers", {})
        return local.client.request(method, local.endpoint_url + path, headers=headers, **options)

    return go


@dataclass
class Seen:
    """A request as the control plane got it."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes


class Handler(BaseHTTPRequestHandler):
    """One connection to the control plane."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def setup(self) -> None:
        super().setup()
        self.server.connections.append(self.connection)

    def do_any(self) -> None:
        # `path` is normalised, the request line is not.
        method, target, _ = self.requestline.split(" ")
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.control_plane.seen.append(Seen(method, target, self.headers.items(), body))
        status, headers, content = self.server.control_plane.answer_to(target)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if "content-length" not in dict(headers):
            self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = do_any  # noqa: N815 - http.server's names

    def log_message(self, *_: Any) -> None:
        """Be quiet."""


class Server(ThreadingUnixStreamServer):
    """The listener. Connections end when it ends, as those of a process do."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, control_plane: "ControlPlane") -> None:
        self.control_plane = control_plane
        self.connections: list[socket.socket] = []
        super().__init__(str(control_plane.socket), Handler)

    def end(self) -> None:
        self.shutdown()
        self.server_close()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class ControlPlane:
    """Remembers what it is asked and answers `answer`; it knows the `keys` that STS would have issued."""

    def __init__(self, path: Path) -> None:
        self.socket = path
        self.seen: list[Seen] = []
        self.answer: tuple[int, list[tuple[str, str]], bytes] = (200, [], b"")
        self.keys: dict[str, dict[str, str]] = {}
        self._server: Server | None = None

    def answer_to(self, target: str) -> tuple[int, list[tuple[str, str]], bytes]:
        if not target.startswith("/_lambdastream/credentials/"):
            return self.answer
        found = self.keys.get(target.rpartition("/")[2])
        return (200 if found else 404), [], json.dumps(found or {}).encode()

    def start(self) -> None:
        self._server = Server(self)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.end()
            self._server = None
            self.socket.unlink()


@pytest.fixture
def control_plane(tmp_path: Path) -> Iterator[ControlPlane]:
    """A server in the control plane's place."""
    server = ControlPlane(tmp_path / "control.sock")
    server.start()
    yield server
    server.stop()
