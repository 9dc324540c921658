"""The programs of an execution environment: the runtime and the extensions, each a process group of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from lambdastream.runtime.watchdog import Watchdog

LONGEST_LINE: Final = 256 * 1024


class OutputLines(asyncio.Protocol):
    """Cuts what a program prints into lines. A line over 256 KiB, CloudWatch's limit for an event, is cut."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._rest = b""
        self.ended = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._write(line.decode("utf-8", "replace"))
        if len(self._rest) > LONGEST_LINE:
            self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._flush()
        self.ended.set()

    def _flush(self) -> None:
        if self._rest:
            self._write(self._rest.decode("utf-8", "replace"))
            self._rest = b""


class Process:
    """One running program."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, output: OutputLines, watchdog: Watchdog) -> None:
        self.name = name
        self.pid = process.pid
        self.exited = asyncio.ensure_future(process.wait())
        self._output = output
        self._watchdog = watchdog
        watchdog.watch_group(self.pid)

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        *,
        name: str,
        variables: Mapping[str, str],
        folder: Path,
        write: Callable[[str], None],
        watchdog: Watchdog,
    ) -> Process:
        """Start ``command`` in ``folder`` with these environment variables alone.

        Every line that it prints goes to ``write``. Raises ``OSError`` when it cannot be started.
        """
        output = OutputLines(write)
        reading, writing = os.pipe()
        try:
            # Before the program starts: once it runs, nothing may come between it and the watchdog's list.
            pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
                lambda: output, os.fdopen(reading, "rb", buffering=0)
            )
            process = await _run(command, variables, folder, writing, pipe)
        finally:
            os.close(writing)
        return cls(name, process, output, watchdog)

    async def end_of_output(self) -> None:
        """Wait until everything that an ended program printed is in the log, a second at most."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._output.ended.wait(), 1)

    async def stop(self, *, grace: float) -> None:
        """End the program and everything it started: SIGTERM, ``grace`` seconds, then SIGKILL. Zero kills at once."""
        if grace:
            self._signal(signal.SIGTERM)
            await asyncio.wait([self.exited], timeout=grace)
        self._signal(signal.SIGKILL)
        # Not `await self.exited`: whoever cancels this would cancel that, too.
        await asyncio.wait([self.exited])
        await self.end_of_output()
        self._watchdog.leave_group(self.pid)

    def peak_memory(self) -> int:
        """The most memory that the program and its children have had resident, in bytes."""
        return sum(_peak_resident(pid) for pid in _family(self.pid))

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)


async def _run(
    command: Sequence[str], variables: Mapping[str, str], folder: Path, output: int, pipe: asyncio.ReadTransport
) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            env=dict(variables),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    except BaseException:
        pipe.close()
        raise


def exit_reason(code: int) -> str:
    """How Lambda names a process's end: ``exit status 1``, ``signal: killed``; nothing for a plain exit."""
    if code < 0:
        return f"signal: {signal.strsignal(-code) or -code}".lower()
    return f"exit status {code}" if code else ""


def _family(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
            yield from _family(int(child))


def _peak_resident(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
