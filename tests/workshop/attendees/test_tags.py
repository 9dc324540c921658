"""The tags by which a workshop knows its stacks."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from lambdastream.workshop.attendees.tags import ATTENDEE, EXPIRES, WORKSHOP, StackTags

TAGS = StackTags("room", "ada", datetime(2026, 11, 22, 18, 30, tzinfo=UTC))


def aws(**tags: str) -> list[dict[str, str]]:
    return [{"Key": f"lambdastream:{key}", "Value": value} for key, value in tags.items()]


def test_they_say_workshop_attendee_and_expiry():
    assert TAGS.values() == {WORKSHOP: "room", ATTENDEE: "ada", EXPIRES: "2026-11-22T18:30Z"}


def test_they_come_back_as_they_went():
    assert StackTags.from_aws([{"Key": "team", "Value": "x"}, *TAGS.to_aws()]) == TAGS


def test_the_time_is_in_utc():
    elsewhere = datetime(2026, 11, 22, 20, 30, tzinfo=timezone(timedelta(hours=2)))
    assert StackTags("room", "ada", elsewhere).values() == TAGS.values()


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param([], id="none"),
        pytest.param([{"Key": "workshop", "Value": "room"}], id="others'"),
        pytest.param(aws(workshop="room"), id="nobody's"),
        pytest.param(aws(attendee="ada"), id="of no workshop"),
    ],
)
def test_a_stack_without_them_is_of_no_workshop(tags):
    assert StackTags.from_aws(tags) is None


@pytest.mark.parametrize("expires", ["", "tomorrow"])
def test_an_expiry_that_says_nothing_is_unknown(expires):
    assert StackTags.from_aws(aws(workshop="room", attendee="ada", expires=expires)) == StackTags("room", "ada")
