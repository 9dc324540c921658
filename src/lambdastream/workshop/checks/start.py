"""The checks of notebook 00: the time in which a reader reads, and where a deployment goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from lambdastream.client import Recording
from lambdastream.workshop.exercise import NotYet, check

GOES_TO: Final = {"one": "local", "two": "aws", "three": "aws"}
AT_ONCE: Final = 0.5


@check
def reading_time(measure: Callable[[Recording], float], mangum: Recording, lwa: Recording) -> str:
    """Exercise 1: from the first byte to the last, in seconds."""
    if measure(mangum) > AT_ONCE:
        raise NotYet(
            "Mangum's reader had nothing to read until the end, so there it is nearly nothing.",
            "Start to count at the first byte, not when the request was sent.",
        )
    if measure(lwa) < AT_ONCE:
        raise NotYet("LWA's reader read for about two seconds.", "Count to the last byte.")
    return "Nearly nothing behind Mangum, about two seconds behind LWA."


@check
def goes_to(answers: Mapping[str, str]) -> str:
    """Exercise 2: the local AWS, or AWS."""
    for shell, right in GOES_TO.items():
        if answers.get(shell) != right:
            hint = "Whose config file is used, and are there keys that win over it?"
            raise NotYet(f"Shell {shell}: you say {answers.get(shell)!r}.", hint)
    return "Ask before you deploy: lambdastream where"
