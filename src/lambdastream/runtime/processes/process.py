"""The programs of an execution environment: the runtime and the extensions, each a process group of its own.

Whatever a program starts is known by its mark, see ``mark``, and ends with it, also what has left the group.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
from collections.abc import Callable
from typing import Final, Self

from lambdastream.runtime.isolation.mount_namespace import MountNamespace
from lambdastream.runtime.processes import table
from lambdastream.runtime.processes.launch import Launch, Program
from lambdastream.runtime.processes.mark import new_mark
from lambdastream.runtime.processes.watchdog import Watchdog

LONGEST_LINE: Final = 256 * 1024
PIPE_SIZE: Final = 64 * 1024


class Output:
    """What a program prints, cut into lines. A line over 256 KiB, CloudWatch's limit for an event, is cut.

    ``writing`` is the end of the pipe that the program gets. A pipe, not the socket that asyncio would make: a program may
    want to open ``/dev/stderr``.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._rest = b""
        self._ended = asyncio.Event()
        self._reading, self.writing = os.pipe()
        os.set_blocking(self._reading, False)
        self._readable = select.poll()
        self._readable.register(self._reading, select.POLLIN)
        asyncio.get_running_loop().add_reader(self._reading, self._read)

    def read_on(self) -> None:
        """Take what has been printed so far, now."""
        # Most often there is nothing, which a poll says sooner than a read that fails.
        while not self._ended.is_set() and self._readable.poll(0) and self._read():
            pass

    async def end(self) -> None:
        """Wait until the program and all that it started have closed it, a second at most."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), 1)

    def close(self) -> None:
        """Read no more."""
        if not self._ended.is_set():
            self._ended.set()
            asyncio.get_running_loop().remove_reader(self._reading)
            os.close(self._reading)
            self._flush()

    def _read(self) -> int:
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._reading, PIPE_SIZE)
            if data:
                self._cut(data)
            else:
                self.close()
            return len(data)
        return 0

    def _cut(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._write(line.decode("utf-8", "replace"))
        if len(self._rest) > LONGEST_LINE:
            self._flush()

    def _flush(self) -> None:
        if self._rest:
            self._write(self._rest.decode("utf-8", "replace"))
            self._rest = b""


class Process:
    """One running program.

    ``not_started`` says why another program, in its place, could not start it; ``out_of_memory`` whether the kernel ended
    it for its memory; ``output_lags`` whether what it prints comes by way of another program. All that is never so of a
    process of this machine.
    """

    not_started = ""
    out_of_memory = False
    output_lags = False

    def __init__(
        self, name: str, process: asyncio.subprocess.Process, mark: int, output: Output, watchdog: Watchdog
    ) -> None:
        self.name = name
        self.pid = process.pid
        self.mark = mark
        self.exited = asyncio.ensure_future(process.wait())
        self._output = output
        self._watchdog = watchdog
        self._stat = table.Stat(self.pid)
        watchdog.watch_group(self.pid)
        watchdog.watch_mark(mark)

    @classmethod
    async def start(
        cls,
        program: Program,
        *,
        name: str,
        write: Callable[[str], None],
        watchdog: Watchdog,
        namespace: MountNamespace | None = None,
    ) -> Self:
        """Start a program, in this mount namespace if there is one.

        Every line that it prints goes to ``write``. Raises ``OSError`` when it cannot be started.
        """
        output, mark = Output(write), new_mark()
        launch = Launch(program, mark, namespace)
        try:
            process = await asyncio.create_subprocess_exec(
                *program.command,
                stdout=output.writing,
                stderr=output.writing,
                start_new_session=True,
                **launch.options,
            )
        except BaseException:
            output.close()
            launch.close()
            raise
        finally:
            os.close(output.writing)
        # Nothing is awaited between the start and the watchdog's list: a cancellation would leave the program behind.
        started = cls(name, process, mark, output, watchdog)
        try:
            launch.check()
        except OSError:
            await started.stop(grace=0)
            raise
        return started

    @property
    def is_ending(self) -> bool:
        """Whether the program has ended, or is about to: the event loop hears of it later."""
        return self._stat.is_ending

    @property
    def root(self) -> int:
        """The process id of the program itself, from which all that it started comes."""
        return self.pid

    async def output_settled(self) -> None:
        """Wait until what it has printed so far can be read: here it is in a pipe at once."""

    def read_output(self) -> None:
        """Put what the program has printed so far into the log, now."""
        self._output.read_on()

    async def end_of_output(self) -> None:
        """Wait until everything that an ended program printed is in the log, a second at most."""
        await self._output.end()

    async def stop(self, *, grace: float, terminate: bool = True) -> None:
        """End the program and everything it started: SIGTERM, ``grace`` seconds, then SIGKILL. Zero kills at once.

        Without ``terminate`` it is expected to end by itself, and gets no SIGTERM. What has left its process group gets
        none either.
        """
        if grace:
            if terminate:
                self._signal(signal.SIGTERM)
            await asyncio.wait([self.exited], timeout=grace)
        self._signal(signal.SIGKILL)
        for _ in table.ending(self.mark):
            await asyncio.sleep(table.STEP)
        # Not `await self.exited`: whoever cancels this would cancel that, too.
        await asyncio.wait([self.exited])
        await self._output.end()
        self._output.close()
        self._watchdog.leave_group(self.pid)
        self._watchdog.leave_mark(self.mark)
        self._stat.close()

    def freeze(self) -> None:
        """Stop it where it is, and what is in its process group. What it is sent waits, SIGKILL ends it all the same."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it run on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill it. ``stop`` must follow."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)


def exit_reason(code: int) -> str:
    """How Lambda names a process's end: ``exit status 1``, ``signal: killed``; nothing for a plain exit."""
    if code < 0:
        return f"signal: {signal.strsignal(-code) or -code}".lower()
    return f"exit status {code}" if code else ""
