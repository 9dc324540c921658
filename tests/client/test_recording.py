import dataclasses

import pytest

from lambdastream.errors import UsageError


def test_a_recording_is_measured_from_its_chunks(recorded):
    recording = recorded((0.1, b"one "), (0.2, b"two "), (0.5, b"three"), ended_at=0.6)
    assert (recording.first_byte_at, recording.last_byte_at, recording.ended_at) == (0.1, 0.5, 0.6)
    assert recording.gaps == pytest.approx((0.1, 0.3))
    assert (recording.body, recording.text, recording.size) == (b"one two three", "one two three", 13)
    assert recording.complete


def test_a_recording_without_a_body_has_no_times_of_bytes(recorded):
    recording = recorded(ended_at=0.1)
    assert (recording.first_byte_at, recording.last_byte_at, recording.gaps, recording.size) == (None, None, (), 0)


def test_a_recording_does_not_change(recorded):
    with pytest.raises(dataclasses.FrozenInstanceError):
        recorded().status = 500


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        pytest.param("é€".encode(), "", "é€", id="utf-8 without a content type"),
        pytest.param("é".encode("latin-1"), "text/plain; charset=latin-1", "é", id="the declared charset"),
        pytest.param("é".encode("latin-1"), 'text/plain; charset="ISO-8859-1"', "é", id="a quoted charset"),
        pytest.param("é".encode(), "text/plain; charset=of-my-own", "é", id="an unknown charset is utf-8"),
        pytest.param("é".encode(), "text/plain; charset=hex", "é", id="a codec that is no charset"),
        pytest.param("aé".encode()[:-1], "text/plain", "a\ufffd", id="broken off inside a character"),
        pytest.param(b"a\xffb", "text/plain", "a\ufffdb", id="not text at all"),
    ],
)
def test_text_is_the_body_in_its_charset(recorded, body, content_type, text):
    whole = recorded((0.1, body), content_type=content_type)
    in_bytes = recorded(*((0.1, bytes([byte])) for byte in body), content_type=content_type)
    assert whole.text == in_bytes.text == text


@pytest.mark.parametrize(("q", "seconds"), [(0, 0.1), (25, 0.175), (50, 0.25), (95, 0.385), (100, 0.4)])
def test_percentiles_of_the_gaps_are_interpolated(recorded, q, seconds):
    gaps_of_1_3_2_4_tenths = recorded((0.0, b"a"), (0.1, b"b"), (0.4, b"c"), (0.6, b"d"), (1.0, b"e"))
    assert gaps_of_1_3_2_4_tenths.gap_percentile(q) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("chunks", "q", "told"),
    [
        pytest.param([(0.1, b"a"), (0.2, b"b")], 101, "0 to 100", id="over 100"),
        pytest.param([(0.1, b"a"), (0.2, b"b")], -1, "0 to 100", id="under 0"),
        pytest.param([(0.1, b"a")], 50, "no gap in 1 chunk", id="one chunk has no gap"),
    ],
)
def test_a_percentile_that_does_not_exist_is_a_clear_error(recorded, chunks, q, told):
    with pytest.raises(UsageError, match=told):
        recorded(*chunks).gap_percentile(q)


def test_its_repr_is_one_line_without_what_may_be_secret(recorded):
    told = repr(recorded((0.05, b"one "), (1.9, b"two")))
    assert told == (
        "<Recording GET http://example.test/stream: 200, 7 bytes in 2 chunks, first byte 50 ms, last byte 1.90 s>"
    )


def test_its_repr_says_how_it_broke(recorded):
    assert "no answer" in repr(recorded(status=None, error="the server closed the connection"))
    assert repr(recorded(status=None, error="it closed")).endswith(", it closed>")


def test_a_notebook_shows_it_as_a_table(recorded):
    head, rule, row = recorded((0.05, b"one "), (1.9, b"two"), ended_at=2)._repr_markdown_().splitlines()
    assert head.count("|") == rule.count("|") == row.count("|")
    assert row == "| 200 | 50 ms | 50 ms | 1.90 s | 2.00 s | 2 | 7 | complete |"
