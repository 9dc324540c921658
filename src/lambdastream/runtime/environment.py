"""An execution environment: one copy of a function's processes, which serves one invocation at a time.

The order of a cold start is AWS's (Runtime Interface Emulator, ``rapid/start.go``): start the extensions, wait until each
has registered, start the runtime, wait until the runtime and every extension ask for their next event.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from lambdastream.runtime.description import LONGEST_TIMEOUT
from lambdastream.runtime.function_log import new_log_stream
from lambdastream.runtime.host import Host
from lambdastream.runtime.init_error import InitError
from lambdastream.runtime.invocation import Invocation
from lambdastream.runtime.platform_log import MEGABYTE, Phase, PlatformLog
from lambdastream.runtime.processes.environment_processes import EnvironmentProcesses, ExitedError
from lambdastream.runtime.processes.memory import MemoryWatch
from lambdastream.runtime.programs import Deployable
from lambdastream.runtime.runtime_api import RuntimeApi
from lambdastream.runtime.shutdown import Shutdown
from lambdastream.runtime.variables import extension_variables
from lambdastream.wire import function_error, log_lines


class ExecutionEnvironment:
    """One environment, from its cold start to its end.

    ``init_phase`` is when its init began and when it ended, on the monotonic clock; ``None`` until it has ended well.
    """

    def __init__(self, package: Deployable, host: Host) -> None:
        self.description = package.description
        self.log_stream = new_log_stream(self.description.version)
        self._host = host
        self._log = host.function_log(self.description, self.log_stream)
        self._api = RuntimeApi(self.description, host.limits, self.description.reference.arn, self._log.write)
        self._processes = EnvironmentProcesses()
        self._programs = package.programs(host, self._log.write, self._processes)
        self._credentials = host.credentials(self.description)
        self._port = host.ports.take() if self._programs.extensions else None
        self._shutdown = Shutdown(self._api.extensions, host.limits.shutdown)
        self._platform_log = PlatformLog(self.description, self._log)
        watched = host.limits.memory and not package.limits_memory
        limit = self.description.memory * MEGABYTE if watched else None
        self.init_phase: tuple[float, float] | None = None
        self._timer: asyncio.TimerHandle | None = None
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
        ended = time.monotonic()
        self.init_phase = began, ended
        self._platform_log.init_ended(ended - began, phase)
        self._processes.read_output()

    def freeze(self) -> None:
        """Stop its processes until the next invocation, or its end. Only when it is ready: what is under way would stop."""
        self._processes.freeze()

    def dispatch(self, invocation: Invocation, over: Callable[[bool], None]) -> None:
        """Hand an invocation to the waiting runtime, at once. ``end`` must follow.

        ``over`` is called once: with ``True`` when the runtime asks for the next event, with ``False`` when the time is up.
        It is not when a process ends meanwhile: then it is ``fail_exited`` that has to be called.
        """
        timeout = self.description.timeout
        self._processes.thaw()
        invocation.begin(timeout)
        self._timer = asyncio.get_running_loop().call_later(timeout, self._time_out, invocation, over)
        self._memory.start()
        self._api.dispatch(invocation, partial(self._settle, over))
        # The runtime is at work by now. What it prints is read later.
        self._platform_log.invocation_started(invocation)

    def end(self, invocation: Invocation) -> None:
        """The dispatched invocation is over, or given up: it has its last lines in the log."""
        self._stop_waiting()
        self._memory.stop()
        self._report(invocation)
        self._api.forget()

    async def fail_exited(self, invocation: Invocation) -> None:
        """A process has ended in the middle of an invocation, which fails."""
        self._stop_waiting()
        error = await self._processes.exit_error()
        message = function_error.runtime_exited(invocation.request_id, error.reason)
        self._shutdown.reason = "failure"
        self._platform_log.exited(error.error_type, message, reported_as=self._reported(error.error_type))
        invocation.fail(error.error_type, message)

    @property
    def output_lags(self) -> bool:
        """Whether what its programs have printed may come later than what they say in the Runtime API."""
        return self._processes.output_lags

    async def output_settled(self) -> None:
        """Wait until what its programs have printed can be read."""
        await self._processes.output_settled()

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
        self._programs.close()
        self._log.close()

    async def _init(self) -> None:
        variables = self._programs.variables(
            runtime_api=await self._api.listen(), log_stream=self.log_stream, port=self._port
        )
        if self._credentials is not None:
            variables |= self._credentials.variables()
        for path in self._programs.extensions:
            self._processes.add(await self._programs.start_extension(path, extension_variables(variables)))
        names = [Path(path).name for path in self._programs.extensions]
        await self._init_step(lambda: all(self._api.extensions.named(name) for name in names))
        self._processes.add(await self._programs.start_runtime(variables))
        await self._init_step(lambda: self._api.idle)

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
        if self.description.image and self._programs.extensions and not self._api.extensions.by_identifier:
            return "Its extensions did not call: the containers reach no port of this machine, or are slow to start."
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
        exceeded = self._memory.exceeded or self._processes.out_of_memory
        return function_error.RUNTIME_OUT_OF_MEMORY if exceeded else error_type

    def _settle(self, over: Callable[[bool], None]) -> None:
        self._stop_waiting()
        over(True)

    def _time_out(self, invocation: Invocation, over: Callable[[bool], None]) -> None:
        self._stop_waiting()
        self._shutdown.reason = "timeout"
        self._platform_log.timed_out(invocation)
        message = function_error.timed_out(invocation.request_id, self.description.timeout)
        invocation.fail(function_error.SANDBOX_TIMED_OUT, message)
        over(False)

    def _stop_waiting(self) -> None:
        self._api.leave_idle()
        if self._timer is not None:
            self._timer.cancel()

    def _report(self, invocation: Invocation) -> None:
        seconds = time.monotonic() - invocation.started_at
        self._processes.read_output()
        self._platform_log.invocation_ended(invocation, seconds, self._memory.shown(self._processes.peak_memory()))
