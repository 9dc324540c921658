"""The checks of notebook 90: who needs the instructor, and how much concurrency a budget allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from lambdastream.workshop.costs import Ceiling, Prices
from lambdastream.workshop.exercise import NotYet, check

Row = Mapping[str, Any]

MOST: Final = 100
"""The most that the template lets each function answer at a time."""


def row(attendee: str, state: str, answers: bool | None = None, streams: bool | None = None) -> dict[str, Any]:
    """A row of a status, as its JSON has it. ``None`` stands for: it was not asked, or cannot be told."""
    return {"attendee": attendee, "state": state, "answers": answers, "streams": streams}


ROOM: Final = [
    row("ada", "CREATE_COMPLETE", answers=True, streams=True),
    row("bob", "ROLLBACK_COMPLETE"),
    row("carol", "UPDATE_COMPLETE", answers=True, streams=False),
    row("dave", "CREATE_COMPLETE"),
    row("erin", "UPDATE_ROLLBACK_COMPLETE", answers=True, streams=True),
    row("frank", "UPDATE_COMPLETE", answers=False),
]
IN_NEED: Final = {
    "bob": ("His stack could not be made", "ROLLBACK_COMPLETE means that the way back is complete."),
    "carol": ("Her stack is fine, her answers come in one piece", "See what the probe saw: `streams`."),
    "erin": ("Her last change failed, the old version runs", "UPDATE_ROLLBACK_COMPLETE means: taken back."),
    "frank": ("His stack is fine, his function does not answer", "See what the probe saw: `answers`."),
}


@check
def who(work: Callable[[Sequence[Row]], Sequence[str]]) -> str:
    """Exercise 1: whose stack failed, whose function does not answer, or does not stream; and nobody else."""
    found = list(work(ROOM))
    for name, (why, hint) in IN_NEED.items():
        if name not in found:
            raise NotYet(f"{name} is not among them. {why}.", hint)
    if "dave" in found:
        raise NotYet(
            "dave needs nobody: he is in mid-course, and nothing of his streams yet.",
            "None is not False: nothing was asked, so nothing is wrong.",
        )
    if more := [name for name in found if name not in IN_NEED]:
        raise NotYet(f"{more[0]} is fine, and on your list.")
    return "Four to go to, two to leave alone."


@check
def concurrency(work: Callable[[float, int, float, Prices], int]) -> str:
    """Exercise 2: the largest concurrency whose ceiling is within a budget; 0 when there is none."""
    usual, dear = Prices(), replace(Prices(), gb_second_x86=Prices().gb_second_x86 * 3)
    for budget, attendees, hours, prices in (
        (30.0, 25, 8.0, usual),
        (30.0, 25, 8.0, dear),
        (100.0, 10, 12.0, usual),
        (1.0, 40, 8.0, usual),
        (10_000.0, 2, 1.0, usual),
    ):
        _compare(work(budget, attendees, hours, prices), budget, Ceiling(attendees, hours), prices)
    return "Within the budget, whatever happens."


def largest(budget: float, ceiling: Ceiling, prices: Prices) -> int:
    """Give the largest concurrency with which a ceiling is within the budget, up to ``MOST``; 0 without one."""
    fitting = (n for n in range(1, MOST + 1) if replace(ceiling, concurrency=n).cost(prices).total <= budget)
    return max(fitting, default=0)


def _compare(told: int, budget: float, ceiling: Ceiling, prices: Prices) -> None:
    right = largest(budget, ceiling, prices)
    if told == right:
        return
    room = f"{ceiling.attendees} attendees for {ceiling.hours:g} hours, within ${budget:,.0f}"
    if right == 0:
        raise NotYet(f"{room}: you say {told}. Even 1 costs too much.", "Then the answer is 0: do without some of it.")
    if told > MOST:
        raise NotYet(f"{room}: you say {told}.", f"The template takes 1 to {MOST}.")
    if told > right:
        cost = replace(ceiling, concurrency=told).cost(prices).total
        raise NotYet(f"{room}: with {told} at a time it can be ${cost:,.2f}.", _hint(told, budget, ceiling, prices))
    raise NotYet(f"{room}: {told} is safe. {right} is, too.", _hint(told, budget, ceiling, prices))


def _hint(told: int, budget: float, ceiling: Ceiling, prices: Prices) -> str:
    if told == largest(budget, ceiling, Prices()) and prices != Prices():
        return "Prices change: take those that are given."
    return "Let `Ceiling` work it out, for one concurrency after the other."
