"""What a stream costs here: every measurement through LWA and at uvicorn alone, in one interleaved run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Final

from benchmarks import evenness, first_byte, small_chunks, throughput
from benchmarks.figures import Figure, Spec, compare
from benchmarks.measurement import Measurement, Side
from benchmarks.report import say
from benchmarks.servers import Sides, both_sides
from lambdastream.control.project import Project
from lambdastream.errors import LocalAwsError, WireError

ROUNDS: Final = 7
REQUESTS: Final = 500
QUICK_ROUNDS: Final = 1
QUICK_REQUESTS: Final = 50

Samples = dict[str, dict[str, list[float]]]
"""By name of a sample, by name of a side: one number a round."""


def measure(project: Project, *, quick: bool) -> list[Figure]:
    """Start both sides, run every measurement in rounds, and compare. Raises ``LambdastreamError``."""
    measurements = [
        first_byte.measurement(requests=QUICK_REQUESTS if quick else REQUESTS),
        throughput.measurement(),
        small_chunks.measurement(),
        evenness.measurement(),
    ]
    with both_sides(project) as sides:
        samples = run_rounds(QUICK_ROUNDS if quick else ROUNDS, measurements, sides)
    specs = [spec for measurement in measurements for spec in measurement.specs]
    return [compare(spec, sides.uvicorn.name, _pairs(samples, spec, sides)) for spec in specs]


def run_rounds(rounds: int, measurements: Sequence[Measurement[Side]], sides: Sides) -> Samples:
    """Take turns: in each round every measurement is made on both sides; who goes first changes with the round."""
    samples: Samples = defaultdict(lambda: defaultdict(list))
    order = [sides.uvicorn, sides.lwa]
    for number in range(1, rounds + 1):
        say(f"streams: round {number} of {rounds}")
        for measurement, side in product(measurements, order):
            for name, sample in _measure(measurement, side).items():
                samples[name][side.name].append(sample)
        order.reverse()
    return samples


def _measure(measurement: Measurement[Side], side: Side) -> Mapping[str, float]:
    try:
        return measurement.measure(side)
    except WireError as error:
        raise LocalAwsError(
            f"{side.name} does not answer as it should, in {measurement.specs[0].name}: {error.problem}",
            next_step="See whether it happens again: make bench ARGS=--quick",
        ) from error


def _pairs(samples: Samples, spec: Spec, sides: Sides) -> list[tuple[float, float]]:
    """What each round measured, through LWA and at the peer."""
    sampled = samples[spec.difference_of or spec.name]
    return list(zip(sampled[sides.lwa.name], sampled[sides.uvicorn.name], strict=True))
