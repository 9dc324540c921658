"""What a deployment of many shows and tells."""

import pytest

from lambdastream.workshop.attendees.deployment import Outcome, what_next
from lambdastream.workshop.attendees.results import Deployed, Progress

FINE = Outcome("ada", "room-ada", "deployed", 30)
KEPT = Outcome("bob", "room-bob", "was there")
FAILED = Outcome("eve", "room-eve", "failed", 9, "Logs: it already exists", "Remove it.")


class Screen:
    def __init__(self):
        self.news = []
        self.last = None

    def show(self, table, news=""):
        self.news.append(news)
        self.last = table()

    def finish(self, table):
        self.last = table


def test_progress_is_shown_while_it_happens():
    screen = Screen()
    progress = Progress({"ada": "room-ada", "bob": "room-bob"}, screen)
    progress.phase("ada", "planning")
    assert [row[:3] for row in screen.last.rows] == [("ada", "room-ada", "planning"), ("bob", "room-bob", "waiting")]
    progress.end("ada", "deployed")
    progress.end("bob", "failed", "it exists")
    assert screen.news[1:] == ["room-ada: deployed", "room-bob: failed (it exists)"]
    assert screen.last.rows[1][2:] == ("failed", "", "it exists")
    assert dict(screen.last.tones) == {1: "bad"}
    assert progress.finished("it") == "it"
    assert screen.last.foot == "2 of 2 are done."


def test_progress_and_summary_have_the_same_words():
    screen = Screen()
    Progress({"bob": "room-bob"}, screen).end("bob", "was there")
    assert screen.news == ["room-bob: there already"]
    assert screen.last.rows[0][2] == "there already"
    assert str(Deployed("room", (KEPT,))) == "1 stack of room: 1 there already."


def test_a_failure_is_told_with_its_reason_and_its_next_step():
    deployed = Deployed("room", (FINE, KEPT, FAILED))
    assert not deployed.is_complete
    assert deployed.failed == (FAILED,)
    assert str(deployed).splitlines() == [
        "3 stacks of room: 1 deployed, 1 there already, 1 failed.",
        "  room-eve: Logs: it already exists",
        "    Remove it.",
    ]
    assert deployed.to_json()["attendees"][2]["next_step"] == "Remove it."
    assert Deployed("room", (FINE, KEPT)).is_complete


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("ChatLwaLogs: The specified log group already exists", "remove it"),
        (
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution",
            "--concurrency",
        ),
        ("An error occurred (Throttling): Rate exceeded", "--at-once"),
        ("User: x is not authorized to perform: iam:CreateRole", "may not do that"),
        ("An error occurred (ExpiredToken)", "Log in again"),
        ("The moon is full", "See the stack's events"),
    ],
)
def test_every_failure_has_a_next_step_and_can_be_resumed(reason, words):
    assert words in what_next(reason)
    assert "run the same command again" in what_next(reason)
