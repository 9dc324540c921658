"""Ends what a dead owner left behind: run as a program, it reads its orders from standard input.

Each line is ``add group PID``, ``drop group PID``, ``add folder PATH`` or ``drop folder PATH``. When the input ends, the
owner is gone, however it died: every process group still on the list is killed, every folder removed. It needs
nothing but the standard library, so that it starts fast and stays small.
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


class Watchdog:
    """The owner's side. Closing it, or dying, ends everything that is on its list."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__))],
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

    def watch_folder(self, path: Path) -> None:
        """Remove this folder when the owner is gone."""
        self._order(f"add folder {path}")

    def leave_folder(self, path: Path) -> None:
        """The folder is removed."""
        self._order(f"drop folder {path}")

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
    """Kill a process group or remove a folder; one that is gone already is fine."""
    if kind == "group":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(int(value), signal.SIGKILL)
    else:
        shutil.rmtree(value, ignore_errors=True)


if __name__ == "__main__":
    main()
