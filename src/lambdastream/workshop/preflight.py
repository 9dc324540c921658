"""The preflight: everything that the lab needs, checked by using it, ending with the race run for real."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from lambdastream.client import Race, race, record
from lambdastream.control.local_aws import DeployedFunction, LocalAws
from lambdastream.control.project import Project
from lambdastream.errors import SetupError
from lambdastream.runtime.adapter import find_adapter
from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.interpreter import managed_runtime, own_runtime
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
    _timed(say, "the app and its requirements", lambda: demo.build(project))


def run_race(project: Project, local_aws: LocalAws, say: Say) -> list[Check]:
    """Deploy the app twice, race the two, print what was measured; returns what must hold."""
    built = demo.build(project)
    mangum = _timed(say, "deployed behind Mangum", lambda: _deploy_warm(local_aws, demo.behind_mangum(built)))
    lwa = _timed(say, "deployed behind the Lambda Web Adapter", lambda: _deploy_warm(local_aws, demo.behind_lwa(built)))
    lanes = {"Mangum": mangum.at(demo.RACE_PATH), "LWA": lwa.at(demo.RACE_PATH)}
    result = _race(lanes)
    say(f"the race is run\n\n{result}\n\n{result.verdict()}\n")
    return checks(result)


def _race(lanes: dict[str, str]) -> Race:
    """A race. One in which a claim fails is run again: a machine that is busy for a moment is late."""
    result = race(lanes, method="POST")
    for _ in range(ATTEMPTS - 1):
        if all(check.holds for check in checks(result)):
            break
        result = race(lanes, method="POST")
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


def _deploy_warm(local_aws: LocalAws, description: FunctionDescription) -> DeployedFunction:
    """Deploy, and make one request, so that the race is between warm functions."""
    function = local_aws.deploy(description)
    answer = record("GET", function.at("/"))
    if answer.status != 200:  # noqa: PLR2004
        raise SetupError(
            f"The function {function.name} answers {answer.status}: {answer.text}",
            next_step=f"See its log: lambdastream logs {function.name}",
        )
    return function


def _timed(say: Say, what: str, work: Callable[[], Result]) -> Result:
    began = time.perf_counter()
    result = work()
    say(f"{what} ({time.perf_counter() - began:.1f} s)")
    return result
