"""The checks of notebook 00."""

from dataclasses import replace

import httpx
import pytest

from lambdastream.client import Chunk, Recording
from lambdastream.workshop.checks import start

LWA = Recording("GET", "http://x", 200, httpx.Headers(), 0.1, (Chunk(0.1, b"a"), Chunk(2.1, b"b")), 2.2, None)
MANGUM = replace(LWA, chunks=(Chunk(2.1, b"ab"),))


@pytest.mark.parametrize(
    ("measure", "says"),
    [
        pytest.param(lambda recording: recording.ended_at, "✗ Not yet. Mangum's reader", id="the starter"),
        pytest.param(lambda recording: recording.first_byte_at, "✗ Not yet. Mangum's reader", id="the wait"),
        pytest.param(lambda recording: 0, "✗ Not yet. LWA's reader", id="nothing"),
        pytest.param(
            lambda recording: recording.last_byte_at - recording.first_byte_at, "✓ Nearly nothing", id="right"
        ),
    ],
)
def test_reading_time(measure, says):
    assert repr(start.reading_time(measure, MANGUM, LWA)).startswith(says)


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"one": "", "two": "", "three": ""}, "✗ Not yet. Shell one: you say ''."),
        ({"one": "local", "two": "local", "three": "aws"}, "✗ Not yet. Shell two: you say 'local'."),
        ({"one": "local", "two": "aws"}, "✗ Not yet. Shell three: you say None."),
        ({"one": "local", "two": "aws", "three": "aws"}, "✓ Ask before you deploy"),
    ],
)
def test_goes_to(answers, says):
    assert repr(start.goes_to(answers)).startswith(says)
