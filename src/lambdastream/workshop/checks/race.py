"""The checks of notebook 06: telling a stream from an answer that came at once, and which setting is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from lambdastream.client import Chunk
from lambdastream.workshop.exercise import NotYet, check

SLOW_STREAM: Final = [Chunk(0.03 + 0.5 * number, b"word ") for number in range(5)]
FAST_STREAM: Final = [Chunk(0.5 + 0.03 * number, b"word ") for number in range(70)]
ONE_PIECE: Final = [Chunk(2.2, b"word " * 70)]
CUT_BY_THE_NETWORK: Final = [Chunk(2.2 + number / 1000, b"x" * 65536) for number in range(20)]
SETTINGS: Final = (None, "InvokeMode", "AWS_LWA_INVOKE_MODE", None)


@check
def streams(rule: Callable[[Sequence[Chunk]], bool]) -> str:
    """Exercise 1: the rule goes by the time between the pieces, not by their number."""
    if rule(ONE_PIECE):
        raise NotYet("An answer in one piece does not stream.", "What is the time between its first and its last byte?")
    if rule(CUT_BY_THE_NETWORK):
        raise NotYet(
            "20 pieces that come within 20 milliseconds, after 2 seconds of silence, are no stream.",
            "A network cuts a big answer as it likes. Look at `at`, not at the number.",
        )
    for chunks in (FAST_STREAM, SLOW_STREAM):
        if not rule(chunks):
            raise NotYet(f"These pieces came over {chunks[-1].at - chunks[0].at:.0f} seconds: that is a stream.")
    return "It goes by the time between the pieces, not by their number."


@check
def missing(rule: Callable[[bytes], str | None], bodies: Sequence[bytes]) -> str:
    """Exercise 2: ``bodies`` are those of the four combinations, in the template's order."""
    for body, setting in zip(bodies, SETTINGS, strict=True):
        if (told := rule(body)) != setting:
            raise NotYet(
                f"For a body that begins with {body[:14]!r} you say {told!r}.",
                "The prelude ends with eight NUL bytes; the adapter's object begins with a statusCode.",
            )
    return "From now on you know it from the first bytes."
