"""What limits a streamed answer on its way from the runtime to the client: its size, and its rate.

Sources: AWS Lambda developer guide, "Response streaming", "Bandwidth limits for response streaming": the first 6 MB are
uncapped, the rest comes at 2 MB/s at most. How a pause in the stream counts is the Runtime Interface Emulator's
(``core/bandwidthlimiter``): a bucket of 6 MB that is full in the beginning and fills again at 2 MB/s.

Chosen here, not verified on AWS:

- a piece goes to the client at once, and the runtime waits after it, so that no piece changes tasks. What one read brings,
  at most 256 KiB, may so come an eighth of a second early.
- prelude and delimiter count as bytes of the answer. A client that has left changes nothing for the runtime.
- behind API Gateway the limits are Lambda's, too. Its own rate, 2 MB/s after 10 MB, is never reached then.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from lambdastream.runtime.http_server.connection import HttpConnection
from lambdastream.runtime.limits import LIFTED, Limits

LONGEST_READ: Final = 256 * 1024
"""Bytes that one read brings at most of a stream with a rate: its steps."""

# Looks at the clock while as much is sent as goes at full speed: how full a bucket is is known as of the last one.
LOOKS: Final = 16


class LimitedStream:
    """The runtime's end of one streamed answer, as its door sees it: a ``StreamSource`` that keeps the limits.

    Whoever passes a piece on adds its length to ``size``, and calls ``excess`` only when that is over ``checkpoint`` then:
    most pieces cost an addition and a comparison. All sizes are in bytes.

    The runtime waits while the client is too slow, or while the answer is ahead of its rate.
    """

    def __init__(self, connection: HttpConnection, limits: Limits) -> None:
        self.size = 0
        self.checkpoint = LIFTED
        self._allowed = LIFTED
        self.write_chunks: Callable[[memoryview], None] | None = None
        self._connection = connection
        self._limits = limits
        self._since = time.monotonic()
        self._size_then = 0
        self._ahead: asyncio.TimerHandle | None = None
        self._client_is_slow = False

    # The door's side.

    def limit(self) -> None:
        """Keep the limits. A door that collects the answer does not ask for it: a buffered answer has its own."""
        self.checkpoint = self._allowed = min(self._limits.stream_full_speed, self._limits.stream_payload)

    def pass_chunks(self, write: Callable[[memoryview], None]) -> None:
        """What comes now may go on in the chunks that it comes in."""
        self.write_chunks = write

    def pause(self) -> None:
        """The client is slower than the runtime."""
        self._client_is_slow = True
        self._connection.pause()

    def resume(self) -> None:
        """The client is fast enough again."""
        self._client_is_slow = False
        if self._ahead is None:
            self._connection.resume()

    # The runtime's side.

    def excess(self) -> int:
        """By how much the answer is over its largest size. It is 0 when it is only ahead of its rate: the runtime waits."""
        if self.size > self._limits.stream_payload:
            return self.size - self._limits.stream_payload
        self._refill()
        debt = self.size - self._allowed
        if debt > 0 and self._ahead is None:
            self._connection.pause()
            self._ahead = asyncio.get_running_loop().call_later(debt / self._limits.stream_rate, self._caught_up)
        return 0

    def end(self) -> None:
        """The answer is over, one way or the other: the runtime's next words are not held back."""
        if self._ahead is not None:
            self._ahead.cancel()
            self._ahead = None
            if not self._client_is_slow:
                self._connection.resume()

    def _refill(self) -> None:
        """See how far the answer may be by now, and where to look again."""
        now = time.monotonic()
        earned = int(self._limits.stream_rate * (now - self._since))
        full = self._size_then + self._limits.stream_full_speed
        self._allowed = min(self._allowed + earned, full, self._limits.stream_payload)
        self.checkpoint = min(self._allowed, self.size + self._limits.stream_full_speed // LOOKS)
        self._since, self._size_then = now, self.size

    def _caught_up(self) -> None:
        self._ahead = None
        self.excess()
        if self._ahead is None and not self._client_is_slow:
            self._connection.resume()
