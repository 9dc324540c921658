"""How a gap is closed: a function of ours in the place of one of moto's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def replaces(owner: Any, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Put the decorated function in the place of ``owner.name``."""

    def put(function: Callable[..., Any]) -> Callable[..., Any]:
        # The registry of actions and Python's own checks go by this name.
        function.__name__ = name
        setattr(owner, name, function)
        return function

    return put


def wraps(owner: Any, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Put the decorated function around ``owner.name``, which it gets as its first argument."""
    original = getattr(owner, name)

    def put(function: Callable[..., Any]) -> Callable[..., Any]:
        def around(*arguments: Any, **named: Any) -> Any:
            return function(original, *arguments, **named)

        return replaces(owner, name)(around)

    return put
