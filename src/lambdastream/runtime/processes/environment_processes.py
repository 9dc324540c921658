"""The processes of one execution environment, together: waiting while they run, what they print, what they take."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import Final

from lambdastream.runtime.processes import memory, table
from lambdastream.runtime.processes.process import Process, exit_reason
from lambdastream.wire import function_error

MEMORY_POLL: Final = 0.5
FREEZE_OTHERS: Final = 0.05
MOST_LOOKS: Final = 10
RUNTIME: Final = "runtime"


class ExitedError(Exception):
    """A process of the environment ended, while it was needed."""

    def __init__(self, error_type: str, reason: str) -> None:
        super().__init__(reason)
        self.error_type = error_type
        self.reason = reason


class _EndedError(Exception):
    """One of the processes has ended."""


class EnvironmentProcesses:
    """The runtime and the extensions, in the order of their start. The runtime's name is ``RUNTIME``.

    ``frozen`` is whether they are stopped for the time being.
    """

    def __init__(self) -> None:
        self.frozen = False
        self._processes: list[Process] = []
        self._memory = 0
        self._memory_read_at = 0.0
        self._freezing: asyncio.TimerHandle | None = None
        self._frozen_others: set[int] = set()

    @property
    def runtime(self) -> Process | None:
        """The runtime, once it is started."""
        return next((process for process in self._processes if process.name == RUNTIME), None)

    @property
    def extensions(self) -> list[Process]:
        """The others."""
        return [process for process in self._processes if process.name != RUNTIME]

    @property
    def pids(self) -> list[int]:
        """The process ids: each is the first of its program's processes."""
        return [process.root for process in self._processes]

    @property
    def out_of_memory(self) -> bool:
        """Whether one of them was ended by the kernel, since all took more memory than they may."""
        return any(process.out_of_memory for process in self._processes)

    @property
    def first_running(self) -> int | None:
        """The process id of the first that runs, if one does."""
        return next((process.pid for process in self._processes if not process.is_ending), None)

    @property
    def are_ending(self) -> bool:
        """Whether one of them has ended, or is about to."""
        return any(process.is_ending for process in self._processes)

    def add(self, process: Process) -> None:
        """One more was started."""
        self._processes.append(process)

    def freeze(self) -> None:
        """Stop all of them where they are.

        On AWS the whole machine stands still. Here it is each one's process group, and, when nothing has come for a moment,
        what they have started in sessions of their own: to look for that takes half a millisecond, which an invocation that
        comes at once need not wait for. Measured with two local Lambdas, one of which freezes, and 800 requests to the chat
        app in each, taken in turns: the first byte comes 0.1 ms later (p50 3.7 ms for 3.6).
        """
        self.frozen = True
        for process in self._processes:
            process.freeze()
        self._freezing = asyncio.get_running_loop().call_later(FREEZE_OTHERS, self._freeze_others)

    def thaw(self) -> None:
        """Let them run on, if they were frozen."""
        if self.frozen:
            self.frozen = False
            if self._freezing is not None:
                self._freezing.cancel()
            for pid in self._frozen_others:
                table.send(pid, signal.SIGCONT)
            self._frozen_others.clear()
            for process in self._processes:
                process.thaw()

    def kill_runtime(self) -> None:
        """Kill the runtime, which ends the environment."""
        if self.runtime is not None:
            self.runtime.kill()

    def read_output(self) -> None:
        """Put what all of them have printed so far into the log, now."""
        for process in self._processes:
            process.read_output()

    @property
    def output_lags(self) -> bool:
        """Whether what one of them has printed may come later than what it says in other ways."""
        return any(process.output_lags for process in self._processes)

    async def output_settled(self) -> None:
        """Wait until what all of them have printed can be read: what comes by way of another program may come later."""
        for process in self._processes:
            await process.output_settled()

    async def until_exit(self) -> None:
        """Wait until one of them has ended."""
        await asyncio.wait([process.exited for process in self._processes], return_when=asyncio.FIRST_COMPLETED)

    async def while_running(self, done: asyncio.Future[None]) -> None:
        """Wait for something that a process must do. Raises ``ExitedError`` when one of them ends instead."""

        def ended(_: asyncio.Future[int]) -> None:
            if not done.done():
                done.set_exception(_EndedError)

        for process in self._processes:
            process.exited.add_done_callback(ended)
        try:
            await done
        except _EndedError:
            raise await self.exit_error() from None
        finally:
            for process in self._processes:
                process.exited.remove_done_callback(ended)

    async def exit_error(self) -> ExitedError:
        """How one of them has ended, as soon as what it printed is in the log. One must have."""
        process = next(process for process in self._processes if process.exited.done())
        await process.end_of_output()
        return _exited(process)

    def clear(self) -> None:
        """All of them have ended."""
        self._processes.clear()

    def peak_memory(self) -> int:
        """The most memory that they have had resident, in bytes; it is up to half a second old.

        Reading it takes longer than a short invocation does, and the next one waits meanwhile.
        """
        now = time.monotonic()
        if now - self._memory_read_at > MEMORY_POLL:
            self._memory_read_at = now
            # What one that has ended had is not known any more.
            self._memory = max(self._memory, sum(map(memory.peak_resident, self.pids)))
        return self._memory

    def _freeze_others(self) -> None:
        """Stop what has left the process groups. While it is looked for, it may start more: so it is looked for again."""
        for _ in range(MOST_LOOKS):
            found = self._others() - self._frozen_others
            if not found:
                break
            self._frozen_others |= found
            for pid in found:
                table.send(pid, signal.SIGSTOP)

    def _others(self) -> set[int]:
        return set(table.marked(process.mark for process in self._processes)) - {
            process.pid for process in self._processes
        }


def _exited(process: Process) -> ExitedError:
    """How a process that has ended did."""
    is_runtime = process.name == RUNTIME
    if process.not_started:
        error_type = function_error.RUNTIME_INVALID_ENTRYPOINT if is_runtime else function_error.EXTENSION_LAUNCH_ERROR
        return ExitedError(error_type, process.not_started)
    error_type = function_error.RUNTIME_EXIT_ERROR if is_runtime else function_error.EXTENSION_CRASH
    return ExitedError(error_type, exit_reason(process.exited.result()))
