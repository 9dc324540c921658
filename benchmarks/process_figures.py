"""What the kernel tells of a running process (proc(5)): memory, time on a core, descriptors, and what descends from it."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
PAGE: Final = os.sysconf("SC_PAGE_SIZE")
MB: Final = 1024 * 1024
CPUCLOCK_SCHED: Final = 2


def resident_mb(pid: int) -> float:
    """Its resident memory, in megabytes of 1024 * 1024 bytes."""
    return int((PROC / str(pid) / "statm").read_text(encoding="ascii").split()[1]) * PAGE / MB


def cpu_seconds(pid: int) -> float:
    """The time that its threads have had a core, also those that are gone, to the nanosecond; children do not count.

    It is the process's own clock (clock_getcpuclockid(3)), whose number the kernel makes of the pid.
    """
    return time.clock_gettime(~pid << 3 | CPUCLOCK_SCHED)


def descriptors(pid: int) -> int:
    """How many descriptors it has open."""
    return sum(1 for _ in (PROC / str(pid) / "fd").iterdir())


def descendants(pid: int) -> set[int]:
    """The processes that descend from it."""
    parents = _parents()
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def command_line(pid: int) -> bytes:
    """Its program and arguments, each with a NUL behind it; nothing when it is gone."""
    with suppress(OSError):
        return (PROC / str(pid) / "cmdline").read_bytes()
    return b""


def _parents() -> dict[int, int]:
    """By process id: its parent's."""
    parents = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                stat = (entry / "stat").read_text(encoding="latin-1")
                parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    return parents
