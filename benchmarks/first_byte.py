"""How long the first byte of a body takes, one request after the other: on one connection, and on new ones."""

from __future__ import annotations

import time
from functools import partial
from typing import Final

from benchmarks.figures import Spec, Wanted, percentile
from benchmarks.http_client import Connection
from benchmarks.measurement import Measurement, Side

TARGET: Final = "/chunks?count=1&size=16"
P50: Final = "first body byte, p50"
P95: Final = "first body byte, p95"
P99: Final = "first body byte, p99"
NEW_P50: Final = "first body byte on a new connection, p50"
NEW_P99: Final = "first body byte on a new connection, p99"
SPECS: Final = (
    Spec(P50, "ms"),
    Spec(f"{P50}, added to uvicorn's", "ms", Wanted("value", "<=", 0.8), difference_of=P50),
    Spec(P95, "ms"),
    Spec(P99, "ms"),
)
RAW_SPECS: Final = (Spec(P50, "ms", Wanted("value", "<=", 0.5)), Spec(P99, "ms", Wanted("value", "<=", 2)))
NEW_SPECS: Final = (Spec(NEW_P50, "ms", Wanted("ratio", "<=", 1)), Spec(NEW_P99, "ms"))


def measurement(*, requests: int, specs: tuple[Spec, ...] = SPECS) -> Measurement[Side]:
    """The first byte of ``requests`` answers a round on one connection, after a fifth as many to warm up."""
    return Measurement(specs, partial(_kept_alive, requests))


def on_new_connections(*, requests: int) -> Measurement[Side]:
    """The same where each request has a connection of its own: its making counts."""
    return Measurement(NEW_SPECS, partial(_new, requests))


def _kept_alive(requests: int, side: Side) -> dict[str, float]:
    with Connection(side.app) as connection:
        for _ in range(requests // 5):
            connection.request(TARGET)
        times = [connection.request(TARGET).first_byte_at * 1000 for _ in range(requests)]
    return {P50: percentile(times, 0.50), P95: percentile(times, 0.95), P99: percentile(times, 0.99)}


def _new(requests: int, side: Side) -> dict[str, float]:
    times = [_first_byte_on_a_new_connection(side) * 1000 for _ in range(requests)]
    return {NEW_P50: percentile(times, 0.50), NEW_P99: percentile(times, 0.99)}


def _first_byte_on_a_new_connection(side: Side) -> float:
    started = time.perf_counter()
    with Connection(side.app) as connection:
        connected = time.perf_counter()
        return connected - started + connection.request(TARGET).first_byte_at
