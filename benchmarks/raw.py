"""What a stream costs here without any app: a raw runtime behind the local AWS, beside cargo-lambda and the RIE."""

from __future__ import annotations

from typing import Final

from benchmarks import first_byte, invocation, raw_runtime, throughput
from benchmarks.cargo_lambda import cargo_lambda
from benchmarks.figures import Figure, prefixed
from benchmarks.local_aws import MeasuredAws, temporary_local_aws
from benchmarks.measurement import Side
from benchmarks.rie import rie
from benchmarks.rounds import Rounds
from lambdastream.control.project import Project

ROUNDS: Final = 5
REQUESTS: Final = 200  # the peer takes 43 ms for each
QUICK_ROUNDS: Final = 1
QUICK_REQUESTS: Final = 50
THROUGHPUT: Final = 1.0
PREFIX: Final = "raw runtime: "


def measure(project: Project, *, quick: bool) -> list[Figure]:
    """Start the raw runtime on every way, and measure in rounds. Raises ``LambdastreamError``."""
    del project
    rounds = Rounds("raw", QUICK_ROUNDS if quick else ROUNDS)
    requests = QUICK_REQUESTS if quick else REQUESTS
    with temporary_local_aws() as aws:
        ours = Side("local AWS", aws.deploy(raw_runtime.description(aws.folder / "raw")))
        aws.settle()
        figures = [*_streamed(aws, ours, rounds, requests), *_invoked(aws, rounds, requests)]
    return prefixed(PREFIX, figures)


def _streamed(aws: MeasuredAws, ours: Side, rounds: Rounds, requests: int) -> list[Figure]:
    measurements = [
        first_byte.measurement(requests=requests, specs=first_byte.RAW_SPECS),
        first_byte.on_new_connections(requests=requests),
        throughput.measurement(THROUGHPUT),
    ]
    with cargo_lambda(aws.folder, aws.watchdog) as peer:
        return rounds.compare(measurements, ours, peer)


def _invoked(aws: MeasuredAws, rounds: Rounds, requests: int) -> list[Figure]:
    with rie(aws.folder, aws.watchdog) as peer:
        ours = invocation.Signer(aws).call(raw_runtime.NAME, invocation.EVENT)
        return rounds.compare([invocation.measurement(requests=requests)], ours, peer)
