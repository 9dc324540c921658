"""Fifty execution environments that stream at once, a chunk each 50 ms: how late chunks come, also during a deployment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Final

from benchmarks import raw_runtime
from benchmarks.aws_client import session
from benchmarks.cargo_lambda import cargo_lambda
from benchmarks.figures import Figure, Spec, Wanted, percentile
from benchmarks.http_client import Address
from benchmarks.local_aws import UNPACED, temporary_local_aws
from benchmarks.measurement import Measurement
from benchmarks.nothing_between import NAME as NOTHING_BETWEEN
from benchmarks.nothing_between import nothing_between
from benchmarks.report import say
from benchmarks.rounds import Rounds
from benchmarks.stamped_streams import Stream, UrlStream, lags
from benchmarks.workspace import Workspace, copy_project
from lambdastream.control.project import Project

ENVIRONMENTS: Final = 50
ROUNDS: Final = 3
CHUNKS: Final = 100
QUICK_CHUNKS: Final = 20
WHAT: Final = "50 environments, a chunk each 50 ms: lag of a chunk"
P50: Final = f"{WHAT}, p50"
P99: Final = f"{WHAT}, p99"
BARE: Final = f"{P99}, nothing between"
WITH_SAM: Final = f"{WHAT} while sam deploy runs, p99"
SPECS: Final = (Spec(P50, "ms"), Spec(P99, "ms", Wanted("value", "<=", 10)))
BARE_SPECS: Final = (Spec(BARE, "ms"),)
SAM_SPECS: Final = (Spec(WITH_SAM, "ms", Wanted("value", "<=", 20)),)
LIMITS: Final = replace(UNPACED, environments=2 * ENVIRONMENTS)


@dataclass(frozen=True, slots=True)
class Streams:
    """Fifty streams that come on one way."""

    name: str
    streams: Sequence[Stream]


def measure(project: Project, *, quick: bool, sam: bool) -> list[Figure]:
    """Start the environments on every way, and measure in rounds: ``quick`` is a short one, ``sam`` whether it deploys.

    Raises ``LambdastreamError``.
    """
    rounds = Rounds("fifty", 1 if quick else ROUNDS)
    with temporary_local_aws(LIMITS) as aws, ExitStack() as stack:
        ours = _from_url("local AWS", aws.deploy(raw_runtime.description(aws.folder / "raw")), stack)
        aws.settle()
        bare = Streams(
            NOTHING_BETWEEN,
            stack.enter_context(nothing_between(aws.folder, aws.watchdog, environments=ENVIRONMENTS)),
        )
        figures = []
        with cargo_lambda(aws.folder, aws.watchdog, environments=ENVIRONMENTS) as running, ExitStack() as peers:
            peer = _from_url(running.name, running.app, peers) if running else None
            chunks = QUICK_CHUNKS if quick else CHUNKS
            figures += rounds.compare([Measurement(SPECS, partial(_measure, chunks))], ours, peer)
            figures += rounds.compare([Measurement(BARE_SPECS, partial(_measure, chunks))], bare, None)
        if not sam:
            say("fifty: nothing with sam, since this is quick")
            return figures
        copy_project(project, aws.folder)
        place = Workspace(aws.folder, aws.watchdog, session())
        place.sam("build", "--exclude", "Agent")
        deploying = Measurement(SAM_SPECS, partial(_while_sam_deploys, place, count(1)))
        return [*figures, *rounds.compare([deploying], ours, bare)]


def _from_url(name: str, address: Address, stack: ExitStack) -> Streams:
    streams = [UrlStream(address) for _ in range(ENVIRONMENTS)]
    for stream in streams:
        stack.enter_context(stream.connection)
    lags(streams, QUICK_CHUNKS)  # the cold starts
    return Streams(name, streams)


def _measure(chunks: int, measured: Streams) -> dict[str, float]:
    found = lags(measured.streams, chunks)
    p99 = percentile(found, 0.99)
    return {P50: percentile(found, 0.50), P99: p99, BARE: p99}


def _while_sam_deploys(place: Workspace, numbers: Iterator[int], measured: Streams) -> dict[str, float]:
    """All chunks that come while a stack of a new name is deployed, for the first time."""
    found: list[float] = []

    def stream(deploys: Callable[[], bool]) -> None:
        found.extend(lags(measured.streams, CHUNKS, while_true=deploys))

    place.sam("deploy", "--stack-name", f"bench-{next(numbers)}", meanwhile=stream)
    return {WITH_SAM: percentile(found, 0.99)}
