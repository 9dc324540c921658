"""What a network explains of the time over which bytes came, and what it does not."""

import pytest

from lambdastream.client import Chunk
from lambdastream.client.judging.arrival import Moment, arrival, without_comments


def evenly(first, last, pieces, size=4):
    step = (last - first) / (pieces - 1)
    return [Chunk(first + n * step, bytes(size)) for n in range(pieces)]


def test_chunks_that_came_together_are_one_moment():
    came = arrival([Chunk(1.0, b"ab"), Chunk(1.004, b"c"), Chunk(1.006, b"def")])
    assert came.moments == (Moment(1.0, 3), Moment(1.006, 3))
    assert (came.size, came.first, came.last) == (6, 1.0, 1.006)
    assert came.spread == pytest.approx(0.006)


def test_chunks_that_follow_each_other_fast_for_long_are_many_moments():
    assert len(arrival(evenly(0, 1, 500)).moments) > 100


def test_nothing_has_no_moments():
    came = arrival([])
    assert (came.moments, came.size, came.first, came.spread, came.last_share) == ((), 0, 0.0, 0.0, 0.0)
    assert not came.over_time


@pytest.mark.parametrize(
    ("chunks", "round_trip", "expected"),
    [
        pytest.param(evenly(0.05, 2.0, 70), 0.0, True, id="words over two seconds"),
        pytest.param(evenly(0.05, 2.0, 2), 0.0, True, id="two words, far apart"),
        pytest.param(evenly(18.0, 19.0, 50), 0.0, True, id="a second of words after a long wait"),
        pytest.param(evenly(0.5, 1.4, 50), 0.3, False, id="three round trips to the other end of the world"),
        pytest.param(evenly(0.5, 0.75, 2), 0.0, False, id="one packet lost, and sent again"),
        pytest.param([Chunk(2.0, bytes(400))], 0.0, False, id="one piece"),
        pytest.param(evenly(1.0, 5.0, 400, 2000), 0.05, False, id="a large body without a pause"),
        pytest.param(evenly(1.0, 11.0, 11, 200_000), 0.05, True, id="a large piece every second"),
        pytest.param(evenly(0.5, 1.1, 4, 16_000), 0.2, False, id="TCP's slow start on a far line"),
        pytest.param(
            [*evenly(1, 1.1, 9, 60_000), *evenly(4, 4.1, 9, 60_000)], 0.05, False, id="a line that stalls once"
        ),
        pytest.param(evenly(0.5, 10, 100, 100), 0.2, True, id="words on a far line"),
    ],
)
def test_only_what_a_network_cannot_do_counts_as_sent_over_time(chunks, round_trip, expected):
    assert arrival(chunks, round_trip).over_time is expected


def test_how_much_came_in_the_end():
    assert arrival([Chunk(0.1, b"a"), Chunk(2.0, bytes(5)), Chunk(2.05, bytes(4))]).last_share == 0.9


@pytest.mark.parametrize(
    ("pieces", "kept"),
    [
        pytest.param([b": ping\n\n"], [], id="a comment"),
        pytest.param([b"data: 1\n\n: ping\n\n"], [b"data: 1\n"], id="a comment after an event"),
        pytest.param([b": pi", b"ng: x\n", b"data: 1\n"], [b"data: 1\n"], id="a comment in two chunks"),
        pytest.param([b"da", b"ta: 1\r\n\r\n"], [b"da", b"ta: 1\r\n"], id="an event in two chunks"),
        pytest.param([b"data: a:b\n"], [b"data: a:b\n"], id="a colon within a line"),
    ],
)
def test_comments_and_blank_lines_of_an_event_stream_are_left_out(pieces, kept):
    chunks = [Chunk(float(at), data) for at, data in enumerate(pieces)]
    assert [chunk.data for chunk in without_comments(chunks)] == kept


def test_what_is_left_keeps_its_times():
    chunks = [Chunk(1.0, b": ping\n\n"), Chunk(2.0, b"data: 1\n\n")]
    assert without_comments(chunks) == (Chunk(2.0, b"data: 1\n"),)
