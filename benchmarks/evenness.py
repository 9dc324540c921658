"""How evenly the chat's words come. The app sends one every 30 ms."""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import pairwise
from typing import Final

from benchmarks.figures import Spec, Wanted, percentile
from benchmarks.http_client import Answer, Connection
from benchmarks.measurement import ChatSide, Measurement
from lambdastream.errors import WireError

TARGET: Final = "/stream/chat?query=How%20even%20is%20it%3F"
TEXT: Final = re.compile(rb"\[START\]\n(.*)\n\[END\]", re.DOTALL)
WORD: Final = re.compile(rb"\S+\s*")
P50: Final = "gap between words 30 ms apart, p50"
P95: Final = "gap between words 30 ms apart, p95"
SPECS: Final = (Spec(P50, "ms"), Spec(P95, "ms", Wanted("value", "<", 45)))


def measurement() -> Measurement[ChatSide]:
    """The gaps between the words of one answer a round."""
    return Measurement(SPECS, _measure)


def _measure(side: ChatSide) -> dict[str, float]:
    with Connection(side.chat) as connection:
        arrivals = word_arrivals(connection.request(TARGET, method="POST", keep=True))
    gaps = [(later - earlier) * 1000 for earlier, later in pairwise(arrivals)]
    return {P50: percentile(gaps, 0.50), P95: percentile(gaps, 0.95)}


def word_arrivals(answer: Answer) -> list[float]:
    """When each word of a chat answer had come as a whole, in seconds.

    It is told by the bytes alone: where chunks are cut means nothing. Raises ``WireError`` when this is no chat answer.
    """
    text = TEXT.search(answer.body)
    if text is None:
        raise WireError(f"Not an answer of the chat:\n{answer.body.decode('utf-8', 'replace')}")
    sizes = [size for _, size in answer.arrivals]
    ends = [text.start(1) + word.end() for word in WORD.finditer(text[1])]
    return [answer.arrivals[bisect_left(sizes, end)][0] for end in ends]
