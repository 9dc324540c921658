"""What is held of an answer: whether it streams, and why that is thought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["streams", "buffers", "cannot tell"]

Reason = Literal[
    "over time",
    "at once",
    "result not understood",
    "prelude in the body",
    "error status",
    "redirect",
    "no answer",
    "no body",
    "broke off",
    "still coming",
    "keep-alives only",
    "slow line",
    "too quick",
    "one value",
    "from a cache",
    "maybe a cold start",
]


@dataclass(frozen=True)
class Judgement:
    """The verdict, a fixed name for its reason, the reason in whole sentences, and what to do next: empty if nothing."""

    verdict: Verdict
    reason: Reason
    because: str
    next_step: str = ""


def unknown(reason: Reason, because: str, next_step: str = "") -> Judgement:
    """Give the judgement of an answer that shows nothing."""
    return Judgement("cannot tell", reason, because, next_step)
