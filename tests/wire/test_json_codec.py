from __future__ import annotations

import pytest

from lambdastream.errors import WireError
from lambdastream.wire.json_codec import decode_json, encode_json


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param({"a": 1, "b": [True, None]}, b'{"a":1,"b":[true,null]}', id="no spaces"),
        pytest.param("ü €", b'"\\u00fc \\u20ac"', id="ASCII"),
        pytest.param("\ud800", b'"\\ud800"', id="half a surrogate pair"),
    ],
)
def test_values_become_compact_text_and_back(value, text):
    assert encode_json(value) == text
    assert decode_json(text, "It") == value


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"{} {}", id="two values"),
        pytest.param(b"'a'", id="Python, not JSON"),
        pytest.param(b'"\xff"', id="not UTF-8"),
        pytest.param('"a"'.encode("utf-16"), id="UTF-16"),
        pytest.param(b'\xef\xbb\xbf"a"', id="byte order mark"),
        pytest.param(b"NaN", id="NaN"),
        pytest.param(b'{"a":-Infinity}', id="Infinity"),
        pytest.param(b"[" * 200_000, id="nested too deeply"),
        pytest.param(b"1" * 10_000, id="number of ten thousand digits"),
    ],
)
def test_what_is_not_json_is_an_error_that_names_it(text):
    with pytest.raises(WireError, match=r"^The answer is "):
        decode_json(text, "The answer")


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_numbers_that_json_lacks_are_not_written(value):
    with pytest.raises(WireError):
        encode_json({"a": value})


def test_what_is_nested_too_deeply_is_not_written():
    value: list[object] = []
    for _ in range(100_000):
        value = [value]

    with pytest.raises(WireError):
        encode_json(value)
