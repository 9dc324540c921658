"""The memory of an environment's processes: what it is at most, and the end of what takes more than it may.

AWS gives a function a machine with its ``MemorySize`` and lets the kernel's OOM killer end what takes more. Here the
memory is looked at while the environment works. A cgroup would be exact, but plain users have none to give away.

Counted is what is resident, of the runtime, the extensions and all that they started. First the plain sum, which reads two
small files of each process (25 microseconds); it has pages that they share, of an interpreter and its libraries, once for
each. Only when that is too much are their proportional shares summed (``Pss``, proc(5)), which takes a millisecond for each
process, and only that decides. A share is smaller where others on this machine have the same libraries in memory: a
function is never ended for less than it takes on AWS, rather for a little more. The chat app in uvicorn, with the adapter
beside it, has 53 MB resident and shares of 38 MB.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Final

POLL: Final = 0.2
"""Seconds between two looks. An invocation that is over sooner is not looked at, so what it takes for so short is not
noticed; one that takes memory as fast as it can gets some hundred megabytes over its limit before it ends."""

PAGE: Final = os.sysconf("SC_PAGE_SIZE")
LONGEST_FILE: Final = 64 * 1024


class MemoryWatch:
    """Looks at the memory of some processes, and calls ``end`` once when it is over ``limit`` bytes.

    It looks from ``start`` to ``stop``. ``pids`` says which processes, each with all that it started. Without a ``limit`` it
    never looks.
    """

    def __init__(self, limit: int | None, pids: Callable[[], list[int]], end: Callable[[], None]) -> None:
        self.exceeded = False
        self._limit = limit
        self._pids = pids
        self._end = end
        self._timer: asyncio.TimerHandle | None = None

    @contextlib.contextmanager
    def on(self) -> Iterator[None]:
        """Look while the block runs."""
        self.start()
        try:
            yield
        finally:
            self.stop()

    def start(self) -> None:
        """Look every ``POLL`` seconds, for the first time after as many."""
        if self._limit is not None:
            self._timer = asyncio.get_running_loop().call_later(POLL, self._look, self._limit)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def shown(self, peak: int) -> int:
        """What a report says was used at most, in bytes; ``peak`` is the sum of all processes, ``peak_resident``.

        It has pages that processes share more than once, and may be over a limit that was kept.
        """
        if self._limit is None:
            return peak
        return self._limit if self.exceeded else min(self._limit, peak)

    def _look(self, limit: int) -> None:
        if is_over(limit, self._pids()):
            self.exceeded = True
            self._end()
        else:
            self._timer = asyncio.get_running_loop().call_later(POLL, self._look, limit)


def is_over(limit: int, pids: list[int]) -> bool:
    """Whether these processes and all that they started have more than ``limit`` bytes."""
    family = [member for pid in pids for member in _family(pid)]
    return sum(map(_resident, family)) > limit and sum(map(_share, family)) > limit


def peak_resident(pid: int) -> int:
    """The most bytes that this process and all that it started have had resident, shared pages counted for each."""
    return sum(_field(member, "status", b"VmHWM:") for member in _family(pid))


def _family(pid: int) -> Iterator[int]:
    yield pid
    for child in _read(pid, f"task/{pid}/children").split():
        yield from _family(int(child))


def _resident(pid: int) -> int:
    fields = _read(pid, "statm").split()
    return int(fields[1]) * PAGE if fields else 0


def _share(pid: int) -> int:
    # Where the kernel was built without it, all that is resident counts.
    return _field(pid, "smaps_rollup", b"Pss:") or _resident(pid)


def _field(pid: int, name: str, label: bytes) -> int:
    """A line's value in a file of the process, in bytes."""
    for line in _read(pid, name).splitlines():
        if line.startswith(label):
            return int(line.split()[1]) * 1024
    return 0


def _read(pid: int, name: str) -> bytes:
    """A file in the process's folder of ``/proc``; nothing when it is gone."""
    # Not by `Path`, which takes five times as long: this runs in the event loop.
    try:
        file = os.open(f"/proc/{pid}/{name}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(file, LONGEST_FILE)
    except OSError:
        return b""
    finally:
        os.close(file)
