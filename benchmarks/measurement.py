"""What all measurements have in common: what they are made on, and the figures made of one round's samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from benchmarks.figures import Spec
from benchmarks.http_client import Address

Subject_contra = TypeVar("Subject_contra", contravariant=True)


@dataclass(frozen=True)
class Side:
    """One way to the app that is measured: where it listens."""

    name: str
    app: Address


@dataclass(frozen=True)
class Server(Side):
    """One way to the app that is measured, and the process that is measured for it."""

    pid: int


@dataclass(frozen=True)
class ChatSide(Side):
    """One way to the app that is measured and to the chat."""

    chat: Address


@dataclass(frozen=True)
class Measurement(Generic[Subject_contra]):
    """``measure`` takes one round's samples on a side or in a workspace, by name; ``specs`` are the figures of them."""

    specs: tuple[Spec, ...]
    measure: Callable[[Subject_contra], Mapping[str, float]]
