"""The processes of this machine: which carry a mark, and which are at their end. ``watchdog`` uses it, too."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Iterator

from lambdastream.runtime.processes.mark import mark_of

PATIENCE = 1.0
STEP = 0.002
LOOKS_IN_VAIN = 2
# Of /proc/PID/stat, proc(5): `flags` counted from the state, and its bit of include/linux/sched.h.
FLAGS_FIELD = 6
LONGEST_STAT = 2048
PF_EXITING = 0x4


def marked(marks: Iterable[int]) -> list[int]:
    """The ids of all processes that carry one of these marks and are not at their end. It takes half a millisecond."""
    wanted = set(marks)
    return [pid for pid in _everyone() if mark_of(pid) in wanted and not is_ending(pid)]


def ending(mark: int) -> Iterator[None]:
    """Kill all that carry the mark, in steps with ``STEP`` seconds to wait after each, until none is left.

    One that starts another and ends can be missed, so it is looked for twice in vain. After a second it has to be enough:
    one may wait for a disk.
    """
    deadline = time.monotonic() + PATIENCE
    in_vain = 0
    while in_vain < LOOKS_IN_VAIN and time.monotonic() < deadline:
        in_vain = 0 if _kill_marked(mark) else in_vain + 1
        yield


def end_marked(mark: int) -> None:
    """Kill all that carry the mark, and wait until none is left, for a second at most."""
    for _ in ending(mark):
        time.sleep(STEP)


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process, if it is there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def is_ending(pid: int) -> bool:
    """Whether a process has ended, or is about to."""
    with contextlib.closing(Stat(pid)) as stat:
        return stat.is_ending


class Stat:
    """What the kernel says of one process. ``close`` must follow.

    Its file is kept open: to open and close it takes three times as long as to read it, and each invocation waits for it.
    It is the one of the first thread, which has what is wanted without a sum over all threads.
    """

    def __init__(self, pid: int) -> None:
        try:
            self._file = os.open(f"/proc/{pid}/task/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._file = -1

    @property
    def is_ending(self) -> bool:
        """Whether the process has ended, or is about to.

        Its parent hears of it later: a program with threads closes its sockets, and only then, when the last of its threads
        is gone, is its end reported.
        """
        try:
            fields = os.pread(self._file, LONGEST_STAT, 0).rpartition(b")")[2].split(maxsplit=FLAGS_FIELD + 1)
        except OSError:
            return True
        return fields[0] in b"ZX" or bool(int(fields[FLAGS_FIELD]) & PF_EXITING)

    def close(self) -> None:
        """Ask no more: it counts as ended from now on."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _kill_marked(mark: int) -> bool:
    """Kill all that carry the mark; whether there were any."""
    found = False
    for pid in _everyone():
        if mark_of(pid) == mark:
            found = not is_ending(pid) or found
            send(pid, signal.SIGKILL)
    return found


def _everyone() -> list[int]:
    """All processes, the latest first: it might be gone in a moment."""
    # Not by `Path`, which takes three times as long.
    return sorted((int(name) for name in os.listdir("/proc") if name.isdigit()), reverse=True)  # noqa: PTH208
