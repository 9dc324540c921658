"""What all measurements have in common: what they are made on, and the figures made of one round's samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from benchmarks.figures import Spec
from benchmarks.http_client import Address

Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class Side:
    """One way to the same two apps: where the app that is measured listens, and where the chat does."""

    name: str
    app: Address
    chat: Address


@dataclass(frozen=True)
class Measurement(Generic[Subject]):
    """``measure`` takes one round's samples on a side or in a workspace, by name; ``specs`` are the figures of them."""

    specs: tuple[Spec, ...]
    measure: Callable[[Subject], Mapping[str, float]]
