"""Ends a recording from another thread, also while it waits for a byte."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping
from typing import Any, Protocol


class Stream(Protocol):
    """The part of httpcore's network stream that is needed here."""

    def get_extra_info(self, info: str) -> Any:
        """Give what the stream knows of ``info``, else ``None``."""


class AbortSignal:
    """A signal to one recording that nobody waits for it any more, named after the browser's.

    A thread in ``recv`` does not notice that its socket was closed, but it wakes when the connection is shut
    down. So the signal holds on to the connection for as long as the recording uses it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stream: Stream | None = None
        self._aborted = False

    @property
    def aborted(self) -> bool:
        """Whether the recording is to end."""
        return self._aborted

    def abort(self) -> None:
        """End the recording at once; one that has ended is left alone. May be called twice."""
        with self._lock:
            self._aborted = True
            self._shut_down()

    def hold(self, stream: Stream) -> None:
        """Shut down this connection on ``abort``; at once if that has happened."""
        with self._lock:
            self._stream = stream
            if self._aborted:
                self._shut_down()

    def release(self) -> None:
        """Let go of the connection: the recording has ended, and the connection may serve another."""
        with self._lock:
            self._stream = None

    def trace(self, _event: str, info: Mapping[str, Any]) -> None:
        """Hold every connection that is made: a hook for httpcore's ``trace`` extension.

        It is the only way to the socket before the head of the answer has come.
        """
        made = info.get("return_value")
        if made is not None and hasattr(made, "get_extra_info"):
            self.hold(made)

    def _shut_down(self) -> None:
        sock = self._stream.get_extra_info("socket") if self._stream else None
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
