"""What hears of the requests of a connection, as ``request_reader`` reads them."""

from __future__ import annotations

from typing import Protocol

from lambdastream.wire.http_message import Headers, HttpRequest


class RequestSink(Protocol):
    """What hears of the requests."""

    peer: str

    def head_read(self, request: HttpRequest, *, keep_alive: bool) -> bool:
        """A head is here. Whether its body goes to ``stream_received`` piece by piece, not to ``request_read``."""

    def chunk_room(self) -> int:
        """How many bytes of the streamed body it takes in chunks, framed as they came; 0 when it wants pieces."""

    def chunks_received(self, chunks: memoryview, size: int) -> None:
        """Some of a streamed body in chunks, ``size`` bytes without their framing. What is not used at once is lost."""

    def stream_received(self, data: bytes) -> None:
        """A piece of a streamed body."""

    def stream_complete(self, trailers: Headers) -> None:
        """A streamed body has ended."""

    def request_read(self, request: HttpRequest, *, oversized: bool, keep_alive: bool) -> None:
        """A request is here, whole; without its body if that is over the limit."""

    def refuse(self, status: int) -> None:
        """What comes now is no request, or none that is served. The reader reads no more."""

    def report(self, error: Exception) -> None:
        """The sink itself has failed."""
