"""Somebody who looks on while functions are invoked.

Nobody does, as a rule, so it costs an invocation one comparison, and a chunk nothing at all: an observer that wants to hear
more takes the place of the invocation's sink and of its log's tail, and passes on what they get.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lambdastream.runtime.function import Function
    from lambdastream.runtime.invocation import Invocation


class InvocationObserver(Protocol):
    """Hears of each invocation."""

    def invoked(self, function: Function, invocation: Invocation) -> None:
        """An invocation has come, and nothing was done for it yet. It may be throttled still."""
