"""Large values of the state, each in a file of its own that is named by its content: written once, however often saved."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Blobs:
    """The files in ``folder``, for this user's eyes alone."""

    folder: Path
    _there: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._there = {path.name for path in self.folder.iterdir()}

    def put(self, content: bytes) -> str:
        """Keep a value; returns its name, which is its SHA-256."""
        name = hashlib.sha256(content).hexdigest()
        if name not in self._there:
            write_private(self.folder / name, content)
            self._there.add(name)
        return name

    def get(self, name: str) -> bytes:
        """The value of this name. Raises ``OSError`` when it is not there, ``ValueError`` when it is not what it was."""
        content = (self.folder / name).read_bytes()
        if hashlib.sha256(content).hexdigest() != name:
            raise ValueError(f"the file {name} is damaged")
        return content

    def keep_only(self, names: Collection[str]) -> None:
        """Remove all others."""
        for name in self._there.difference(names):
            (self.folder / name).unlink(missing_ok=True)
        self._there.intersection_update(names)


def write_private(path: Path, *content: bytes) -> None:
    """Write a file for this user's eyes alone, in the place of what was there: it is whole at any time."""
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(content)
    temporary.replace(path)
