"""A raw HTTP server on loopback that answers in every way a recording has to cope with."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import pytest

from lambdastream.client import Chunk, Recording

WORDS = (b"this ", b"is ", b"streaming ", b"from ", b"a ", b"server ", b"on ", b"loopback ")
GAP = 0.03
SILENCE = len(WORDS) * GAP
"""Seconds that the silent answer is held back: as long as the streamed one takes."""


@dataclass
class Exchange:
    """One request, and the socket that takes its answer."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    sock: socket.socket
    server: "StreamServer"

    def send(self, *data: bytes) -> None:
        self.sock.sendall(b"".join(data))

    def head(self, *fields: str, status: str = "200 OK") -> None:
        self.send("\r\n".join([f"HTTP/1.1 {status}", *fields, "", ""]).encode())

    def chunked(self, *fields: str) -> None:
        self.head("Transfer-Encoding: chunked", "Content-Type: text/plain; charset=utf-8", *fields)

    def chunks(self, *data: bytes) -> None:
        self.send(*(f"{len(each):x}\r\n".encode() + each + b"\r\n" for each in data))

    def whole(self, body: bytes, *fields: str, status: str = "200 OK") -> None:
        self.head(f"Content-Length: {len(body)}", *fields, status=status)
        self.send(body)


class HungUpError(OSError):
    """Raised by an answer to close its connection there."""


def hang_up(_exchange: Exchange) -> None:
    raise HungUpError


def words(exchange: Exchange) -> None:
    exchange.chunked()
    for word in WORDS:
        exchange.chunks(word)
        time.sleep(GAP)
    exchange.chunks(b"")


def paced(exchange: Exchange) -> None:
    """Send each word only when the client says that it has the one before."""
    exchange.chunked()
    for word in WORDS:
        exchange.chunks(word)
        if not exchange.server.client_has_read.acquire(timeout=5):
            raise HungUpError
    exchange.chunks(b"")


def at_once(exchange: Exchange) -> None:
    time.sleep(SILENCE)
    exchange.whole(b"".join(WORDS))


def dies(exchange: Exchange) -> None:
    exchange.chunked()
    exchange.chunks(*WORDS[:2])
    raise HungUpError


def dies_short(exchange: Exchange) -> None:
    exchange.head("Content-Length: 100")
    exchange.send(b"short")
    raise HungUpError


def resets(exchange: Exchange) -> None:
    exchange.chunked()
    exchange.chunks(*WORDS[:2])
    # A reset throws away what the client has not read yet.
    exchange.server.client_has_read.acquire(timeout=5)
    exchange.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise HungUpError


def stalls(exchange: Exchange) -> None:
    exchange.chunked()
    exchange.chunks(*WORDS[:2])
    until_the_client_leaves(exchange)


def until_the_client_leaves(exchange: Exchange) -> None:
    exchange.sock.recv(1)
    raise HungUpError


def malformed_chunk(exchange: Exchange) -> None:
    exchange.chunked()
    exchange.send(b"not a length\r\n")
    raise HungUpError


def nonsense(exchange: Exchange) -> None:
    exchange.send(b"220 mail.example ESMTP\r\n\r\n")
    until_the_client_leaves(exchange)


def halves(exchange: Exchange) -> None:
    """Send every byte of a text with characters of one to four bytes in a chunk of its own."""
    exchange.chunked()
    exchange.chunks(*(bytes([byte]) for byte in "naïve €, 日本, 🙂".encode()), b"")


def two_in_one(exchange: Exchange) -> None:
    exchange.chunked()
    exchange.chunks(b"one ", b"two", b"")


def one_in_two(exchange: Exchange) -> None:
    exchange.chunked()
    exchange.send(b"7\r\none ")
    time.sleep(GAP)
    exchange.send(b"two\r\n0\r\n\r\n")


def lasting(exchange: Exchange, *, content_type: str = "text/plain", pause: float = 0.08) -> None:
    """Send words over a longer time than a network would."""
    exchange.head("Transfer-Encoding: chunked", f"Content-Type: {content_type}")
    for word in WORDS:
        exchange.chunks(word)
        time.sleep(pause)
    exchange.chunks(b"")


def held_back(exchange: Exchange, body: bytes = b"".join(WORDS), *fields: str) -> None:
    """Send all at once, after a silence that no network explains."""
    time.sleep(0.6)
    exchange.whole(body, *(fields or ("Content-Type: text/plain",)))


def cold_at_first(exchange: Exchange) -> None:
    if exchange.server.is_cold:
        exchange.server.is_cold = False
        time.sleep(0.6)
    exchange.whole(b"Hello World!", "Content-Type: text/plain")


def events(exchange: Exchange) -> None:
    exchange.head("Transfer-Encoding: chunked", "Content-Type: text/event-stream")
    for number in range(8):
        exchange.chunks(b": still here\n\n", b"data: %d\n\n" % number)
        time.sleep(0.08)
    exchange.chunks(b"")


def events_in_the_end(exchange: Exchange) -> None:
    """Keep the connection alive with comments, then send all events."""
    exchange.head("Transfer-Encoding: chunked", "Content-Type: text/event-stream")
    for _ in range(8):
        exchange.chunks(b": still here\n\n")
        time.sleep(0.08)
    exchange.chunks(b"data: one\n\ndata: two\n\n", b"")


