"""The adapter's binaries in the user's cache.

A file's name says what it must be: version, architecture and the SHA-256 of its bytes. So one rename installs it whole,
two processes cannot harm each other, and a damaged file is never taken for a good one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from lambdastream.errors import AdapterNotFoundError
from lambdastream.runtime.web_adapter.binary import (
    ADAPTER_VERSIONS,
    Adapter,
    Architecture,
    check_starts,
    elf_architecture,
)

_NAME: Final = re.compile(r"lambda-adapter-(?P<version>.+)-(?P<architecture>x86_64|arm64)-(?P<sha256>[0-9a-f]{64})")
_INCOMING: Final = "incoming-"


class AdapterCache:
    """The binaries for one architecture in ``folder``, which need not exist yet."""

    def __init__(self, folder: Path, architecture: Architecture) -> None:
        self.folder = folder
        self.architecture = architecture

    def newest(self) -> Adapter | None:
        """The newest whole binary of the versions that fit, or ``None``. Reads each candidate once (a few ms)."""
        for version in ADAPTER_VERSIONS:
            for path, parts in self._files():
                if parts["version"] == version and _is_whole(path, parts["sha256"]):
                    return Adapter(version, path)
        return None

    def version_of(self, binary: Path) -> str | None:
        """The version of a binary somewhere else, when the cache has the same bytes."""
        versions = {parts["sha256"]: parts["version"] for _, parts in self._files()}
        return versions.get(_sha256(binary)) if versions else None

    def install(self, binary: Path, version: str) -> Adapter:
        """Move a new binary from ``incoming()`` into the cache, with mode 755.

        Raises ``AdapterNotFoundError`` when it is for another machine or does not start.
        """
        built_for = elf_architecture(binary)
        if built_for != self.architecture:
            instead = f" but for {built_for}" if built_for else ""
            raise AdapterNotFoundError(f"What came is not a program for {self.architecture}{instead}.")
        binary.chmod(0o755)
        check_starts(binary)
        path = self.folder / f"lambda-adapter-{version}-{self.architecture}-{_sha256(binary)}"
        _write_through(binary)
        binary.replace(path)
        _write_through(self.folder)
        return Adapter(version, path)

    @contextlib.contextmanager
    def incoming(self) -> Iterator[Path]:
        """A temporary folder on the cache's file system; removed with all that is left in it."""
        with tempfile.TemporaryDirectory(prefix=_INCOMING, dir=self.folder, ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    @contextlib.contextmanager
    def lock(self, say: Callable[[str], None]) -> Iterator[None]:
        """Be the only process that fills this cache. The lock ends with its process, however that ends.

        Removes what a dead process left half done, and damaged binaries.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another process is getting the Lambda Web Adapter. Waiting for it.")
                fcntl.flock(file, fcntl.LOCK_EX)
            self._tidy(say)
            yield

    def _tidy(self, say: Callable[[str], None]) -> None:
        for path in self.folder.glob(f"{_INCOMING}*"):
            shutil.rmtree(path, ignore_errors=True)
        for path, parts in self._files():
            if not _is_whole(path, parts["sha256"]):
                say(f"The Lambda Web Adapter in the cache is damaged. Removing {path}.")
                path.unlink(missing_ok=True)

    def _files(self) -> list[tuple[Path, re.Match[str]]]:
        if not self.folder.is_dir():
            return []
        named = [(path, _NAME.fullmatch(path.name)) for path in sorted(self.folder.iterdir())]
        return [(path, parts) for path, parts in named if parts and parts["architecture"] == self.architecture]


def _is_whole(path: Path, sha256: str) -> bool:
    try:
        return os.access(path, os.X_OK) and _sha256(path) == sha256
    except OSError:
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_through(path: Path) -> None:
    """Have the system write a file, or a folder's names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
