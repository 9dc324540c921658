"""One container: made, started, heard, stopped where it is, ended, removed.

What follows it here is Docker's command line, attached to it: a process of this machine that prints what the program prints
and ends as it does.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from lambdastream.runtime.containers.arguments import ContainerProgram, create_arguments, told
from lambdastream.runtime.containers.docker import Docker, DockerError
from lambdastream.runtime.processes.launch import Program
from lambdastream.runtime.processes.process import Process
from lambdastream.runtime.processes.watchdog import Watchdog

QUIET: Final = 0.02
"""Seconds without a word after which nothing more is expected: it comes by way of Docker's daemon."""

LONGEST_WAIT: Final = 0.2

# What a container's first process, tini, says of a program that it cannot start, and Docker of a container.
NOT_STARTED: Final = (
    re.compile(r"\[FATAL tini \(\d+\)\] exec (?P<program>.+) failed: (?P<why>.+)"),
    re.compile(r"Error response from daemon: (?P<why>.+)"),
)
SIGNALLED: Final = 128


class ContainerProcess(Process):
    """A container, and the command line that is attached to it, whose process id and end it has."""

    output_lags = True
    _container = ""
    _docker: Docker

    @classmethod
    async def run(
        cls, docker: Docker, program: ContainerProgram, *, name: str, write: Callable[[str], None], watchdog: Watchdog
    ) -> Self:
        """Make a container and start it. Raises ``DockerError``, or ``OSError`` when Docker itself cannot be started."""
        container = await docker.call(*create_arguments(program), variables=told(program))
        output = _Output(write)
        try:
            command = (docker.program, "start", "--attach", container)
            process = await cls.start(
                Program(command, docker.variables, Path("/")), name=name, write=output.line, watchdog=watchdog
            )
        except BaseException:
            with contextlib.suppress(DockerError):
                await docker.call("rm", "--force", "--volumes", container)
            raise
        process._attach(docker, container, output)  # noqa: SLF001 - its own
        return process

    @property
    def container(self) -> str:
        """The container's id."""
        return self._container

    @property
    def not_started(self) -> str:  # type: ignore[override]
        """Why the program was not started, as Lambda puts it; empty when it was."""
        return self._heard.not_started

    @property
    def root(self) -> int:
        """The container's first process on this machine, once it is known."""
        return self._root or self.pid

    async def output_settled(self) -> None:
        """Wait until the program has said nothing for a moment."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + LONGEST_WAIT
        heard = -1
        while heard != self._heard.lines and loop.time() < deadline:
            heard = self._heard.lines
            await asyncio.sleep(QUIET)
            self.read_output()

    async def end_of_output(self) -> None:
        """Wait for the rest of what an ended program printed, and ask why it ended."""
        await super().end_of_output()
        with contextlib.suppress(DockerError):
            self.out_of_memory = await self._inspect("{{.State.OOMKilled}}") == "true"

    async def stop(self, *, grace: float, terminate: bool = True) -> None:
        """End the program, and remove its container with all that it started: SIGTERM, ``grace`` seconds, SIGKILL."""
        if grace and not self.exited.done():
            if terminate:
                await self._order("kill", "--signal", "TERM", self._container)
            await asyncio.wait([self.exited], timeout=grace)
        self._looking.cancel()
        await self._order("rm", "--force", "--volumes", self._container)
        await super().stop(grace=0)

    def freeze(self) -> None:
        """Stop the whole container where it is."""
        self._order_soon("pause")

    def thaw(self) -> None:
        """Let it run on: soon, what it is sent waits so long."""
        self._order_soon("unpause")

    def kill(self) -> None:
        """Kill it. ``stop`` must follow."""
        self._order_soon("kill")

    def _attach(self, docker: Docker, container: str, output: _Output) -> None:
        self._docker, self._container, self._heard = docker, container, output
        self._root = 0
        self._one_by_one = asyncio.Lock()
        self._orders: set[asyncio.Future[None]] = set()
        self.exited = asyncio.ensure_future(_by_signal(self.exited))
        self._looking = asyncio.ensure_future(self._look_for_root())

    def _order_soon(self, command: str) -> None:
        order = asyncio.ensure_future(self._order(command, self._container))
        self._orders.add(order)
        order.add_done_callback(self._orders.discard)

    async def _order(self, *arguments: str) -> None:
        """One command after the other; one for a container that has ended, or is in that state already, does nothing."""
        async with self._one_by_one:
            with contextlib.suppress(DockerError):
                await self._docker.call(*arguments)

    async def _look_for_root(self) -> None:
        """Ask for the process id, which is there a moment after the start."""
        while not self._root and not self.exited.done():
            with contextlib.suppress(DockerError, ValueError):
                self._root = int(await self._inspect("{{.State.Pid}}"))
            await asyncio.sleep(0.2)

    async def _inspect(self, what: str) -> str:
        return await self._docker.call("container", "inspect", "--format", what, self._container)


class _Output:
    """What comes of the attached command line: the program's lines, and why there is no program."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self.lines = 0
        self.not_started = ""
        self._write = write

    def line(self, text: str) -> None:
        self.lines += 1
        for pattern in NOT_STARTED:
            if not self.not_started and (found := pattern.fullmatch(text)):
                named = found.groupdict()
                program = f"fork/exec {named['program']}: " if "program" in named else ""
                self.not_started = program + (named["why"].lower() if program else named["why"])
                return
        self._write(text)


async def _by_signal(code: asyncio.Future[int]) -> int:
    """The exit code as a process of this machine has it: below zero for a signal. A container's is 128 and the signal."""
    ended = await asyncio.shield(code)
    number = ended - SIGNALLED
    return -number if number in {each.value for each in signal.Signals} else ended
