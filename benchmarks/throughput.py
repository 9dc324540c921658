"""How fast much data comes: 100 MB in chunks of 64 KiB."""

from __future__ import annotations

from typing import Final

from benchmarks.figures import Spec, Wanted
from benchmarks.http_client import Connection
from benchmarks.measurement import Measurement, Side
from lambdastream.errors import WireError

CHUNK: Final = 64 * 1024
COUNT: Final = 1600
WARM_UP: Final = 100
NAME: Final = "throughput, 100 MB in 64 KiB chunks"


def measurement(wanted: float) -> Measurement[Side]:
    """The throughput of one answer a round, in millions of bytes a second; ``wanted`` is its least ratio."""
    return Measurement((Spec(NAME, "MB/s", Wanted("ratio", ">=", wanted)),), _measure)


def _measure(side: Side) -> dict[str, float]:
    with Connection(side.app) as connection:
        connection.request(f"/chunks?count={WARM_UP}&size={CHUNK}")
        answer = connection.request(f"/chunks?count={COUNT}&size={CHUNK}")
    if answer.size != COUNT * CHUNK:
        raise WireError(f"{side.name} sent {answer.size} bytes, not {COUNT * CHUNK}.")
    return {NAME: answer.size / answer.ended_at / 1e6}
