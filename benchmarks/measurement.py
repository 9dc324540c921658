"""What all measurements have in common: two sides that answer the same requests, and figures made of one round of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.figures import Spec
from benchmarks.http_client import Address


@dataclass(frozen=True, slots=True)
class Side:
    """One way to the same two apps: where the app that is measured listens, and where the chat does."""

    name: str
    app: Address
    chat: Address


@dataclass(frozen=True, slots=True)
class Measurement:
    """``measure`` takes one round's samples on one side, by name; ``specs`` are the figures made from them."""

    specs: tuple[Spec, ...]
    measure: Callable[[Side], Mapping[str, float]]
