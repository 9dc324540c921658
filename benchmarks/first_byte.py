"""How long the first byte of a body takes, on a connection that is kept alive, one request after the other."""

from __future__ import annotations

from functools import partial
from typing import Final

from benchmarks.figures import Spec, Wanted, percentile
from benchmarks.http_client import Connection
from benchmarks.measurement import Measurement, Side

TARGET: Final = "/chunks?count=1&size=16"
P50: Final = "first body byte, p50"
P95: Final = "first body byte, p95"
P99: Final = "first body byte, p99"
SPECS: Final = (
    Spec(P50, "ms"),
    Spec(f"{P50}, added to uvicorn's", "ms", Wanted("value", "<=", 1.5), difference_of=P50),
    Spec(P95, "ms"),
    Spec(P99, "ms"),
)


def measurement(*, requests: int) -> Measurement[Side]:
    """The first byte of ``requests`` answers a round, after a fifth as many to warm up."""
    return Measurement(SPECS, partial(_measure, requests))


def _measure(requests: int, side: Side) -> dict[str, float]:
    with Connection(side.app) as connection:
        for _ in range(requests // 5):
            connection.request(TARGET)
        times = [connection.request(TARGET).first_byte_at * 1000 for _ in range(requests)]
    return {P50: percentile(times, 0.50), P95: percentile(times, 0.95), P99: percentile(times, 0.99)}
