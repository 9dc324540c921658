"""The verdict on an answer, from what was recorded of it."""

from dataclasses import replace

import httpx
import pytest

from lambdastream.client.judging.judge import judge
from lambdastream.client.record import STOPPED

PRELUDE = b'{"statusCode":200,"headers":{}}' + bytes(8) + b"words"
RESULT = b'{"statusCode": 200, "headers": {}, "body": "words"}'


def words(first, last, pieces=20, word=b"word"):
    step = (last - first) / (pieces - 1)
    return [(first + n * step, word) for n in range(pieces)]


def twice(chunks):
    return [chunks, chunks]


TEXT = {"content-type": "text/plain; charset=utf-8"}
EVENTS = {"content-type": "text/event-stream; charset=utf-8"}
JSON = {"content-type": "application/json"}
HELD = [(2.2, b"all of it")]
PINGS = words(0.1, 5.0, word=b": ping\n\n")


@pytest.mark.parametrize(
    ("answers", "headers", "more", "expected"),
    [
        pytest.param([words(0.05, 2)], TEXT, {}, ("streams", "over time"), id="words over time"),
        pytest.param([words(0.05, 2)], JSON, {}, ("streams", "over time"), id="a JSON value in parts"),
        pytest.param([words(0.1, 5, word=b"data: x\n\n")], EVENTS, {}, ("streams", "over time"), id="events"),
        pytest.param(
            [words(0.05, 2)], TEXT, {"error": STOPPED}, ("streams", "over time"), id="words without an end, given up"
        ),
        pytest.param(twice(HELD), TEXT, {}, ("buffers", "at once"), id="silence, then all, twice"),
        pytest.param([HELD], TEXT, {}, ("cannot tell", "maybe a cold start"), id="silence, then all, once"),
        pytest.param([HELD, [(0.02, b"all")]], TEXT, {}, ("cannot tell", "too quick"), id="it was a cold start"),
        pytest.param([HELD, words(0.05, 2)], TEXT, {}, ("streams", "over time"), id="the second decides"),
        pytest.param(twice(HELD), JSON, {}, ("cannot tell", "one value"), id="one JSON value"),
        pytest.param(twice(HELD), {"content-type": "image/png"}, {}, ("cannot tell", "one value"), id="a picture"),
        pytest.param(twice(HELD), TEXT | {"age": "7"}, {}, ("cannot tell", "from a cache"), id="from a cache"),
        pytest.param(twice(HELD), TEXT | {"age": "0"}, {}, ("buffers", "at once"), id="from a cache that asked"),
        pytest.param([[(0.3, b"hello")]], TEXT, {}, ("cannot tell", "too quick"), id="too quick"),
        pytest.param([words(0.1, 0.35)], TEXT, {}, ("cannot tell", "too quick"), id="words, too quick"),
        pytest.param(
            [words(1, 5, pieces=400, word=bytes(3000))], TEXT, {}, ("cannot tell", "slow line"), id="a large body"
        ),
        pytest.param(
            twice([(3.0, bytes(500_000)), (3.2, bytes(500_000))]), TEXT, {}, ("buffers", "at once"), id="held and large"
        ),
        pytest.param([PINGS], EVENTS, {"error": STOPPED}, ("cannot tell", "keep-alives only"), id="keep-alives alone"),
        pytest.param(
            [[*PINGS, (5.1, b"data: 1\n\ndata: 2\n\n")]],
            EVENTS,
            {},
            ("cannot tell", "keep-alives only"),
            id="keep-alives, then all events",
        ),
        pytest.param([PINGS], TEXT, {}, ("streams", "over time"), id="colons in a text are no comments"),
        pytest.param([words(0.1, 3)], TEXT, {"error": "it closed"}, ("cannot tell", "broke off"), id="broken off"),
        pytest.param(
            [[(0.1, b"x")]], TEXT, {"error": STOPPED}, ("cannot tell", "still coming"), id="one word, then none"
        ),
        pytest.param([[]], TEXT, {"error": STOPPED}, ("cannot tell", "still coming"), id="a head, then nothing"),
        pytest.param([[]], TEXT, {}, ("cannot tell", "no body"), id="no body"),
        pytest.param(
            [[]], {}, {"status": None, "error": STOPPED}, ("cannot tell", "no answer"), id="no answer in time"
        ),
        pytest.param([[]], {}, {"status": None, "error": "closed"}, ("cannot tell", "no answer"), id="no answer"),
        pytest.param([words(0.1, 3)], TEXT, {"status": 500}, ("cannot tell", "error status"), id="an error, in parts"),
        pytest.param([HELD], {"location": "/x"}, {"status": 307}, ("cannot tell", "redirect"), id="elsewhere"),
        pytest.param([[(0.01, RESULT)]], {}, {}, ("buffers", "result not understood"), id="Mangum behind a stream"),
        pytest.param([[(0.01, PRELUDE)]], {}, {}, ("buffers", "prelude in the body"), id="a stream behind BUFFERED"),
    ],
)
def test_a_verdict_and_its_reason(recorded, answers, headers, more, expected):
    recordings = [replace(recorded(*each), headers=httpx.Headers(headers), **more) for each in answers]
    found = judge(recordings)
    assert (found.verdict, found.reason) == expected
    assert found.because.endswith(".")
    assert found.next_step or found.verdict == "streams", "who cannot be told is told what to do"


@pytest.mark.parametrize(
    ("first_byte", "connected_at", "expected"),
    [
        pytest.param(0.9, None, "at once", id="a function takes long"),
        pytest.param(0.9, 0.3, "too quick", id="a line takes long"),
        pytest.param(2.0, 0.3, "at once", id="both"),
    ],
)
def test_the_line_to_a_far_region_is_not_held_against_an_answer(recorded, first_byte, connected_at, expected):
    each = replace(recorded((first_byte, b"words")), connected_at=connected_at, round_trip=connected_at)
    assert judge([each, each]).reason == expected


def test_what_a_client_does_before_it_connects_is_not_the_line_s(recorded):
    """As when it signs: then it loads much."""
    each = replace(recorded(*words(3.1, 4.0)), connected_at=3.0, round_trip=0.001)
    assert judge([each]).verdict == "streams"


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (401, "--header"),
        (403, "--sign"),
        (404, "path"),
        (405, "--method"),
        (422, "--data"),
        (429, "concurrency"),
        (502, "log"),
    ],
)
def test_an_error_has_a_hint(recorded, status, hint):
    assert hint in judge([recorded((0.1, b"no"), status=status)]).next_step


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"statusCode": 200}', id="no body in it"),
        pytest.param(b'{"statusCode": 200, "body": "x", "of": "my own"}', id="a key that Lambda does not know"),
        pytest.param(b'["statusCode", "body"]', id="a list"),
        pytest.param(b'{"statusCode": 200, "body":', id="no JSON"),
        pytest.param(b"{}" + bytes(8), id="zeros after another object"),
        pytest.param(bytes(32), id="zeros"),
    ],
)
def test_what_looks_like_a_mark_of_lambda_is_none(recorded, body):
    assert judge([recorded((0.01, body))]).reason == "too quick"


def test_a_redirect_names_the_place(recorded):
    moved = replace(recorded(status=308), headers=httpx.Headers({"location": "https://example.test/there"}))
    assert "https://example.test/there" in judge([moved]).next_step
