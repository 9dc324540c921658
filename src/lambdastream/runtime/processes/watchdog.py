"""Ends what a dead owner left behind: run as a program, it reads its orders from standard input.

Each line is ``add`` or ``drop``, and ``group PID``, ``mark NUMBER`` or ``folder PATH``. When the input ends, the owner is
gone, however it died: every process group still on the list is killed, and all that carry a mark of it, every folder
removed. It needs nothing but the standard library, so that it starts fast and stays small.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, cast

from lambdastream.runtime.bare_python import bare_python
from lambdastream.runtime.processes.table import end_marked

PATIENCE = 30


class Watchdog:
    """The owner's side. Closing it, or dying, ends everything that is on its list."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            bare_python(__name__),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            bufsize=0,
        )
        self._input = cast("IO[bytes]", self._process.stdin)

    def watch_group(self, pid: int) -> None:
        """Kill this process group when the owner is gone."""
        self._order(f"add group {pid}")

    def leave_group(self, pid: int) -> None:
        """The process group has ended."""
        self._order(f"drop group {pid}")

    def watch_mark(self, mark: int) -> None:
        """Kill all that carry this mark when the owner is gone."""
        self._order(f"add mark {mark}")

    def leave_mark(self, mark: int) -> None:
        """All that carried the mark have ended."""
        self._order(f"drop mark {mark}")

    def watch_folder(self, path: Path) -> None:
        """Remove this folder when the owner is gone."""
        self._order(f"add folder {path}")

    def leave_folder(self, path: Path) -> None:
        """The folder is removed."""
        self._order(f"drop folder {path}")

    def watch_containers(self, docker: str, folder: Path) -> None:
        """Remove all containers that belong to this folder when the owner is gone; ``docker`` is the program's path."""
        self._order(f"add containers {docker}\t{folder}")

    def close(self) -> None:
        """End what is left on the list, then the watchdog itself."""
        with contextlib.suppress(BrokenPipeError):
            self._input.close()
        self._process.wait()

    def _order(self, line: str) -> None:
        # Somebody may have killed the watchdog: the owner still ends what it started.
        with contextlib.suppress(BrokenPipeError):
            self._input.write(os.fsencode(line) + b"\n")


def main() -> None:
    """Read orders until the input ends, then end everything that is left."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    left: set[tuple[str, str]] = set()
    for line in sys.stdin.buffer:
        action, kind, value = os.fsdecode(line).rstrip("\n").split(" ", 2)
        (left.add if action == "add" else left.discard)((kind, value))
    for kind, value in left:
        end(kind, value)
    for kind, value in left:
        # A killed process may have written once more while its folder was removed.
        end(kind, value)


def end(kind: str, value: str) -> None:
    """Kill a process group or what carries a mark, remove a folder or containers; what is gone already is fine."""
    if kind == "group":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(int(value), signal.SIGKILL)
    elif kind == "mark":
        end_marked(int(value))
    elif kind == "containers":
        remove_containers(*value.split("\t"))
    else:
        shutil.rmtree(value, ignore_errors=True)


def remove_containers(docker: str, folder: str) -> None:
    """Remove the containers whose label names this folder, and their volumes. A daemon that is gone has none."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        listing = [docker, "ps", "--all", "--quiet", "--filter", f"label=lambdastream.folder={folder}"]
        listed = subprocess.run(listing, capture_output=True, check=False, timeout=PATIENCE).stdout.split()
        if listed:
            removal = [docker, "rm", "--force", "--volumes", *map(os.fsdecode, listed)]
            subprocess.run(removal, capture_output=True, check=False, timeout=PATIENCE)
