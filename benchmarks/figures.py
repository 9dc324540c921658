"""Figures: what samples of both sides come to, and whether that is what was wanted."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final, Literal

RELATIONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A target for a figure's value or its ratio."""

    number: Literal["value", "ratio"]
    relation: Literal["<=", "<", ">="]
    limit: float

    def __str__(self) -> str:
        return f"{self.number} {self.relation} {self.limit:g}"

    def holds(self, number: float) -> bool:
        """Whether the measured number is as wanted."""
        return RELATIONS[self.relation](number, self.limit)


@dataclass(frozen=True, slots=True)
class Spec:
    """What a figure is made from: the samples of its ``name``, in ``unit``.

    With ``difference_of`` it is how much more the samples of that name are through LWA than at the peer; such a figure
    has no peer and no ratio.
    """

    name: str
    unit: str
    wanted: Wanted | None = None
    difference_of: str | None = None


@dataclass(frozen=True, slots=True)
class Peer:
    """What the same was without Lambda, in the figure's unit."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the results. ``ratio`` is the value over the peer's; what does not apply is ``None``."""

    figure: str
    value: float
    unit: str
    peer: Peer | None
    ratio: float | None
    wanted: str | None
    holds: bool | None


def compare(spec: Spec, peer: str, pairs: Sequence[tuple[float, float]]) -> Figure:
    """Make a figure of what each round measured, through LWA and at the peer.

    Each round is compared with itself first, since both its sides saw the same machine; then the median is taken.
    """
    if spec.difference_of:
        return _figure(spec, median(ours - theirs for ours, theirs in pairs), None, None)
    # What takes nothing has no ratio to it.
    ratio = median(ours / theirs for ours, theirs in pairs) if all(theirs > 0 for _, theirs in pairs) else None
    theirs = Peer(peer, significant(median(theirs for _, theirs in pairs)))
    return _figure(spec, median(ours for ours, _ in pairs), theirs, ratio)


def alone(spec: Spec, samples: Sequence[float]) -> Figure:
    """Make a figure of what each round measured of something that has no peer: the median."""
    return _figure(spec, median(samples), None, None)


def prefixed(prefix: str, figures: Sequence[Figure]) -> list[Figure]:
    """The figures with names that begin with ``prefix``, where two parts measure the same."""
    return [replace(figure, figure=prefix + figure.figure) for figure in figures]


def _figure(spec: Spec, value: float, peer: Peer | None, ratio: float | None) -> Figure:
    wanted = spec.wanted
    judged = ratio if wanted and wanted.number == "ratio" else value
    return Figure(
        figure=spec.name,
        value=significant(value),
        unit=spec.unit,
        peer=peer,
        ratio=None if ratio is None else significant(ratio),
        wanted=str(wanted) if wanted else None,
        holds=wanted.holds(judged) if wanted and judged is not None else None,
    )


def percentile(samples: Sequence[float], share: float) -> float:
    """The sample that ``share`` of all (0 to 1) do not exceed, by nearest rank."""
    return sorted(samples)[max(math.ceil(share * len(samples)), 1) - 1]


def significant(number: float) -> float:
    """The number with four digits that count."""
    return float(f"{number:.4g}")
