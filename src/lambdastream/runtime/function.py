"""A deployed function: its execution environments, and the invocations that wait for one.

An invocation goes to an idle environment, the most recently used one first. When none is idle a new one is started, up to
the limit; beyond it, invocations are throttled.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from functools import partial
from typing import Any, Final, Literal

from lambdastream.runtime.concurrency import Concurrency
from lambdastream.runtime.environment import ExecutionEnvironment
from lambdastream.runtime.host import Host
from lambdastream.runtime.idle_environments import IdleEnvironments
from lambdastream.runtime.init_error import InitError
from lambdastream.runtime.invocation import RESERVED_CONCURRENCY_EXCEEDED, Invocation
from lambdastream.runtime.programs import Deployable
from lambdastream.wire.function_error import SANDBOX_TIMED_OUT

FINISHING: Final = 0.05
"""Seconds that an invocation waits for an environment which has just answered, before another one is started."""

STOPPED: Final = ("ServiceException", "The function was stopped: it is removed or replaced, or the local AWS ends.")

State = Literal["starting", "idle", "frozen", "busy", "stopping"]


class Function:
    """A function that can be invoked. ``stop`` ends everything that it started, ``finish`` lets what is under way end first.

    ``concurrency`` is shared by all versions of one function.
    """

    def __init__(self, package: Deployable, host: Host, concurrency: Concurrency | None = None) -> None:
        self.package = package
        self.concurrency = concurrency or Concurrency(package.description.reserved_concurrency)
        self.description = package.description
        self._host = host
        self._states: dict[ExecutionEnvironment, State] = {}
        self._idle = IdleEnvironments(host.limits.idle, self._evict)
        self._waiting: deque[Invocation] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._serving: dict[ExecutionEnvironment, Invocation] = {}
        self._ending: set[ExecutionEnvironment] = set()
        self._stopped = False
        self._finishes = False

    @property
    def environments(self) -> list[tuple[ExecutionEnvironment, State]]:
        """Every environment and what it does now. One that is idle is ``frozen`` when its processes are stopped."""
        return [(each, "frozen" if each.frozen and state == "idle" else state) for each, state in self._states.items()]

    def environment_of(self, invocation: Invocation) -> ExecutionEnvironment | None:
        """The environment that has the invocation now. There is none before it is dispatched, and once it is over."""
        return next((each for each, served in self._serving.items() if served is invocation), None)

    def invoke(self, invocation: Invocation) -> None:
        """Serve the invocation, now or as soon as an environment can. Its sink hears of the outcome, whatever it is."""
        observer = self._host.observer
        if observer is not None:
            observer.invoked(self, invocation)
        if self._stopped:
            invocation.fail(*STOPPED)
            return
        if not self.concurrency.take():
            invocation.throttle(RESERVED_CONCURRENCY_EXCEEDED)
            return
        invocation.when_answered = self.concurrency.give_back
        self._waiting.append(invocation)
        if self._idle:
            self._assign()
        elif len(self._waiting) > self._count("starting") + self._finishing():
            self._start_or_throttle()
        else:
            asyncio.get_running_loop().call_later(FINISHING, self._hurry, invocation)

    async def finish(self) -> None:
        """End all environments, each as soon as it is idle, then stop. It lasts as long as what is under way."""
        self._finishes = True
        while self._idle:
            self._evict(self._idle.pop())
        while self._states and self._tasks:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        await self.stop()

    async def stop(self) -> None:
        """End all environments; invocations that are under way, and those that come later, fail."""
        self._stopped = True
        under_way = [*self._serving.values(), *self._waiting]
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for environment, invocation in self._serving.items():
            environment.end(invocation)
        self._serving.clear()
        for invocation in under_way:
            invocation.fail(*STOPPED)
        self._waiting.clear()
        self._idle.clear()
        await asyncio.gather(*(environment.stop() for environment in self._states))
        self._states.clear()

    def _count(self, state: State) -> int:
        return sum(1 for current in self._states.values() if current == state)

    def _finishing(self) -> int:
        """How many environments have answered and will be idle in a moment, when their runtime asks for its next event."""
        return sum(1 for invocation in self._serving.values() if invocation.answered)

    def _assign(self) -> None:
        while self._waiting and self._idle:
            environment = self._idle.pop()
            if not environment.ready:
                self._evict(environment)
                continue
            invocation = self._waiting.popleft()
            self._states[environment] = "busy"
            self._serving[environment] = invocation
            environment.dispatch(invocation, partial(self._over, environment))

    def _over(self, environment: ExecutionEnvironment, reusable: bool) -> None:
        """An invocation is over, and the next one may wait for this: no task, no turn of the event loop."""
        if environment.output_lags:
            self._ending.add(environment)
            self._run(self._end_later(environment, reusable))
        else:
            self._end(environment, reusable)

    async def _end_later(self, environment: ExecutionEnvironment, reusable: bool) -> None:
        await environment.output_settled()
        self._ending.remove(environment)
        self._end(environment, reusable)

    def _end(self, environment: ExecutionEnvironment, reusable: bool) -> None:
        environment.end(self._serving.pop(environment))
        if reusable:
            self._offer(environment)
        else:
            self._evict(environment)

    def _offer(self, environment: ExecutionEnvironment) -> None:
        """The environment is free: it takes the next invocation, or waits for one."""
        self._states[environment] = "idle"
        self._idle.push(environment)
        self._assign()
        if self._states[environment] != "idle":
            return
        if self._finishes:
            self._idle.remove(environment)
            self._evict(environment)
        elif self._host.limits.freeze:
            environment.freeze()

    async def _watch(self, environment: ExecutionEnvironment) -> None:
        """An environment that dies while it is idle must not be given an invocation; one that it has fails."""
        await environment.until_exit()
        invocation = self._serving.get(environment)
        if invocation is not None and environment not in self._ending:
            await environment.fail_exited(invocation)
            self._over(environment, reusable=False)
        elif self._idle.remove(environment):
            await self._retire(environment)

    def _evict(self, environment: ExecutionEnvironment) -> None:
        # Now, and not when the task runs: an invocation that comes in between may have another one.
        self._states[environment] = "stopping"
        self._run(self._retire(environment))

    async def _retire(self, environment: ExecutionEnvironment) -> None:
        self._states[environment] = "stopping"
        self._replace()
        await environment.stop()
        self._states.pop(environment, None)

    def _hurry(self, invocation: Invocation) -> None:
        """The environment that was about to be idle is not: the invocation needs one of its own."""
        if invocation in self._waiting:
            self._replace()

    def _replace(self) -> None:
        """Invocations may wait for an environment that is gone: start others."""
        while len(self._waiting) > self._count("starting") and not self._idle:
            self._start_or_throttle()

    def _start_or_throttle(self) -> None:
        if len(self._states) - self._count("stopping") < self._host.limits.environments:
            self._start_one()
        else:
            self._waiting.pop().throttle()

    def _start_one(self, *, limit: float | None = None) -> None:
        environment = ExecutionEnvironment(self.package, self._host)
        self._states[environment] = "starting"
        self._run(self._start(environment, limit=limit))

    async def _start(self, environment: ExecutionEnvironment, *, limit: float | None) -> None:
        """Start an environment. A first init that takes over 10 s is tried again within the function's own timeout.

        Source: AWS Lambda developer guide, "Understanding the Lambda execution environment lifecycle".
        """
        try:
            await environment.start(limit or self._host.limits.init, "invoke" if limit else "init")
        except InitError as error:
            if error.error_type == SANDBOX_TIMED_OUT and limit is None:
                self._start_one(limit=self.description.timeout)
            else:
                self._fail_one(environment, error)
            await self._retire(environment)
        else:
            self._run(self._watch(environment))
            self._offer(environment)

    def _fail_one(self, environment: ExecutionEnvironment, error: InitError) -> None:
        """An init that fails fails the invocation that it was for; those behind it get environments of their own."""
        if not self._waiting:
            return
        invocation = self._waiting.popleft()
        if invocation.log_tail is not None:
            invocation.log_tail.write("".join(environment.last_lines))
        environment.fail(invocation, error)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
