"""A mark by which a program's processes are known wherever they go.

A program that is started with a mark hands it on to whatever it starts, also to what leaves its process group, its session,
its parent or its environment variables. It is a number, and stands where every process inherits it and none loses it by
accident: in a resource limit that Linux has not looked at since 2.4.25 (``RLIMIT_LOCKS``, getrlimit(2)). A plain user cannot
raise it again, and prlimit(2) reads it in a microsecond.
"""

from __future__ import annotations

import os
import resource

RLIMIT_LOCKS = 10
LARGEST = 2**62


def new_mark() -> int:
    """A number that no process has as its mark: at random, and below the limit that this process has itself."""
    _, limit = resource.getrlimit(RLIMIT_LOCKS)
    largest = LARGEST if limit == resource.RLIM_INFINITY else min(limit, LARGEST)
    return 1 + int.from_bytes(os.urandom(8), "little") % max(largest, 1)


def carry(mark: int) -> None:
    """Let this process carry the mark from now on, and all that it starts."""
    try:
        resource.setrlimit(RLIMIT_LOCKS, (mark, mark))
    except (OSError, ValueError):
        # This is no Linux, but something like it. Process groups have to do.
        return


def mark_of(pid: int) -> int | None:
    """The mark that a process carries; ``None`` when it is gone, or another user's."""
    try:
        return resource.prlimit(pid, RLIMIT_LOCKS)[1]
    except OSError:
        return None
