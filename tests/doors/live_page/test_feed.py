"""A viewer is told what it does not know yet, however long it was away."""

from collections import deque

import pytest

from lambdastream.doors.live_page.feed import Feed
from lambdastream.doors.live_page.recording import MOST_TICKS, Recording


@pytest.fixture
def recordings():
    return deque(maxlen=3)


def add(recordings, sequence, *, final=True):
    made = Recording(sequence, f"id-{sequence}", "f", "", "", collected=False, arrived=0.0, arrived_at=0.0)
    if final:
        made.begin(0.0, "e", None)
        made.answer(1.0)
        made.over = 1.0
    recordings.append(made)
    return made


def told(feed, recordings):
    return [each["sequence"] for each in feed.changes(recordings)]


def test_nothing_is_told_twice(recordings):
    feed = Feed()
    add(recordings, 1)
    assert (told(feed, recordings), told(feed, recordings)) == ([1], [])
    add(recordings, 2)
    recordings[0].revision += 1
    assert (told(feed, recordings), told(feed, recordings)) == ([1, 2], [])


def test_ticks_and_lines_go_on_where_they_were(recordings):
    feed, made = Feed(), add(recordings, 1, final=False)
    for round_ in range(2):
        for step in range(3):
            made.piece(round_ + step / 10, 1, 5)
        made.log.add(f"line {round_}")
        made.revision += 1
        (change,) = feed.changes(recordings)
        # The last tick may have grown, so it comes again.
        assert (change["firstTick"], len(change["ticks"])) == ((0, 3), (2, 4))[round_]
        assert (change["firstLine"], change["lines"]) == (round_, [f"line {round_}"])


def test_ticks_that_became_coarser_are_told_anew(recordings):
    feed, made = Feed(), add(recordings, 1, final=False)
    made.piece(0, 1, 1)
    feed.changes(recordings)
    for step in range(MOST_TICKS + 1):
        made.piece(step * 0.002, 1, 1)
    made.revision += 1
    (change,) = feed.changes(recordings)
    assert (change["firstTick"], len(change["ticks"])) == (0, len(made.ticks.ticks))


def test_lines_that_were_left_out_meanwhile_are_missing(recordings):
    feed, made = Feed(), add(recordings, 1, final=False)
    made.log.add("first")
    feed.changes(recordings)
    for _ in range(100):
        made.log.add("x" * 1000)
    made.revision += 1
    (change,) = feed.changes(recordings)
    assert change["firstLine"] == made.log.left_out > 1
    assert change["lines"] == list(made.log.lines)


@pytest.mark.parametrize(
    ("first", "then", "missed"),
    [
        pytest.param([], [1, 2], 0, id="from the start"),
        pytest.param([], [8, 9], 0, id="what was before the viewer"),
        pytest.param([1], [2, 3], 0, id="one after the other"),
        pytest.param([1], [5, 6, 7], 3, id="forgotten before they were told"),
    ],
)
def test_a_viewer_knows_how_many_it_missed(recordings, first, then, missed):
    feed = Feed()
    for sequence in first:
        add(recordings, sequence)
    told(feed, recordings)
    for sequence in then:
        add(recordings, sequence)
    told(feed, recordings)
    assert feed.missed == missed


def test_one_that_was_forgotten_before_its_end_was_told_is_missed(recordings):
    feed, made = Feed(), add(recordings, 1, final=False)
    told(feed, recordings)
    made.answer(1.0)
    for sequence in (2, 3, 4):
        add(recordings, sequence)
    told(feed, recordings)
    assert feed.missed == 1
