"""An execution environment: one copy of a function's processes, which serves one invocation at a time.

The order of a cold start is AWS's (Runtime Interface Emulator, ``rapid/start.go``): start the extensions, wait until each
has registered, start the runtime, wait until the runtime and every extension ask for their next event.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from lambdastream.runtime import layers
from lambdastream.runtime.description import LONGEST_TIMEOUT, FunctionDescription
from lambdastream.runtime.entrypoint import check_format, start_advice, why_not_started
from lambdastream.runtime.function_log import new_log_stream
from lambdastream.runtime.host import Host
from lambdastream.runtime.init_error import InitError
from lambdastream.runtime.invocation import Invocation
from lambdastream.runtime.isolation.sandbox import new_sandbox
from lambdastream.runtime.platform_log import MEGABYTE, Phase, PlatformLog
from lambdastream.runtime.processes.environment_processes import RUNTIME, EnvironmentProcesses, ExitedError
from lambdastream.runtime.processes.launch import Program
from lambdastream.runtime.processes.memory import MemoryWatch
from lambdastream.runtime.processes.process import Process
from lambdastream.runtime.runtime_api import RuntimeApi
from lambdastream.runtime.runtimes import WRAPPER, Runtime
from lambdastream.runtime.shutdown import Shutdown
from lambdastream.runtime.variables import extension_variables, runtime_variables
from lambdastream.wire import function_error, log_lines


@dataclass(frozen=True, slots=True)
class Package:
    """A function that is ready to run: its description, its runtime, and its layers laid out in ``opt``."""

    description: FunctionDescription
    runtime: Runtime
    opt: Path


class ExecutionEnvironment:
    """One environment, from its cold start to its end."""

    def __init__(self, package: Package, host: Host) -> None:
        self.description = package.description
        self.log_stream = new_log_stream(self.description.version)
        self._package = package
        self._host = host
        self._log = host.function_log(self.description, self.log_stream)
        self._api = RuntimeApi(self.description, host.limits, self.description.reference.arn, self._log.write)
        self._sandbox = new_sandbox(self.description, package.runtime, package.opt, host)
        self._extensions = layers.extensions(package.opt)
        self._credentials = host.credentials(self.description)
        self._port = host.ports.take() if self._extensions else None
        self._shutdown = Shutdown(self._api.extensions, host.limits.shutdown)
        self._processes = EnvironmentProcesses()
        self._platform_log = PlatformLog(self.description, self._log)
        limit = self.description.memory * MEGABYTE if host.limits.memory else None
        self._memory = MemoryWatch(limit, lambda: self._processes.pids, end=self._processes.kill_runtime)

    @property
    def port(self) -> int | None:
        """The port that the function's web app was told to listen on, if it has extensions."""
        return self._port

    @property
    def pids(self) -> list[int]:
        """The process ids of the runtime and the extensions."""
        return self._processes.pids

    @property
    def frozen(self) -> bool:
        """Whether its processes are stopped for the time being."""
        return self._processes.frozen

    @property
    def last_lines(self) -> list[str]:
        """The last lines of the environment's log."""
        return list(self._log.tail)

    @property
    def ready(self) -> bool:
        """Whether an invocation can be dispatched now.

        Every process runs, the runtime waits for an event, and the role's credentials last as long as the invocation may.
        """
        # A timeout that was lifted is longer than any credentials last.
        timeout = timedelta(seconds=min(self.description.timeout, LONGEST_TIMEOUT))
        lasts = self._credentials is None or self._credentials.last(timeout)
        return lasts and self._api.idle and not self._processes.are_ending

    async def start(self, limit: float, phase: Phase = "init") -> None:
        """Run the init phase, within ``limit`` seconds. Raises ``InitError``."""
        began = time.monotonic()
        self._platform_log.init_started()
        try:
            with self._memory.on():
                async with asyncio.timeout(limit):
                    await self._init()
        except TimeoutError:
            self._processes.read_output()
            self._platform_log.init_failed(limit, phase, log_lines.TIMEOUT)
            raise InitError(function_error.SANDBOX_TIMED_OUT, advice=self._why_not_ready()) from None
        except InitError as error:
            self._processes.read_output()
            failure = log_lines.Failure("error", self._reported(error.error_type))
            self._platform_log.init_failed(time.monotonic() - began, phase, failure)
            raise
        self._platform_log.init_ended(time.monotonic() - began, phase)
        self._processes.read_output()

    def freeze(self) -> None:
        """Stop its processes until the next invocation, or its end. Only when it is ready: what is under way would stop."""
        self._processes.freeze()

    def dispatch(self, invocation: Invocation) -> None:
        """Hand an invocation to the waiting runtime, at once. ``settle`` must follow."""
        self._processes.thaw()
        self._platform_log.invocation_started(invocation)
        invocation.begin(self.description.timeout)
        self._api.dispatch(invocation)

    async def settle(self, invocation: Invocation) -> bool:
        """Wait until the dispatched invocation is over; returns whether the environment can take another one."""
        try:
            with self._memory.on():
                async with asyncio.timeout(self.description.timeout):
                    await self._processes.while_running(self._api.until(lambda: self._api.idle))
            return True
        except TimeoutError:
            seconds = self.description.timeout
            self._shutdown.reason = "timeout"
            self._platform_log.timed_out(invocation)
            invocation.fail(function_error.SANDBOX_TIMED_OUT, function_error.timed_out(invocation.request_id, seconds))
        except ExitedError as error:
            message = function_error.runtime_exited(invocation.request_id, error.reason)
            self._shutdown.reason = "failure"
            self._platform_log.exited(error.error_type, message, reported_as=self._reported(error.error_type))
            invocation.fail(error.error_type, message)
        finally:
            self._report(invocation)
            self._api.forget()
        return False

    def fail(self, invocation: Invocation, error: InitError) -> None:
        """The init failed, and with it the invocation that it was for: it has its lines in the log, too."""
        self._platform_log.invocation_started(invocation)
        error.fail(invocation, self.description.timeout, self._log)
        self._platform_log.invocation_not_begun(invocation, self._memory.shown(self._processes.peak_memory()))

    async def until_exit(self) -> None:
        """Wait until one of the processes has ended."""
        await self._processes.until_exit()

    async def stop(self) -> None:
        """End the processes and remove what was made for them."""
        self._processes.thaw()
        await self._shutdown.run(self._processes)
        await self._api.close()
        if self._port is not None:
            self._host.ports.give_back(self._port)
        self._sandbox.close()
        self._log.close()

    async def _init(self) -> None:
        variables = runtime_variables(
            self._sandbox.description,
            self._sandbox.runtime,
            self._sandbox.folders,
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
        """The runtime's command line, behind the exec wrapper if one is declared, with this machine's paths.

        Raises ``InitError``.
        """
        wrapper = self._sandbox.here(variables.get(WRAPPER, ""))
        return self._package.runtime.command(self.description, self._package.opt, wrapper)

    async def _start(self, command: list[str], name: str, variables: dict[str, str], folder: Path) -> None:
        """Start a program. ``command`` and ``folder`` have this machine's paths. Raises ``InitError``."""
        program, seen = Path(command[0]), self._sandbox.seen
        try:
            check_format(program)
            process = await Process.start(
                Program([seen(argument) for argument in command], variables, Path(seen(str(folder)))),
                name=name,
                write=self._log.write,
                watchdog=self._host.watchdog,
                namespace=self._sandbox.namespace(self._processes.first_running),
            )
        except OSError as error:
            is_runtime = name == RUNTIME
            raise InitError(
                function_error.RUNTIME_INVALID_ENTRYPOINT if is_runtime else function_error.EXTENSION_LAUNCH_ERROR,
                reason=seen(why_not_started(program, folder, error)),
                advice=start_advice(program, error),
            ) from error
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

    def _reported(self, error_type: str) -> str:
        """The error type in the log, which says more of too little memory than its caller hears: killed.

        AWS documents what the caller hears (developer guide, troubleshooting invocations). What the report says is in
        users' logs; that both come together is chosen here.
        """
        return function_error.RUNTIME_OUT_OF_MEMORY if self._memory.exceeded else error_type

    def _report(self, invocation: Invocation) -> None:
        seconds = time.monotonic() - invocation.started_at
        self._processes.read_output()
        self._platform_log.invocation_ended(invocation, seconds, self._memory.shown(self._processes.peak_memory()))
