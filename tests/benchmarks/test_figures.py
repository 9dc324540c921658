"""What samples come to: a table of rounds, and the word arrivals of an answer."""

import pytest

from benchmarks.evenness import word_arrivals
from benchmarks.figures import Spec, Wanted, alone, compare, percentile
from benchmarks.http_client import Answer
from lambdastream.errors import WireError

PAIRS = [(10.0, 1.0), (4.0, 2.0), (9.0, 3.0)]  # through LWA and at the peer: ratios 10, 2, 3, differences 9, 2, 6


def test_each_round_is_compared_with_itself():
    figure = compare(Spec("speed", "MB/s"), "uvicorn", PAIRS)
    assert (figure.value, figure.peer.name, figure.peer.value, figure.ratio) == (9, "uvicorn", 2, 3)
    assert (figure.wanted, figure.holds) == (None, None)


def test_a_difference_has_no_peer():
    figure = compare(Spec("more", "ms", difference_of="time"), "uvicorn", PAIRS)
    assert (figure.value, figure.peer, figure.ratio) == (6, None, None)


def test_what_took_the_peer_nothing_has_no_ratio():
    figure = compare(Spec("time", "ms"), "uvicorn", [(1.0, 0.0), (1.0, 2.0)])
    assert (figure.peer.value, figure.ratio) == (1, None)


def test_without_a_peer_it_is_the_median_of_the_rounds():
    figure = alone(Spec("start", "s", Wanted("value", "<=", 3)), [9.0, 2.0, 3.0])
    assert (figure.value, figure.peer, figure.ratio) == (3, None, None)
    assert (figure.wanted, figure.holds) == ("value <= 3", True)


@pytest.mark.parametrize(
    ("wanted", "text", "holds"),
    [
        (Wanted("value", "<=", 9), "value <= 9", True),
        (Wanted("value", "<", 9), "value < 9", False),
        (Wanted("value", "<", 9.5), "value < 9.5", True),
        (Wanted("ratio", ">=", 3), "ratio >= 3", True),
        (Wanted("ratio", ">=", 3.1), "ratio >= 3.1", False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_figure_holds_or_not(wanted, text, holds):
    figure = compare(Spec("speed", "MB/s", wanted), "uvicorn", PAIRS)
    assert (figure.wanted, figure.holds) == (text, holds)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1), (0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100)], ids="p{}".format
)
def test_percentiles_are_samples(share, expected):
    assert percentile(list(range(100, 0, -1)), share) == expected


def test_a_word_has_come_when_its_last_byte_has():
    body = b"[START]\nOne two\nthree\n\n[END]\n[ARTIFACT]"
    # The cuts are inside "One", after "two\n", and after the text.
    answer = Answer([(0.1, 9), (0.2, 16), (0.3, len(body))], 0.4, body)
    assert word_arrivals(answer) == [0.2, 0.2, 0.3]


def test_what_is_no_chat_answer_has_no_words():
    with pytest.raises(WireError, match="Not an answer of the chat"):
        word_arrivals(Answer([(0.1, 5)], 0.2, b"hello"))
