"""Runs jobs that wait most of their time, a few at once, in one thread: CloudFormation does the work.

A job is a generator. It yields the name of its phase whenever it has to wait, and returns its result. All that are under
way go on by one step each round; before each round the account's stacks are looked at, once for all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Final, TypeVar

Result = TypeVar("Result")
Job = Generator[str, None, Result]
OnPhase = Callable[[str, str], None]

AT_ONCE: Final = 8


def side_by_side(
    jobs: Mapping[str, Job[Result]],
    *,
    look: Callable[[], None],
    on_phase: OnPhase,
    at_once: int = AT_ONCE,
    pause: float = 1.0,
) -> Iterator[tuple[str, Result]]:
    """Run the jobs, at most ``at_once`` at a time; yield each one's name and result as it ends.

    ``look`` is called before each round, ``on_phase`` with a job's name and phase when it waits in a new one. ``pause`` is
    between two rounds in which nothing ended, in seconds.
    """
    waiting = list(jobs)[::-1]
    running: dict[str, str] = {}
    while waiting or running:
        while waiting and len(running) < at_once:
            running[waiting.pop()] = ""
        look()
        ended = 0
        for name in list(running):
            try:
                phase = next(jobs[name])
            except StopIteration as end:
                del running[name]
                ended += 1
                yield name, end.value
                continue
            if phase != running[name]:
                running[name] = phase
                on_phase(name, phase)
        if not ended:
            time.sleep(pause)
