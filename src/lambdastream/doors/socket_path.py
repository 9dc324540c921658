"""Paths of unix domain sockets, which the system wants short."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

LONGEST: Final = 100
"""Bytes, a little less than Linux takes (unix(7), ``sun_path``)."""


def openable(socket: Path) -> str:
    """A path of the same socket that is short enough for this process, to listen on or to connect to.

    A long one goes through its folder, which this process then holds open until it ends. The folder must be there.
    """
    if len(os.fsencode(socket)) <= LONGEST:
        return str(socket)
    folder = os.open(socket.parent, os.O_PATH | os.O_DIRECTORY)
    return f"/proc/self/fd/{folder}/{socket.name}"
