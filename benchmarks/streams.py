"""What a stream through the real Lambda Web Adapter costs here: every measurement beside uvicorn alone, interleaved."""

from __future__ import annotations

from typing import Final

from benchmarks import evenness, first_byte, small_chunks, throughput
from benchmarks.figures import Figure, prefixed
from benchmarks.measurement import ChatSide, Measurement
from benchmarks.rounds import Rounds
from benchmarks.servers import both_sides
from lambdastream.control.project import Project

ROUNDS: Final = 7
REQUESTS: Final = 500
QUICK_ROUNDS: Final = 1
QUICK_REQUESTS: Final = 50
THROUGHPUT: Final = 0.5
PREFIX: Final = "through LWA: "


def measure(project: Project, *, quick: bool) -> list[Figure]:
    """Start both sides, run every measurement in rounds, and compare. Raises ``LambdastreamError``."""
    measurements: list[Measurement[ChatSide]] = [
        first_byte.measurement(requests=QUICK_REQUESTS if quick else REQUESTS),
        throughput.measurement(THROUGHPUT),
        small_chunks.measurement(),
        evenness.measurement(),
    ]
    with both_sides(project) as sides:
        rounds = Rounds("streams", QUICK_ROUNDS if quick else ROUNDS)
        return prefixed(PREFIX, rounds.compare(measurements, sides.lwa, sides.uvicorn))
