"""Writes the answers to a connection's requests, one after the other, into its transport."""

from __future__ import annotations

import asyncio
import os
from typing import Final

from lambdastream.errors import WireError
from lambdastream.wire.http_message import LAST_CHUNK, Headers, HttpResponse, chunk, has_body, response_head

LOWEST_FINAL_STATUS: Final = 200


class ResponseWriter:
    """Writes to ``transport``. What is written once that is closing is dropped.

    The head of a streamed answer waits for the first piece behind it, until the end of the event loop's turn: clients wake
    up once for both.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._descriptor = transport.get_extra_info("socket").fileno()
        self._head_only = False
        self._keep_alive = True
        self._held = b""

    def begin(self, *, head_only: bool, keep_alive: bool) -> None:
        """The next answer is ``head_only`` for a HEAD request, and says whether the connection is kept."""
        self._head_only = head_only
        self._keep_alive = keep_alive

    def whole(self, response: HttpResponse) -> None:
        """Write a whole answer. Raises ``WireError`` when the head cannot be written; nothing is, then."""
        bare = self._head_only or not has_body(response.status)
        length = len(response.body) if response.length is None else response.length
        head = self._head(response.status, response.headers, length=length)
        self._transport.write(head if bare else head + response.body)

    def start(self, status: int, headers: Headers) -> None:
        """Begin a streamed answer. Raises ``WireError`` when the head cannot be written; nothing is, then."""
        self._held = self._head(status, headers, length=None)
        self._head_only = self._head_only or not has_body(status)
        asyncio.get_running_loop().call_soon(self.release)

    def piece(self, data: bytes) -> None:
        """Write a piece of a streamed answer."""
        if data and not self._head_only:
            self._transport.writelines((self._take_held(), *chunk(data)))

    def chunks(self, chunks: memoryview) -> None:
        """Write some of a streamed answer that is framed already. Of ``chunks`` nothing is kept."""
        if self._head_only or self._transport.is_closing():
            return
        if not self._held and not self._transport.get_write_buffer_size():
            chunks = self._sent_now(chunks)
        if chunks:
            self._transport.write(self._take_held() + chunks)

    def end(self) -> None:
        """End a streamed answer."""
        self._transport.write(self._take_held() + (b"" if self._head_only else LAST_CHUNK))

    def release(self) -> None:
        """Write the head that waits, if one does."""
        if self._held and not self._transport.is_closing():
            self._transport.write(self._take_held())

    def _sent_now(self, data: memoryview) -> memoryview:
        """Send what can be sent without waiting; returns the rest. The transport would keep ``data`` as it is."""
        try:
            return data[os.write(self._descriptor, data) :]
        except OSError:
            return data  # the transport meets the error, too

    def _take_held(self) -> bytes:
        held, self._held = self._held, b""
        return held

    def _head(self, status: int, headers: Headers, *, length: int | None) -> bytes:
        if status < LOWEST_FINAL_STATUS:
            raise WireError(f"The status {status} is not an answer: clients wait for another one.")
        return response_head(status, headers, length=length, keep_alive=self._keep_alive)
