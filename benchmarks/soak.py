"""A soak: minutes of mixed requests, during which the data plane's memory stays flat, and after which nothing is left."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import median
from typing import Final

from benchmarks import raw_runtime, soak_requests
from benchmarks.figures import Figure, Spec, Wanted, alone
from benchmarks.invocation import Signer
from benchmarks.local_aws import UNPACED, MeasuredAws, temporary_local_aws
from benchmarks.process_figures import descendants, descriptors, resident_mb
from benchmarks.soak_requests import Functions
from lambdastream.control.project import Project
from lambdastream.errors import LocalAwsError, WireError

SECONDS: Final = 180.0
CLIENTS: Final = 3
IDLE_SECONDS: Final = 2.0
WARM_UP_SHARE: Final = 0.25
POINTS: Final = 120
SETTLE_SECONDS: Final = 30.0
STILL_SECONDS: Final = 1.0
STEP_SECONDS: Final = 0.1
LIMITS: Final = replace(UNPACED, idle=IDLE_SECONDS)
REQUESTS: Final = Spec("soak: requests", "")
SLOPE: Final = Spec("soak: growth of memory after the warm-up, a minute", "MB", Wanted("value", "<=", 0.5))
DESCRIPTORS: Final = Spec("soak: descriptors left open", "", Wanted("value", "<=", 0))
PROCESSES: Final = Spec("soak: processes left", "", Wanted("value", "<=", 0))


@dataclass(frozen=True, slots=True)
class Open:
    """What the data plane has, when it has nothing to do."""

    descriptors: int
    processes: int


def measure(project: Project, *, quick: bool, seconds: float = SECONDS) -> list[Figure]:
    """Ask for so long. Raises ``LambdastreamError``, also for the first answer that is not as it should be."""
    del project
    with temporary_local_aws(LIMITS) as aws:
        functions = _deploy(aws)
        aws.settle()
        _ask_once(functions)
        before = _at_rest(aws)
        samples, requests = Soak(functions, aws.pid).run(4 * IDLE_SECONDS if quick else seconds)
        after = _at_rest(aws)
    return [
        alone(REQUESTS, [requests]),
        alone(SLOPE, [slope(samples) * 60]),
        alone(DESCRIPTORS, [after.descriptors - before.descriptors]),
        alone(PROCESSES, [after.processes - before.processes]),
    ]


def slope(samples: Sequence[tuple[float, float]]) -> float:
    """How fast the second number grows with the first: the median of all pairs (Theil and Sen), which peaks do not move."""
    return median((later[1] - earlier[1]) / (later[0] - earlier[0]) for earlier, later in combinations(samples, 2))


class Soak:
    """Clients that ask until their time is over, and the data plane's memory meanwhile."""

    def __init__(self, functions: Functions, pid: int) -> None:
        self._functions = functions
        self._pid = pid
        self._over = threading.Event()
        self._requests = 0
        self._counting = threading.Lock()

    def run(self, seconds: float) -> tuple[list[tuple[float, float]], int]:
        """Returns the memory in megabytes, by seconds, after the warm-up; and how many requests there were.

        Raises ``LocalAwsError`` for the first answer that is not as it should be.
        """
        works = [self._mixed(number) for number in range(CLIENTS)]
        works += [self._again(soak_requests.timed_out), self._again(soak_requests.cold, pause=1.5 * IDLE_SECONDS)]
        with ThreadPoolExecutor(len(works)) as pool:
            running = [pool.submit(self._work, work) for work in works]
            try:
                samples = []
                begun = time.monotonic()
                while (now := time.monotonic() - begun) < seconds and all(not each.done() for each in running):
                    if now > WARM_UP_SHARE * seconds:
                        samples.append((now, resident_mb(self._pid)))
                    wait(running, seconds / POINTS, FIRST_EXCEPTION)
            finally:
                self._over.set()
        _raise_first(each.exception() for each in running)
        return samples, self._requests

    def _mixed(self, number: int) -> Iterator[Callable[[Functions], None]]:
        """All kinds of requests, shuffled: the same each time, and another order for each client."""
        chance = random.Random(number)  # noqa: S311 - no secret
        kinds = [kind for kind, often in soak_requests.MIX.items() for _ in range(often)]
        while True:
            chance.shuffle(kinds)
            yield from kinds

    def _again(self, kind: Callable[[Functions], None], *, pause: float = 0.0) -> Iterator[Callable[[Functions], None]]:
        """One kind, with a pause before each."""
        while not self._over.wait(pause):
            yield kind

    def _work(self, requests: Iterator[Callable[[Functions], None]]) -> None:
        for request in requests:
            if self._over.is_set():
                return
            try:
                request(self._functions)
            except (WireError, OSError) as error:
                raise LocalAwsError(
                    f"The local AWS does not answer as it should, when a request is {request.__name__}: {error}",
                    next_step="See whether it happens again: make bench ARGS='--only soak'",
                ) from error
            with self._counting:
                self._requests += 1


def _raise_first(errors: Iterator[BaseException | None]) -> None:
    for error in errors:
        if error is not None:
            raise error


def _deploy(aws: MeasuredAws) -> Functions:
    code = aws.folder / "raw"
    brief = raw_runtime.description(code, name="bench-brief", timeout=1)
    aws.local_aws.deploy(brief)
    return Functions(
        url=aws.deploy(raw_runtime.description(code)),
        seldom_url=aws.deploy(raw_runtime.description(code, name="bench-seldom")),
        name=raw_runtime.NAME,
        brief_name=brief.name,
        signer=Signer(aws),
    )


def _ask_once(functions: Functions) -> None:
    """One request of each kind: what the first ones take for good is no leak."""
    for request in (*soak_requests.MIX, soak_requests.timed_out, soak_requests.cold):
        request(functions)


def _at_rest(aws: MeasuredAws) -> Open:
    """What is open when all environments have been evicted, and nothing has changed for a while."""
    deadline = time.monotonic() + SETTLE_SECONDS
    found, since = Open(descriptors(aws.pid), len(descendants(aws.pid))), time.monotonic()
    while time.monotonic() < min(deadline, since + STILL_SECONDS):
        time.sleep(STEP_SECONDS)
        now = Open(descriptors(aws.pid), len(descendants(aws.pid)))
        evicted = not any(function["environments"] for function in aws.local_aws.status()["functions"])
        if now != found or not evicted:
            found, since = now, time.monotonic()
    return found
