"""An execution environment: one copy of a function's processes, which serves one invocation at a time.

The order of a cold start is AWS's (Runtime Interface Emulator, ``rapid/start.go``): start the extensions, wait until each
has registered, start the runtime, wait until the runtime and every extension ask for their next event.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from lambdastream.runtime import layers
from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.function_log import FunctionLog, new_log_stream
from lambdastream.runtime.host import Host
from lambdastream.runtime.interpreter import ManagedRuntime
from lambdastream.runtime.invocation import Invocation
from lambdastream.runtime.processes import Process, exit_reason
from lambdastream.runtime.runtime_api import RuntimeApi
from lambdastream.runtime.variables import Folders, extension_variables, function_arn, runtime_variables
from lambdastream.wire import function_error, log_lines

MEGABYTE: Final = 1024 * 1024
MEMORY_POLL: Final = 0.5
RUNTIME: Final = "runtime"


@dataclass(frozen=True, slots=True)
class Package:
    """A function that is ready to run: its description, its runtime, and its layers laid out in ``opt``."""

    description: FunctionDescription
    runtime: ManagedRuntime
    opt: Path


class InitError(Exception):
    """The init phase failed.

    ``payload`` is what the runtime reported of itself; else ``reason`` says how a process ended, as Lambda puts it.
    ``advice`` is our own: what to look at.
    """

    def __init__(self, error_type: str, *, reason: str = "", payload: bytes = b"", advice: str = "") -> None:
        super().__init__(error_type, reason, advice)
        self.error_type = error_type
        self.reason = reason
        self.payload = payload
        self.advice = advice

    def fail(self, invocation: Invocation, timeout: float, log: FunctionLog) -> None:
        """Fail the invocation that needed this environment. What the runtime did not print itself goes into the log."""
        if self.payload:
            invocation.error(self.error_type, self.payload)
            return
        if self.error_type == function_error.SANDBOX_TIMED_OUT:
            message = function_error.timed_out(invocation.request_id, timeout)
        else:
            message = function_error.runtime_exited(invocation.request_id, self.reason)
        message = f"{message}. {self.advice}" if self.advice else message
        log.write(message)
        invocation.fail(self.error_type, message)


class ExecutionEnvironment:
    """One environment, from its cold start to its end."""

    def __init__(self, package: Package, host: Host) -> None:
        self.description = package.description
        self.log_stream = new_log_stream()
        self._package = package
        self._host = host
        self._log = host.function_log(self.description, self.log_stream)
        self._api = RuntimeApi(self.description, host.limits, function_arn(self.description.name))
        self._folders = Folders(package.opt, host.temporary_folder(self.description.name))
        self._extensions = layers.extensions(package.opt)
        self._port = host.ports.take() if self._extensions else None
        self._processes: list[Process] = []
        self._init_ms: float | None = None
        self._memory = 0
        self._memory_read_at = 0.0

    @property
    def port(self) -> int | None:
        """The port that the function's web app was told to listen on, if it has extensions."""
        return self._port

    @property
    def pids(self) -> list[int]:
        """The process ids of the runtime and the extensions."""
        return [process.pid for process in self._processes]

    @property
    def ready(self) -> bool:
        """Whether an invocation can be dispatched now: every process runs, and the runtime waits for an event."""
        return self._api.idle and not any(process.is_ending for process in self._processes)

    async def start(self, limit: float) -> None:
        """Run the init phase, within ``limit`` seconds. Raises ``InitError``."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(limit):
                await self._init()
        except TimeoutError:
            raise InitError(function_error.SANDBOX_TIMED_OUT, advice=self._why_not_ready()) from None
        finally:
            self._read_output()
        self._init_ms = (time.perf_counter() - began) * 1000

    def dispatch(self, invocation: Invocation) -> None:
        """Hand an invocation to the waiting runtime, at once. ``settle`` must follow."""
        self._log.write(log_lines.start_line(invocation.request_id))
        invocation.begin(self.description.timeout)
        self._api.dispatch(invocation)

    async def settle(self, invocation: Invocation) -> bool:
        """Wait until the dispatched invocation is over; returns whether the environment can take another one."""
        try:
            async with asyncio.timeout(self.description.timeout):
                await self._while_running(self._api.until(lambda: self._api.idle))
            return True
        except TimeoutError:
            seconds = self.description.timeout
            self._log.write(log_lines.task_timed_out(invocation.request_id, seconds, datetime.now(UTC)))
            invocation.fail(function_error.SANDBOX_TIMED_OUT, function_error.timed_out(invocation.request_id, seconds))
        except _ExitedError as error:
            message = function_error.runtime_exited(invocation.request_id, error.reason)
            self._log.write(message)
            invocation.fail(error.error_type, message)
        finally:
            self._report(invocation)
            self._api.forget()
        return False

    async def until_exit(self) -> None:
        """Wait until one of the processes has ended."""
        await asyncio.wait([process.exited for process in self._processes], return_when=asyncio.FIRST_COMPLETED)

    async def stop(self) -> None:
        """End the processes and remove the environment's folder.

        With an extension present the runtime gets SIGTERM and time to end, without one it is killed (AWS Lambda
        developer guide, "Shutdown phase").
        """
        self._announce_shutdown()
        for process in reversed(self._processes):
            await process.stop(grace=self._grace(process))
        self._processes.clear()
        await self._api.close()
        if self._port is not None:
            self._host.ports.give_back(self._port)
        shutil.rmtree(self._folders.tmp, ignore_errors=True)
        self._log.close()

    def _announce_shutdown(self) -> None:
        event = {"eventType": "SHUTDOWN", "shutdownReason": "spindown"}
        deadline = {"deadlineMs": int((time.time() + self._host.limits.shutdown) * 1000)}
        for extension in self._api.extensions.subscribed("SHUTDOWN"):
            extension.deliver(json.dumps(event | deadline).encode())

    def _grace(self, process: Process) -> float:
        """The seconds that a process has to end by itself: none for what is not told that it should."""
        told = [extension.name for extension in self._api.extensions.subscribed("SHUTDOWN")]
        if process.name == RUNTIME:
            told += [process.name] * bool(self._extensions)
        return self._host.limits.shutdown if process.name in told else 0

    async def _init(self) -> None:
        variables = runtime_variables(
            self.description,
            self._package.runtime,
            self._folders,
            runtime_api=await self._api.listen(),
            log_stream=self.log_stream,
            port=self._port,
            endpoint_url=self._host.endpoint_url,
        )
        for path in self._extensions:
            await self._start([str(path)], path.name, extension_variables(variables), Path("/"))
        names = [path.name for path in self._extensions]
        await self._init_step(lambda: all(self._api.extensions.named(name) for name in names))
        await self._start(self._command(variables), RUNTIME, variables, self.description.code)
        await self._init_step(lambda: self._api.idle)

    def _command(self, variables: dict[str, str]) -> list[str]:
        """The runtime's command line: the interface client, behind the exec wrapper if one is declared."""
        wrapper = variables.get("AWS_LAMBDA_EXEC_WRAPPER")
        client = [str(self._package.runtime.python), "-m", "awslambdaric", self.description.handler]
        return [wrapper, *client] if wrapper else client

    async def _start(self, command: list[str], name: str, variables: dict[str, str], folder: Path) -> None:
        try:
            process = await Process.start(
                command,
                name=name,
                variables=variables,
                folder=folder,
                write=self._log.write,
                watchdog=self._host.watchdog,
            )
        except OSError as error:
            reason = _why_not_started(command[0], folder, error)
            self._log.write(f"cannot start {reason}")
            raise InitError(function_error.RUNTIME_INVALID_ENTRYPOINT, reason=reason) from error
        self._processes.append(process)

    async def _init_step(self, done: Callable[[], bool]) -> None:
        try:
            await self._while_running(self._api.until(lambda: done() or self._api.init_error is not None))
        except _ExitedError as error:
            if self._api.init_error is None:
                raise InitError(error.error_type, reason=error.reason, advice=self._why_exited()) from error
        if self._api.init_error is not None:
            error_type, payload = self._api.init_error
            raise InitError(error_type, payload=payload)

    def _why_not_ready(self) -> str:
        if self._port is None:
            return "The runtime did not ask for its first event."
        return f"The web app does not answer on its port, {self._port}: does it listen on $PORT?"

    def _why_exited(self) -> str:
        taken = self._log.mentions("address already in use", "EADDRINUSE")
        return "The app found its port taken: let it listen on $PORT." if taken else ""

    async def _while_running(self, waiting: Coroutine[Any, Any, None]) -> None:
        """Wait for something that a process must do. Raises ``_ExitedError`` when one of them ends instead."""
        task = asyncio.ensure_future(waiting)
        exits = [process.exited for process in self._processes]
        try:
            await asyncio.wait([task, *exits], return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                await self._raise_exit()
            task.result()
        finally:
            task.cancel()

    async def _raise_exit(self) -> None:
        for process in self._processes:
            if process.exited.done():
                await process.end_of_output()
                error_type = (
                    function_error.RUNTIME_EXIT_ERROR if process.name == RUNTIME else function_error.EXTENSION_CRASH
                )
                raise _ExitedError(error_type, exit_reason(process.exited.result()))

    def _read_output(self) -> None:
        for process in self._processes:
            process.read_output()

    def _report(self, invocation: Invocation) -> None:
        self._read_output()
        self._log.write(log_lines.end_line(invocation.request_id))
        self._log.write(
            log_lines.report_line(
                invocation.request_id,
                duration_ms=(time.monotonic() - invocation.started_at) * 1000,
                memory_mb=self.description.memory,
                max_memory_mb=round(self._peak_memory() / MEGABYTE),
                init_ms=self._init_ms,
            )
        )
        self._init_ms = None

    def _peak_memory(self) -> int:
        """The most memory that the processes have had, in bytes; it is up to half a second old.

        Reading it takes longer than a short invocation does, and the next one waits meanwhile.
        """
        now = time.monotonic()
        if now - self._memory_read_at > MEMORY_POLL:
            self._memory_read_at = now
            self._memory = sum(process.peak_memory() for process in self._processes)
        return self._memory


def _why_not_started(program: str, folder: Path, error: OSError) -> str:
    return f"{program if folder.is_dir() else folder}: {error.strerror}"


class _ExitedError(Exception):
    """A process of the environment ended, while it was needed."""

    def __init__(self, error_type: str, reason: str) -> None:
        super().__init__(reason)
        self.error_type = error_type
        self.reason = reason
