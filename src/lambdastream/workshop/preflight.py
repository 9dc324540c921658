"""The preflight: everything that the lab needs, checked by using it, ending with the race run for real."""

from __future__ import annotations

import functools
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import urljoin

from lambdastream.client import Race, race, record
from lambdastream.control.project import Project, Running
from lambdastream.errors import SetupError
from lambdastream.runtime.interpreter import managed_runtime, own_runtime
from lambdastream.runtime.web_adapter.adapter import find_adapter
from lambdastream.workshop import demo

Result = TypeVar("Result")
Say = Callable[[str], None]

FIRST_BYTE: Final = 0.1
SPREAD: Final = 1.0
TOGETHER: Final = 0.1
ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One claim about the race, what was measured, and whether the claim held."""

    claim: str
    measured: str
    holds: bool


def prepare(project: Project, say: Say) -> None:
    """Get what takes time and needs no local AWS: the adapter, the runtime, the built app. Raises ``SetupError``."""
    if platform.system() != "Linux":
        raise SetupError(
            f"Functions are Linux programs, and this is {platform.system()}.",
            next_step="Use the dev container, a Linux virtual machine, or WSL.",
        )
    say(f"Python {platform.python_version()} on {platform.machine()}")
    adapter = find_adapter(say=say)
    say(f"Lambda Web Adapter {adapter.version}")
    _timed(say, f"runtime {own_runtime()} with awslambdaric", lambda: managed_runtime(own_runtime()))
    _timed(say, "sam build", lambda: demo.build(project))


def run_race(project: Project, running: Running, say: Say) -> list[Check]:
    """Deploy the app twice, race the two, print what was measured; returns what must hold. Raises ``SetupError``."""
    outputs = _timed(say, f"sam deploy, stack {demo.STACK}", lambda: demo.deploy(project, running))
    lanes = demo.lanes(outputs)
    for lane, url in lanes.items():
        _timed(say, f"{lane} answers", functools.partial(_warm_up, demo.function_name(outputs, lane), url))
    result = _race(lanes)
    say(f"the race is run\n\n{result}\n\n{result.verdict()}\n")
    return checks(result)


def _race(lanes: Mapping[str, str]) -> Race:
    """A race. One in which a claim fails is run again: a machine that is busy for a moment is late."""
    result = race(dict(lanes), method="POST")
    for _ in range(ATTEMPTS - 1):
        if all(check.holds for check in checks(result)):
            break
        result = race(dict(lanes), method="POST")
    return result


def checks(result: Race) -> list[Check]:
    """What a sound lab shows: LWA's first byte at once and its last much later, Mangum's together."""
    mangum, lwa = result["Mangum"], result["LWA"]
    statuses = f"{mangum.status} and {lwa.status}, {mangum.error or lwa.error or 'nothing broke'}"
    if not all(each.status == 200 and each.complete and each.chunks for each in (mangum, lwa)):  # noqa: PLR2004
        return [Check("both answers are complete", statuses, holds=False)]
    first, last = lwa.chunks[0].at, lwa.chunks[-1].at
    spread = mangum.chunks[-1].at - mangum.chunks[0].at
    return [
        Check("LWA's first byte comes within 100 ms", f"{first * 1000:.0f} ms", first < FIRST_BYTE),
        Check("LWA's last byte comes at least 1 s later", f"{last - first:.2f} s", last - first >= SPREAD),
        Check("Mangum's first and last byte come together", f"{spread * 1000:.0f} ms apart", spread < TOGETHER),
        Check("both say the same", f"{len(mangum.body)} and {len(lwa.body)} bytes", lwa.body == mangum.body),
    ]


def _warm_up(function: str, url: str) -> None:
    """Make one request, so that the race is between warm functions."""
    answer = record("GET", urljoin(url, "/"))
    if answer.status != 200:  # noqa: PLR2004
        raise SetupError(
            f"The function {function} answers {answer.status}: {answer.text}",
            next_step=f"See its log: lambdastream logs {function}",
        )


def _timed(say: Say, what: str, work: Callable[[], Result]) -> Result:
    began = time.perf_counter()
    result = work()
    say(f"{what} ({time.perf_counter() - began:.1f} s)")
    return result
