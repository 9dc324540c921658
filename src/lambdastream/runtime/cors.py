"""The CORS configuration of a function URL or an HTTP API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Cors:
    """Which origins may do what from a browser. ``max_age`` is in seconds."""

    allow_origins: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    allow_credentials: bool = False
    max_age: int | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Cors:
        """A configuration from plain JSON values. Raises ``TypeError`` for anything else."""
        settings: dict[str, Any] = {
            name: tuple(item) if isinstance(item, list) else item for name, item in value.items()
        }
        return cls(**settings)
