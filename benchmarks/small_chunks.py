"""How long many small chunks take, each written by itself: what a chunk costs, as a model's tokens would."""

from __future__ import annotations

from typing import Final

from benchmarks.figures import Spec, Wanted
from benchmarks.http_client import Connection
from benchmarks.measurement import Measurement, Side
from lambdastream.errors import WireError

CHUNK: Final = 16
COUNT: Final = 5000
WARM_UP: Final = 500
NAME: Final = f"{COUNT} chunks of {CHUNK} bytes"
SPECS: Final = (Spec(NAME, "ms", Wanted("ratio", "<=", 1.3)),)


def measurement() -> Measurement[Side]:
    """The time from the request to the end of one answer a round."""
    return Measurement(SPECS, _measure)


def _measure(side: Side) -> dict[str, float]:
    with Connection(side.app) as connection:
        connection.request(f"/chunks?count={WARM_UP}&size={CHUNK}")
        answer = connection.request(f"/chunks?count={COUNT}&size={CHUNK}")
    if answer.size != COUNT * CHUNK:
        raise WireError(f"{side.name} sent {answer.size} bytes, not {COUNT * CHUNK}.")
    return {NAME: answer.ended_at * 1000}
