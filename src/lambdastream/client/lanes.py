"""The lanes of a race: one thread each, started together, on one clock."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from concurrent import futures
from functools import partial
from types import TracebackType
from typing import Any, Self

import httpx

from lambdastream.client.record import Take, session
from lambdastream.client.recording import Chunk, Recording
from lambdastream.errors import UsageError

LONGEST_STOP = 2.0
"""Seconds that leaving a race waits for its threads.

One that still connects, or waits for a head on a connection that was kept alive before, ends by itself later: there
is no way to its socket.
"""


class RunningRace:
    """A race under way, from ``with RunningRace(urls) as running`` on.

    Leaving the block, also by an exception, ends what still runs. Each URL gets the same ``method`` and
    ``request``. ``on_chunk(name, chunk)`` is called in the thread of the lane.
    """

    def __init__(
        self,
        urls: Mapping[str, str],
        *,
        method: str = "GET",
        on_chunk: Callable[[str, Chunk], None] | None = None,
        client: httpx.Client | None = None,
        **request: Any,
    ) -> None:
        if not urls:
            next_step = 'Name at least one URL: {"name": "http://..."}.'
            raise UsageError("There is nothing to race.", next_step=next_step)
        self._started = 0.0
        self._request = request
        self._barrier = threading.Barrier(len(urls), action=self._start_clock)
        self._until_the_end = contextlib.ExitStack()
        self._client = self._until_the_end.enter_context(session(client))
        self._takes = {
            name: Take(method, url, on_chunk=partial(on_chunk, name) if on_chunk else None)
            for name, url in urls.items()
        }
        self._futures: dict[str, futures.Future[Recording]] = {name: futures.Future() for name in urls}
        # Daemons: a lane that hangs must not keep the interpreter from ending.
        self._threads = [
            threading.Thread(target=self._run, args=(name,), name=f"lane {name}", daemon=True) for name in urls
        ]

    def __enter__(self) -> Self:
        try:
            for thread in self._threads:
                thread.start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait at most ``timeout`` seconds until all lanes ended or one failed; say whether that is so."""
        done, running = futures.wait(self._futures.values(), timeout, futures.FIRST_EXCEPTION)
        return not running or any(future.exception() for future in done)

    def elapsed(self) -> float:
        """Give the seconds since all lanes started; 0 before that."""
        return time.perf_counter() - self._started if self._started else 0.0

    def ended(self) -> dict[str, Recording]:
        """Give the recordings of the lanes that have ended by now and have not failed."""
        done = {name: future for name, future in self._futures.items() if future.done()}
        return {name: future.result() for name, future in done.items() if future.exception() is None}

    def result(self) -> dict[str, Recording]:
        """Give the recordings of all lanes, for which it waits; raise what made a lane fail."""
        self.wait()
        for future in self._futures.values():
            if future.done():
                future.result()
        return self.ended()

    def _start_clock(self) -> None:
        self._started = time.perf_counter()

    def _run(self, name: str) -> None:
        take, future = self._takes[name], self._futures[name]
        try:
            self._barrier.wait()
            take.started = self._started
            future.set_result(take.run(self._client, **self._request))
        except BaseException as exc:  # noqa: BLE001 - it belongs to whoever waits for the lane
            future.set_exception(exc)

    def _stop(self) -> None:
        with self._until_the_end:
            self._barrier.abort()
            for take in self._takes.values():
                take.signal.abort()
            deadline = time.monotonic() + LONGEST_STOP
            for thread in filter(threading.Thread.is_alive, self._threads):
                thread.join(max(0.0, deadline - time.monotonic()))
