"""Whether a workshop may go where the profile points."""

import pytest

from lambdastream.control import Destination
from lambdastream.errors import UsageError, WorkshopError
from lambdastream.workshop.attendees.account import admit

LOCAL = Destination("local", "123456789012", "us-east-1", "local", "http://127.0.0.1:4566")
AWS = Destination("aws", "123456789012", "eu-central-1", "mine")
UNCLEAR = Destination("unclear", why="No profile is selected.", next_step="Choose one.")


def never(question: str) -> bool:
    raise AssertionError(question)


def test_the_local_aws_needs_no_consent():
    admit(LOCAL, "Deploy", yes=False, ask=never)


def test_on_aws_yes_is_consent():
    admit(AWS, "Deploy", yes=True, ask=never)


@pytest.mark.parametrize("answer", [True, False])
def test_on_aws_somebody_is_asked_what_and_where(answer):
    asked = []

    def ask(question: str) -> bool:
        asked.append(question)
        return answer

    if answer:
        admit(AWS, "Deploy 20 stacks.", yes=False, ask=ask)
    else:
        with pytest.raises(WorkshopError, match="Nothing was done"):
            admit(AWS, "Deploy 20 stacks.", yes=False, ask=ask)
    (question,) = asked
    assert all(words in question for words in ("Deploy 20 stacks.", "AWS", "123456789012", "eu-central-1"))


def test_on_aws_nothing_happens_when_nobody_can_be_asked():
    with pytest.raises(UsageError, match="--yes") as refused:
        admit(AWS, "Deploy 20 stacks.", yes=False)
    assert "costs money" in refused.value.problem


@pytest.mark.parametrize("yes", [True, False])
def test_an_unclear_destination_is_refused_whatever_is_said(yes):
    with pytest.raises(WorkshopError, match="No profile is selected") as refused:
        admit(UNCLEAR, "Deploy", yes=yes, ask=never)
    assert refused.value.next_step == "Choose one."