def endless(exchange: Exchange) -> None:
    exchange.chunked()
    while True:
        exchange.chunks(b"tick ")
        time.sleep(GAP)


def pings_for_ever(exchange: Exchange) -> None:
    exchange.head("Transfer-Encoding: chunked", "Content-Type: text/event-stream")
    while True:
        exchange.chunks(b": still here\n\n")
        time.sleep(GAP)


def echo(exchange: Exchange) -> None:
    head = "".join(f"{name}: {value}\n" for name, value in exchange.headers.items())
    exchange.whole(f"{exchange.method} {exchange.target}\n{head}\n".encode() + exchange.body)


ANSWERS: dict[str, Callable[[Exchange], None]] = {
    "/words": words,
    "/paced": paced,
    "/at-once": at_once,
    "/hello": lambda exchange: exchange.whole(b"Hello World!"),
    "/hello-and-bye": lambda exchange: exchange.whole(b"Hello World!", "Connection: close"),
    "/nothing": lambda exchange: exchange.whole(b""),
    "/latin": lambda exchange: exchange.whole("déjà".encode("latin-1"), "Content-Type: text/plain; charset=latin-1"),
    "/odd": lambda exchange: exchange.whole("déjà".encode(), "Content-Type: text/plain; charset=of-my-own"),
    "/fails": lambda exchange: exchange.whole(b"Internal Server Error", status="502 Bad Gateway"),
    "/moved": lambda exchange: exchange.whole(b"", "Location: /hello?from=moved", status="302 Found"),
    "/dies": dies,
    "/dies-short": dies_short,
    "/resets": resets,
    "/stalls": stalls,
    "/silent": until_the_client_leaves,
    "/no-answer": hang_up,
    "/nonsense": nonsense,
    "/malformed-chunk": malformed_chunk,
    "/halves": halves,
    "/two-in-one": two_in_one,
    "/one-in-two": one_in_two,
    "/echo": echo,
    "/lasting": lasting,
    "/binary": lambda exchange: lasting(exchange, content_type="application/octet-stream"),
    "/held-back": held_back,
    "/held-back-json": lambda exchange: held_back(exchange, b'{"all": "of it"}', "Content-Type: application/json"),
    "/cached": lambda exchange: held_back(
        exchange, b"words", "Content-Type: text/plain", "X-Cache: Hit from cloudfront"
    ),
    "/result": lambda exchange: exchange.whole(b'{"statusCode": 200, "body": "words", "headers": {}}'),
    "/cold-at-first": cold_at_first,
    "/events": events,
    "/events-in-the-end": events_in_the_end,
    "/endless": endless,
    "/pings-for-ever": pings_for_ever,
}


@dataclass
class StreamServer:
    """Accepts connections until it is closed, and tells what it saw.

    ``connections`` counts them. It ``is_cold`` until it has been asked where that counts.
    ``on_request`` is called with the target of each request before it is answered;
    ``client_has_read`` is for the client to release when it has what a paced answer sent.
    """

    listener: socket.socket
    words: tuple[bytes, ...] = WORDS
    gap: float = GAP
    connections: int = 0
    is_cold: bool = True
    client_has_read: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    on_request: Callable[[str], None] = lambda _target: None
    _socks: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}{path}"

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        accepting = threading.Thread(target=self._accept)
        accepting.start()
        try:
            yield
        finally:
            _shut_down(self.listener)
            accepting.join(5)
            for sock in self._socks:
                _shut_down(sock)
            for thread in self._threads:
                thread.join(5)
                assert not thread.is_alive()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                self.connections += 1
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._socks.append(sock)
                self._threads.append(threading.Thread(target=self._converse, args=(sock,)))
                self._threads[-1].start()

    def _converse(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock, sock.makefile("rb") as lines:
            while exchange := self._read(sock, lines):
                self.on_request(exchange.target)
                ANSWERS[exchange.target.partition("?")[0]](exchange)

    def _read(self, sock: socket.socket, lines: BinaryIO) -> Exchange | None:
        request_line = lines.readline().decode()
        if not request_line:
            return None
        method, target, _ = request_line.split()
        fields = (line.decode().strip().partition(": ") for line in iter(lines.readline, b"\r\n"))
        headers = {name.lower(): value for name, _, value in fields}
        body = lines.read(int(headers.get("content-length", 0)))
        return Exchange(method, target, headers, body, sock, self)


def _shut_down(sock: socket.socket) -> None:
    """Wake the thread that waits in ``accept`` or ``recv``, which ``close`` does not."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def server() -> Iterator[StreamServer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = StreamServer(listener)
        with server.running():
            yield server


@pytest.fixture
def dead_url() -> str:
    """Give a URL where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"


@pytest.fixture
def recorded() -> Callable[..., Recording]:
    """Make a recording by hand: chunks as pairs of time and data."""
    import httpx

    def make(*chunks: tuple[float, bytes], status=200, ended_at=None, error=None, content_type="") -> Recording:
        return Recording(
            method="GET",
            url="http://user:secret@example.test/stream?token=secret",
            status=status,
            headers=httpx.Headers({"content-type": content_type} if content_type else {}),
            headers_at=chunks[0][0] if chunks else None,
            chunks=tuple(Chunk(at, data) for at, data in chunks),
            ended_at=ended_at if ended_at is not None else chunks[-1][0] if chunks else 0.0,
            error=error,
        )

    return make
