"""A minimal HTTP/1.1 client that is fast enough not to be what is measured: blocking sockets, bodies of two kinds.

It reads into one buffer and copies nothing of a body, unless it is asked to keep it.
"""

from __future__ import annotations

import re
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import Final, Self

from lambdastream.errors import WireError

Address = tuple[str, int]

BUFFER: Final = 64 * 1024  # what stays in a core's cache: with 256 KiB, reading takes twice as long
PATIENCE_SECONDS: Final = 60
END_OF_HEAD: Final = b"\r\n\r\n"
NO_FIELDS: Final[Mapping[str, str]] = MappingProxyType({})
LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)\r\n")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. Times are seconds since the request was sent.

    ``arrivals`` has, for every read that brought bytes of the body, its time and how many bytes had come by then;
    ``ended_at`` is the end's. ``body`` is empty unless it was kept.
    """

    arrivals: list[tuple[float, int]]
    ended_at: float
    body: bytes

    @property
    def first_byte_at(self) -> float:
        """The time of the first byte of the body."""
        return self.arrivals[0][0]

    @property
    def size(self) -> int:
        """The body's length in bytes."""
        return self.arrivals[-1][1]


class ChunkedBody:
    """Reads a chunked body (RFC 9112, 7.1), cut anywhere. Trailers are refused: neither side sends any."""

    def __init__(self, *, keep: bool = False) -> None:
        self.size = 0
        self.complete = False
        self.kept = bytearray()
        self._keep = keep
        self._left = 0
        self._line = b""
        self._last = False

    def feed(self, data: bytearray, start: int, end: int) -> None:
        """Take ``data[start:end]``. Raises ``WireError`` for what is no chunked body, or goes on after its end."""
        while start < end:
            if self._left:
                taken = min(self._left, end - start)
                if self._keep:
                    self.kept += data[start : start + taken]
                self._left -= taken
                self.size += taken
                start += taken
            else:
                newline = data.find(b"\n", start, end)
                stop = end if newline < 0 else newline + 1
                self._line += data[start:stop]
                start = stop
                if newline >= 0:
                    line, self._line = self._line, b""
                    self._end_line(line)

    def _end_line(self, line: bytes) -> None:
        """Take a whole line: a chunk's size, or the empty one after a chunk or after the last."""
        if self.complete or (self._last and line != b"\r\n"):
            raise WireError("The answer goes on after its end.")
        if self._last:
            self.complete = True
        elif line != b"\r\n":
            try:
                self._left = int(line, 16)
            except ValueError as error:
                raise WireError(f"{line!r} is not the size of a chunk.") from error
            self._last = self._left == 0


class SizedBody:
    """Reads a body whose length is told before (RFC 9112, 6.2)."""

    def __init__(self, length: int, *, keep: bool = False) -> None:
        self.size = 0
        self.kept = bytearray()
        self._keep = keep
        self._length = length

    @property
    def complete(self) -> bool:
        """Whether all of it has come."""
        return self.size == self._length

    def feed(self, data: bytearray, start: int, end: int) -> None:
        """Take ``data[start:end]``. Raises ``WireError`` when that is too much."""
        self.size += end - start
        if self.size > self._length:
            raise WireError("The answer goes on after its end.")
        if self._keep:
            self.kept += data[start:end]


def request_head(target: str, host: str, *, method: str, fields: Mapping[str, str], length: int) -> bytes:
    """The head of a request; a body's length is told where there may be one."""
    sized = {"content-length": str(length)} if length or method == "POST" else {}
    lines = (f"{name}: {value}\r\n" for name, value in {"host": host, **fields, **sized}.items())
    return f"{method} {target} HTTP/1.1\r\n{''.join(lines)}\r\n".encode("ascii")


def body_of(head: bytes, *, keep: bool = False) -> ChunkedBody | SizedBody:
    """The body that is announced by an answer's head. Raises ``WireError`` for another status than 200, or neither kind."""
    told = head.lower()
    if told.startswith(b"http/1.1 200 "):
        if b"\r\ntransfer-encoding: chunked\r\n" in told:
            return ChunkedBody(keep=keep)
        if length := LENGTH.search(told):
            return SizedBody(int(length[1]), keep=keep)
    raise WireError(f"Not a 200 with a body:\n{head.decode('latin-1')}")


class Connection:
    """A kept-alive connection. Raises ``OSError`` when nobody listens."""

    def __init__(self, address: Address) -> None:
        self._host = "{}:{}".format(*address)
        self._buffer = bytearray(BUFFER)
        self._socket = socket.create_connection(address, PATIENCE_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # The kernel's own timeout: Python's would cost one more system call a read.
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", PATIENCE_SECONDS, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.close()

    def request(
        self,
        target: str,
        *,
        method: str = "GET",
        fields: Mapping[str, str] = NO_FIELDS,
        content: bytes = b"",
        keep: bool = False,
    ) -> Answer:
        """Send a request and read its answer to the end. ``fields`` are its header; the host is there already.

        Raises ``WireError`` when the answer is not a whole 200 with a body, chunked or of a length, or stops for a minute.
        """
        message = request_head(target, self._host, method=method, fields=fields, length=len(content)) + content
        sent_at = time.perf_counter()
        self._socket.sendall(message)
        return self._read_answer(sent_at, keep=keep)

    def _read_answer(self, sent_at: float, *, keep: bool) -> Answer:
        arrivals: list[tuple[float, int]] = []
        body, start, end = self._read_head(keep=keep)
        while True:
            now = time.perf_counter() - sent_at
            before = body.size
            body.feed(self._buffer, start, end)
            if body.size > before:
                arrivals.append((now, body.size))
            if body.complete:
                break
            start, end = 0, self._receive(0)
        if not arrivals:
            raise WireError("The answer has no body.")
        return Answer(arrivals, now, bytes(body.kept))

    def _read_head(self, *, keep: bool) -> tuple[ChunkedBody | SizedBody, int, int]:
        """Read the head; returns its body, where in the buffer that begins, and where what has come ends."""
        end = 0
        while (found := self._buffer.find(END_OF_HEAD, 0, end)) < 0:
            end += self._receive(end)
        start = found + len(END_OF_HEAD)
        return body_of(bytes(self._buffer[:start]), keep=keep), start, end

    def _receive(self, offset: int) -> int:
        try:
            count = self._socket.recv_into(memoryview(self._buffer)[offset:])
        except BlockingIOError:
            raise WireError(f"Nothing came for {PATIENCE_SECONDS} s.") from None
        except ConnectionError:
            count = 0
        if not count:
            raise WireError("The connection closed before the answer was complete.")
        return count
