"""Where the code of deployed functions and layers lies, unpacked, in the project's folder for state."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from lambdastream.control.archive import unpack


@dataclass(frozen=True, slots=True)
class CodeStore:
    """The folders ``functions/<name>/<sha>/`` and ``layers/<name>/<sha>/`` in ``state``."""

    state: Path

    def function(self, name: str, sha: str, archive: bytes) -> Path:
        """The folder with a function's code, unpacked when it is not there. Raises ``PackagingError``."""
        return self._unpacked(self.state / "functions" / name / sha, archive)

    def layer(self, name: str, sha: str, archive: bytes) -> Path:
        """The folder with a layer's files, unpacked when it is not there. Raises ``PackagingError``."""
        return self._unpacked(self.state / "layers" / name / sha, archive)

    def keep_only(self, name: str, used: Collection[str]) -> None:
        """Remove what a function had besides its code of these hashes."""
        for folder in (self.state / "functions" / name).glob("*"):
            if folder.name not in used:
                shutil.rmtree(folder, ignore_errors=True)

    def remove_function(self, name: str) -> None:
        """Remove all code of a function."""
        shutil.rmtree(self.state / "functions" / name, ignore_errors=True)

    def remove_layer(self, name: str, sha: str) -> None:
        """Remove the files of a layer's version."""
        shutil.rmtree(self.state / "layers" / name / sha, ignore_errors=True)
        with contextlib.suppress(OSError):
            (self.state / "layers" / name).rmdir()

    @staticmethod
    def _unpacked(folder: Path, archive: bytes) -> Path:
        if not folder.is_dir():
            unpack(archive, folder)
        return folder
