"""How many invocations of a function may be under way at once, over all of its versions.

Source: AWS Lambda developer guide, "Configuring reserved concurrency". What counts as under way is chosen here: an
invocation that is not answered yet.
"""

from __future__ import annotations


class Concurrency:
    """The reserved concurrency of a function (``None`` reserves none), and what is used of it."""

    def __init__(self, reserved: int | None = None) -> None:
        self.reserved = reserved
        self._under_way = 0

    def take(self) -> bool:
        """One more invocation begins, if it may: whether it does. ``give_back`` must follow then."""
        if self.reserved is not None and self._under_way >= self.reserved:
            return False
        self._under_way += 1
        return True

    def give_back(self) -> None:
        """An invocation that began is answered."""
        self._under_way -= 1
