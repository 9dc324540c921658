"""The end of one invocation's log, for the caller who asks for it.

Source: AWS Lambda API reference, "Invoke": with ``LogType: Tail`` the answer has the last 4 KB of the log, in base64.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Final

SIZE: Final = 4 * 1024


class LogTail:
    """Collects an invocation's lines, START and REPORT included, from when an environment takes it until it is over.

    ``begun`` is whether one has taken it: only then will there be an end.
    """

    def __init__(self) -> None:
        self.begun = False
        self._ended = False
        self._bytes = bytearray()
        self._waiting: list[Callable[[], None]] = []

    @property
    def encoded(self) -> str:
        """The last 4 KB, in base64."""
        return base64.b64encode(self._bytes[-SIZE:]).decode()

    def begin(self) -> None:
        """An environment takes the invocation."""
        self.begun = True

    def write(self, line: str) -> None:
        """A line of the log, with its line break."""
        self._bytes += line.encode()
        del self._bytes[: -2 * SIZE]

    def end(self) -> None:
        """The last line was written: whoever waits goes on."""
        self._ended = True
        for then in self._waiting:
            then()
        self._waiting.clear()

    def when_ended(self, then: Callable[[], None]) -> None:
        """Call ``then`` once there is nothing more to come: now, unless an environment is at it."""
        if self.begun and not self._ended:
            self._waiting.append(then)
        else:
            then()
