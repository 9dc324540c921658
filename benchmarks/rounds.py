"""Rounds in which the sides of a comparison take turns, so that each round compares what saw the same machine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol, TypeVar

from benchmarks.figures import Figure, Spec, alone, compare
from benchmarks.measurement import Measurement
from benchmarks.report import say
from lambdastream.errors import LocalAwsError, WireError


class Named(Protocol):
    """What is compared has a name."""

    @property
    def name(self) -> str:
        """Its name in the results."""


Compared = TypeVar("Compared", bound=Named)
Samples = Mapping[str, Mapping[str, Sequence[float]]]
"""By name of a sample, by name of a side: one number a round."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """So many rounds of the part of this name."""

    part: str
    count: int

    def compare(
        self, measurements: Sequence[Measurement[Compared]], ours: Compared, peer: Compared | None
    ) -> list[Figure]:
        """Make every measurement on both sides in each round, and figures of them; without a peer there is no ratio.

        Raises ``LocalAwsError`` when a side does not answer as it should.
        """
        samples = self._samples(measurements, [ours] if peer is None else [peer, ours])
        specs = [spec for measurement in measurements for spec in measurement.specs]
        return [_figure(spec, samples, ours, peer) for spec in specs]

    def _samples(self, measurements: Sequence[Measurement[Compared]], sides: Sequence[Compared]) -> Samples:
        """Take turns: who goes first changes with the round."""
        samples: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for number in range(1, self.count + 1):
            say(f"{self.part}: round {number} of {self.count}")
            order = sides if number % 2 else sides[::-1]
            for measurement, side in product(measurements, order):
                for name, sample in _measure(measurement.measure, measurement.specs[0].name, side).items():
                    samples[name][side.name].append(sample)
        return samples


def _figure(spec: Spec, samples: Samples, ours: Named, peer: Named | None) -> Figure:
    sampled = samples[spec.difference_of or spec.name]
    if peer is None:
        return alone(spec, sampled[ours.name])
    return compare(spec, peer.name, list(zip(sampled[ours.name], sampled[peer.name], strict=True)))


def _measure(measure: Callable[[Compared], Mapping[str, float]], figure: str, side: Compared) -> Mapping[str, float]:
    try:
        return measure(side)
    except WireError as error:
        raise LocalAwsError(
            f"{side.name} does not answer as it should, in {figure}: {error.problem}",
            next_step="See whether it happens again: make bench ARGS=--quick",
        ) from error
