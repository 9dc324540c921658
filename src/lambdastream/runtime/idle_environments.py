"""The environments of a function that wait for an invocation, and the end of those that have waited for long.

AWS documents no time after which an idle environment goes: it is kept "for some time" (AWS Lambda developer guide,
"Understanding the Lambda execution environment lifecycle"). ``Limits.idle`` is chosen here.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable

from lambdastream.runtime.environment import ExecutionEnvironment


class IdleEnvironments:
    """A stack: the environment that was used last is taken first, so those that nobody needs grow old at the bottom.

    ``evict`` gets each that has been here for ``longest`` seconds; it is no longer here then. One timer at most runs, and
    none while the stack has been empty for ``longest`` seconds.
    """

    def __init__(self, longest: float, evict: Callable[[ExecutionEnvironment], None]) -> None:
        self._longest = longest
        self._evict = evict
        self._waiting: deque[tuple[ExecutionEnvironment, float]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def push(self, environment: ExecutionEnvironment) -> None:
        """It waits from now on."""
        self._waiting.append((environment, asyncio.get_running_loop().time() + self._longest))
        self._set_timer()

    def pop(self) -> ExecutionEnvironment:
        """Take the one that was used last. Raises ``IndexError`` when there is none."""
        # The timer stays: to set it twice for each invocation costs more than to be woken once in vain.
        return self._waiting.pop()[0]

    def remove(self, environment: ExecutionEnvironment) -> bool:
        """Take this one, if it is here: whether it was."""
        for entry in self._waiting:
            if entry[0] is environment:
                self._waiting.remove(entry)
                return True
        return False

    def clear(self) -> None:
        """Forget all of them, and evict none."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self) -> None:
        if self._timer is None and self._waiting and math.isfinite(self._longest):
            self._timer = asyncio.get_running_loop().call_at(self._waiting[0][1], self._evict_old)

    def _evict_old(self) -> None:
        self._timer = None
        while self._waiting and self._waiting[0][1] <= asyncio.get_running_loop().time():
            self._evict(self._waiting.popleft()[0])
        self._set_timer()
