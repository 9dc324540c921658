"""The settings of a workshop's stacks. That they are kept is tested on a local AWS, in `test_local`."""

from datetime import UTC, datetime, timedelta

import pytest

from lambdastream.errors import UsageError
from lambdastream.workshop.attendees.caps import EVERY, Settings


def test_a_template_gets_those_of_its_parameters_that_it_has():
    settings = Settings(concurrency=7, retention_days=1)
    assert settings.parameters(["OpenConcurrency", "LogRetentionInDays", "Other"]) == {
        "OpenConcurrency": "7",
        "LogRetentionInDays": "1",
    }
    assert settings.parameters([]) == {}


@pytest.mark.parametrize(
    ("open_urls", "expected"),
    [
        (True, {"AuthType": "NONE", "OpenToEveryone": "at-my-expense"}),
        (False, {"AuthType": "AWS_IAM", "OpenToEveryone": "no"}),
    ],
)
def test_urls_are_open_when_that_is_meant(open_urls, expected):
    assert Settings(open_urls=open_urls).parameters(expected) == expected


def test_they_are_read_back_from_a_stack():
    settings = Settings(concurrency=9, retention_days=14, open_urls=False)
    parameters = settings.parameters([*EVERY, "RetentionInDays"])
    assert Settings.of(parameters) == settings
    assert Settings.of({}) == Settings()


def test_stacks_say_when_they_may_go():
    soon = datetime.now(UTC) + timedelta(hours=2)
    assert abs(Settings(hours=2).expires() - soon) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"hours": 0}, "up to 720 hours"),
        ({"hours": 721}, "up to 720 hours"),
        ({"hours": float("nan")}, "up to 720 hours"),
        ({"concurrency": 0}, "1 to 100"),
        ({"concurrency": 101}, "1 to 100"),
        ({"retention_days": 2}, "Take one of: 1, 3, 5, 7"),
    ],
)
def test_what_aws_would_refuse_is_refused_before(wrong, said):
    with pytest.raises(UsageError, match=said):
        Settings(**wrong)
