"""The checks of notebook 90."""

import pytest

from lambdastream.workshop.attendees.stacks import FINE
from lambdastream.workshop.checks import instructors
from lambdastream.workshop.costs import Ceiling, Prices


def names(condition):
    return lambda rows: [row["attendee"] for row in rows if condition(row)]


def failed(row):
    return row["state"] not in FINE


@pytest.mark.parametrize(
    ("work", "says"),
    [
        pytest.param(
            names(lambda row: not row["state"].endswith("_COMPLETE")), "✗ Not yet. bob is not among", id="the starter"
        ),
        pytest.param(names(lambda row: "ROLLBACK" in row["state"]), "✗ Not yet. carol is not among", id="stacks alone"),
        pytest.param(
            names(lambda row: row["state"] == "ROLLBACK_COMPLETE" or row["streams"] is False),
            "✗ Not yet. erin is not among",
            id="an update that failed",
        ),
        pytest.param(
            names(lambda row: failed(row) or row["streams"] is False), "✗ Not yet. frank is not among", id="no answer"
        ),
        pytest.param(
            names(lambda row: failed(row) or not row["streams"]), "✗ Not yet. dave needs nobody", id="None is False"
        ),
        pytest.param(names(lambda row: row["attendee"] != "dave"), "✗ Not yet. ada is fine", id="nearly all"),
        pytest.param(lambda rows: [rows[9]], "✗ Not yet. Your code raises IndexError", id="it raises"),
        pytest.param(names(lambda row: failed(row) or False in (row["answers"], row["streams"])), "✓ Four", id="right"),
    ],
)
def test_who(work, says):
    assert repr(instructors.who(work)).startswith(says)


def right(budget, attendees, hours, prices, *, most=100, least=0):
    fitting = [n for n in range(1, most + 1) if Ceiling(attendees, hours, concurrency=n).cost(prices).total <= budget]
    return max(fitting, default=least)


@pytest.mark.parametrize(
    ("work", "says"),
    [
        pytest.param(
            lambda *_: 5,
            "✗ Not yet. 25 attendees for 8 hours, within $30: with 5 at a time it can be $48.00.",
            id="the starter",
        ),
        pytest.param(lambda *_: 1, "✗ Not yet. 25 attendees for 8 hours, within $30: 1 is safe. 2 is", id="careful"),
        pytest.param(
            lambda budget, attendees, hours, prices: right(budget, attendees, hours, Prices()),
            "✗ Not yet. 25 attendees for 8 hours, within $30: with 2 at a time it can be $45.36",
            id="old prices",
        ),
        pytest.param(lambda *given: right(*given, least=1), "✗ Not yet. 40 attendees for 8 hours", id="never 0"),
        pytest.param(lambda *given: right(*given, most=9999), "✗ Not yet. 2 attendees for 1 hours", id="over 100"),
        pytest.param(right, "✓ Within the budget", id="right"),
    ],
)
def test_concurrency(work, says):
    assert repr(instructors.concurrency(work)).startswith(says)
