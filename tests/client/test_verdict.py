import pytest

from lambdastream.client import record, shape
from lambdastream.client.verdict import describe, verdict


def spread(first, last, pieces=10):
    """Chunks of four bytes, evenly from the first to the last time."""
    step = (last - first) / (pieces - 1)
    return [(first + n * step, b"word") for n in range(pieces)]


@pytest.mark.parametrize(
    ("chunks", "error", "expected"),
    [
        pytest.param(spread(0.05, 1.9), None, "streamed", id="words over the whole wait"),
        pytest.param(spread(3.0, 3.9), None, "streamed", id="words after a cold start"),
        pytest.param(spread(1.0, 2.0, pieces=2), None, "streamed", id="two words, far apart"),
        pytest.param([(1.9, b"all of it")], None, "at once", id="one piece after a silence"),
        pytest.param(spread(1.9, 1.901, pieces=50), None, "at once", id="many pieces, together"),
        pytest.param(spread(2.0, 2.15), None, "at once", id="a large body on its way"),
        pytest.param([(0.004, b"Hello World!")], None, "too short to tell", id="one short answer"),
        pytest.param(spread(0.01, 0.15), None, "too short to tell", id="spread, but over before one could see it"),
        pytest.param(spread(0.2, 0.25), None, "too short to tell", id="spread no more than a network may"),
        pytest.param([], None, "too short to tell", id="no body"),
        pytest.param(spread(0.05, 1.9), "it closed", "broken", id="broken off, however it came"),
        pytest.param([], "it closed", "broken", id="broken off before any byte"),
    ],
)
def test_the_shape_of_an_answer_follows_one_rule(recorded, chunks, error, expected):
    assert shape(recorded(*chunks, error=error)) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/words", "streamed"), ("/at-once", "at once"), ("/nothing", "too short to tell"), ("/dies", "broken")],
)
def test_the_rule_holds_for_real_answers(server, path, expected):
    assert shape(record("GET", server.url(path))) == expected


@pytest.mark.parametrize(
    ("chunks", "more", "sentence"),
    [
        pytest.param(
            [(0.05, b"one "), (2.0, b"two")],
            {},
            "LWA streamed: first byte after 50 ms, last after 2.00 s (98% of the wait lies between), 7 bytes in 2 chunks.",
            id="streamed",
        ),
        pytest.param(
            [(1.9, b"one two")],
            {},
            "LWA answered all at once: nothing for 1.90 s, then 7 bytes in 1 chunk within 0 ms.",
            id="at once",
        ),
        pytest.param(
            [(0.004, b"one")],
            {},
            "LWA was too short to tell: 3 bytes in 1 chunk, the last after 4 ms.",
            id="too short",
        ),
        pytest.param(
            [(0.3, b"one")],
            {"error": "the server closed the connection", "ended_at": 0.4},
            "LWA broke off after 400 ms, 3 bytes in 1 chunk: the server closed the connection.",
            id="broken",
        ),
        pytest.param([], {"ended_at": 0.25}, "LWA sent no body: its answer ended after 250 ms.", id="no body"),
        pytest.param(
            [(0.5, b"one")],
            {"status": 502},
            "LWA (status 502) answered all at once: nothing for 500 ms, then 3 bytes in 1 chunk within 0 ms.",
            id="an error status is not hidden",
        ),
    ],
)
def test_a_sentence_says_what_was_measured(recorded, chunks, more, sentence):
    assert describe("LWA", recorded(*chunks, **more)) == sentence


@pytest.mark.parametrize(
    ("first_bytes", "told"),
    [
        pytest.param(
            {"A": 1.9, "B": 0.1}, ["B showed its first byte first: 1.80 s before A."], id="one before the other"
        ),
        pytest.param({"A": 0.1, "B": 0.104}, ["All showed their first byte within 5 ms of each other."], id="a tie"),
        pytest.param(
            {"A": 0.3, "B": 0.1, "C": 0.2},
            ["B showed its first byte first: 100 ms before C and 200 ms before A."],
            id="three",
        ),
        pytest.param({"A": 0.3, "B": None}, [], id="only one showed any"),
        pytest.param({"A": None, "B": None}, [], id="none showed any"),
        pytest.param({"A": 0.3}, [], id="no contest"),
    ],
)
def test_the_verdict_ends_with_who_was_first(recorded, first_bytes, told):
    recordings = {name: recorded(*([(at, b"x")] if at else [])) for name, at in first_bytes.items()}
    assert verdict(recordings).splitlines()[len(first_bytes) :] == told
