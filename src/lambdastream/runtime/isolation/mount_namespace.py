"""A mount namespace: what a program sees of the file system, with Lambda's folders where Lambda has them.

It is this machine's file system, read-only, and in it:

- ``/var/task``, ``/opt``, ``/var/lang``, ``/var/runtime``: folders of this machine.
- ``/tmp``: an empty file system of the size that is declared, the one place where a program can write.

None of these has to exist on this machine but ``/tmp`` and ``/opt``: ``/var`` is made anew, with everything that is in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lambdastream.runtime.isolation import linux

VAR: Final = Path("/var")
TMP: Final = Path("/tmp")  # noqa: S108 - a function's own


@dataclass(frozen=True, slots=True)
class MountNamespace:
    """``folders`` are folders of this machine, by where they are to be.

    ``shown`` are folders that stay where they are, in spite of what lies over them, ``hidden`` those that are empty.
    ``tmp`` is the size of ``/tmp`` in MB. ``beside`` is the id of a process whose namespace it shares, if there is one
    already.
    """

    folders: Mapping[Path, Path]
    shown: Sequence[Path]
    tmp: int
    beside: int | None = None
    hidden: Sequence[Path] = ()

    def enter(self, folder: Path) -> None:
        """Let this process be in it, and in ``folder`` there. Raises ``OSError``; the process is good for nothing then."""
        if self.beside is None:
            linux.unshare_mounts()
            self._lay_out()
        else:
            linux.join_mounts(self.beside)
        os.chdir(folder)

    def _lay_out(self) -> None:
        """Make the mounts. What is bound is opened before anything lies over it: the code may itself be in ``/tmp``."""
        sources = {target: _open(source) for target, source in self.folders.items()}
        kept = {path: _open(path) for path in sorted(self.shown)}
        in_tmp = {path: source for path, source in kept.items() if TMP in path.parents}
        _make_var([target for target in sources if target.parent == VAR])
        for target, source in sources.items():
            linux.bind(source, target)
        _put_back({path: source for path, source in kept.items() if path not in in_tmp})
        for path in self.hidden:
            linux.mount_tmpfs(path, "mode=755,size=1m")
        linux.make_read_only(Path("/"))
        linux.mount_tmpfs(TMP, f"mode=1777,size={self.tmp}m")
        _put_back(in_tmp)


def _make_var(targets: Iterable[Path]) -> None:
    """Lay an empty ``/var`` over this machine's, with folders where something is to be bound, and with all that is there."""
    here = Path(f"/proc/self/fd/{_open(VAR)}")
    linux.mount_tmpfs(VAR, "mode=755,size=1m")
    for target in targets:
        target.mkdir()
    for there in here.iterdir():
        entry = VAR / there.name
        if entry in targets:
            continue
        if there.is_symlink():
            entry.symlink_to(there.readlink())
        elif there.is_dir():
            entry.mkdir()
            linux.bind(_open(there), entry)


def _put_back(places: Mapping[Path, int]) -> None:
    for path, source in places.items():
        path.mkdir(parents=True, exist_ok=True)
        linux.bind(source, path)


def _open(path: Path) -> int:
    # Only the place, not what is in it: that may not be this user's to read.
    return os.open(path, os.O_PATH | os.O_CLOEXEC)
