"""An execution environment: one copy of a function's processes, which serves one invocation at a time.

The order of a cold start is AWS's (Runtime Interface Emulator, ``rapid/start.go``): start the extensions, wait until each
has registered, start the runtime, wait until the runtime and every extension ask for their next event.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from lambdastream.runtime import layers
from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.environment_processes import RUNTIME, EnvironmentProcesses, ExitedError
from lambdastream.runtime.function_log import new_log_stream
from lambdastream.runtime.host import Host
from lambdastream.runtime.init_error import InitError
from lambdastream.runtime.interpreter import ManagedRuntime
from lambdastream.runtime.invocation import Invocation
from lambdastream.runtime.processes import Process
from lambdastream.runtime.runtime_api import RuntimeApi
from lambdastream.runtime.variables import Folders, extension_variables, runtime_variables
from lambdastream.wire import function_error, log_lines

MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Package:
    """A function that is ready to run: its description, its runtime, and its layers laid out in ``opt``."""

    description: FunctionDescription
    runtime: ManagedRuntime
    opt: Path


class ExecutionEnvironment:
    """One environment, from its cold start to its end."""

    def __init__(self, package: Package, host: Host) -> None:
        self.description = package.description
        self.log_stream = new_log_stream(self.description.version)
        self._package = package
        self._host = host
        self._log = host.function_log(self.description, self.log_stream)
        self._api = RuntimeApi(self.description, host.limits, self.description.reference.arn)
        self._folders = Folders(package.opt, host.temporary_folder(self.description.name))
        self._extensions = layers.extensions(package.opt)
        self._credentials = host.credentials(self.description)
        self._port = host.ports.take() if self._extensions else None
        self._processes = EnvironmentProcesses()
        self._init_ms: float | None = None

    @property
    def port(self) -> int | None:
        """The port that the function's web app was told to listen on, if it has extensions."""
        return self._port

    @property
    def pids(self) -> list[int]:
        """The process ids of the runtime and the extensions."""
        return self._processes.pids

    @property
    def last_lines(self) -> list[str]:
        """The last lines of the environment's log."""
        return list(self._log.tail)

    @property
    def ready(self) -> bool:
        """Whether an invocation can be dispatched now.

        Every process runs, the runtime waits for an event, and the role's credentials last as long as the invocation may.
        """
        timeout = timedelta(seconds=self.description.timeout)
        lasts = self._credentials is None or self._credentials.last(timeout)
        return lasts and self._api.idle and not self._processes.are_ending

    async def start(self, limit: float) -> None:
        """Run the init phase, within ``limit`` seconds. Raises ``InitError``."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(limit):
                await self._init()
        except TimeoutError:
            raise InitError(function_error.SANDBOX_TIMED_OUT, advice=self._why_not_ready()) from None
        finally:
            self._processes.read_output()
        self._init_ms = (time.perf_counter() - began) * 1000

    def dispatch(self, invocation: Invocation) -> None:
        """Hand an invocation to the waiting runtime, at once. ``settle`` must follow."""
        self._log.invocation_tail = invocation.log_tail
        if invocation.log_tail is not None:
            invocation.log_tail.begin()
        self._log.write(log_lines.start_line(invocation.request_id, self.description.version))
        invocation.begin(self.description.timeout)
        self._api.dispatch(invocation)

    async def settle(self, invocation: Invocation) -> bool:
        """Wait until the dispatched invocation is over; returns whether the environment can take another one."""
        try:
            async with asyncio.timeout(self.description.timeout):
                await self._processes.while_running(self._api.until(lambda: self._api.idle))
            return True
        except TimeoutError:
            seconds = self.description.timeout
            self._log.write(log_lines.task_timed_out(invocation.request_id, seconds, datetime.now(UTC)))
            invocation.fail(function_error.SANDBOX_TIMED_OUT, function_error.timed_out(invocation.request_id, seconds))
        except ExitedError as error:
            message = function_error.runtime_exited(invocation.request_id, error.reason)
            self._log.write(message)
            invocation.fail(error.error_type, message)
        finally:
            self._report(invocation)
            self._api.forget()
        return False

    async def until_exit(self) -> None:
        """Wait until one of the processes has ended."""
        await self._processes.until_exit()

    async def stop(self) -> None:
        """End the processes and remove the environment's folder.

        With an extension present the runtime gets SIGTERM and time to end, without one it is killed (AWS Lambda
        developer guide, "Shutdown phase").
        """
        self._announce_shutdown()
        await self._processes.stop(self._grace)
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
        if self._credentials is not None:
            variables |= self._credentials.variables()
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
        self._processes.add(process)

    async def _init_step(self, done: Callable[[], bool]) -> None:
        try:
            await self._processes.while_running(self._api.until(lambda: done() or self._api.init_error is not None))
        except ExitedError as error:
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

    def _report(self, invocation: Invocation) -> None:
        self._processes.read_output()
        self._log.write(log_lines.end_line(invocation.request_id))
        self._log.write(
            log_lines.report_line(
                invocation.request_id,
                duration_ms=(time.monotonic() - invocation.started_at) * 1000,
                memory_mb=self.description.memory,
                max_memory_mb=round(self._processes.peak_memory() / MEGABYTE),
                init_ms=self._init_ms,
            )
        )
        self._init_ms = None
        self._log.invocation_tail = None
        if invocation.log_tail is not None:
            invocation.log_tail.end()


def _why_not_started(program: str, folder: Path, error: OSError) -> str:
    return f"{program if folder.is_dir() else folder}: {error.strerror}"
