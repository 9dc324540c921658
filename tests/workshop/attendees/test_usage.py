"""What a workshop has cost, and can cost: worked out by hand, in the comments."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from lambdastream.workshop.attendees.stacks import Stack
from lambdastream.workshop.attendees.tags import StackTags
from lambdastream.workshop.attendees.usage import Costs, FunctionUsage, dollars, hours
from lambdastream.workshop.costs import Prices

USED = (
    FunctionUsage("ada", "room-ada-ChatMangum", "x86_64", 256, 5, requests=1000, gb_seconds=500),
    FunctionUsage("ada", "room-ada-ChatLwa", "x86_64", 256, 5, requests=2000, gb_seconds=1500),
    FunctionUsage("bob", "room-bob-ChatLwa", "arm64", 512, 5, requests=0, gb_seconds=0),
)
COSTS = Costs("room", USED, hours=2)


def test_so_far_it_cost_what_the_reports_say():
    # 2,000 GB-s x 0.0000166667 = 0.0333334; 3,000 requests x 0.0000002 = 0.0006
    assert COSTS.so_far.compute == pytest.approx(0.0333334)
    assert COSTS.so_far.requests == pytest.approx(0.0006)


def test_at_most_it_costs_what_every_function_can_when_it_is_always_busy():
    # x86: 2 functions x 5 x 0.25 GB x 7,200 s = 18,000 GB-s x 0.0000166667 = 0.3000006
    # arm: 1 function x 5 x 0.5 GB x 7,200 s = 18,000 GB-s x 0.0000133334 = 0.2400012
    # requests: 3 functions x 5 x 10 a second x 7,200 s = 1,080,000 = 0.216
    assert COSTS.ceiling.total == pytest.approx(0.3000006 + 0.2400012 + 0.216)


def test_without_a_cap_there_is_no_ceiling():
    free = FunctionUsage("eve", "room-eve", "x86_64", 256, None)
    costs = Costs("room", (*USED, free), hours=2)
    assert costs.ceiling is None
    assert costs.to_json()["ceiling"] is None
    assert "There is no ceiling" in str(costs)


def test_every_attendee_has_a_row_and_what_is_unknown_is_said():
    lines = str(COSTS).splitlines()
    assert lines[1].split() == ["ada", "3,000", "2,000.000", "$0.03"]
    assert lines[2].split() == ["bob", "0", "0.000", "$0.00"]
    assert "So far $0.03. At most $0.76 in its 2 h," in str(COSTS)
    for words in ("bytes that left AWS ($0.09 a GB)", "HTTP APIs ($1.00 a million)", "AWS Budget", "November 2026"):
        assert words in str(COSTS)


def test_other_prices_give_other_costs():
    dear = Costs("room", USED, 2, Prices(gb_second_x86=1, million_requests=0))
    assert dear.so_far.total == pytest.approx(2000)


def test_it_is_json():
    told = json.loads(json.dumps(COSTS.to_json()))
    assert told["so_far"] == pytest.approx(0.0339334)
    assert [each["gb_seconds"] for each in told["functions"]] == [500, 1500, 0]
    assert told["prices"]["date"] == "November 2026"


def test_a_workshop_without_functions_cost_nothing():
    assert str(Costs("room", (), 0)) == "There are no functions of the workshop room here."


def test_its_hours_are_from_the_first_deployment_to_the_last_expiry():
    now = datetime.now(UTC)
    made = [
        Stack(
            "a",
            "CREATE_COMPLETE",
            StackTags("room", "a", now + timedelta(hours=end)),
            created=now + timedelta(hours=start),
        )
        for start, end in ((-1, 3), (-2, 2))
    ]
    assert hours(made) == pytest.approx(5, abs=0.1)
    over = Stack(
        "a", "CREATE_COMPLETE", StackTags("room", "a", now - timedelta(hours=1)), created=now - timedelta(hours=4)
    )
    assert hours([over]) == pytest.approx(4, abs=0.1)
    assert hours([]) == 0


@pytest.mark.parametrize(
    ("amount", "words"), [(0, "$0.00"), (0.000013, "$0.000013"), (0.034, "$0.03"), (1234.5, "$1,234.50")]
)
def test_dollars(amount, words):
    assert dollars(amount) == words
