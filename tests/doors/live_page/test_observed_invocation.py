"""What is read of an answer on its way, whatever it is: a look must never break it."""

import json

import pytest

from lambdastream.doors.invoke import Unheard
from lambdastream.doors.live_page.observed_invocation import LARGEST_PAYLOAD, LONGEST_MESSAGE, ObservedSink
from lambdastream.doors.live_page.recording import Recording
from lambdastream.runtime.http_server.connection import HttpConnection
from lambdastream.runtime.invocation import FunctionError
from lambdastream.runtime.limits import Limits
from lambdastream.runtime.stream_limits import LimitedStream
from lambdastream.wire.prelude import CONTENT_TYPE

DEEP = b"[" * 30000


@pytest.fixture
def recording():
    return Recording(1, "id", "f", "URL, BUFFERED", "GET /", collected=True, arrived=0.0, arrived_at=0.0)


@pytest.fixture
def sink(recording):
    return ObservedSink(Unheard(), recording, lambda _: None)


@pytest.mark.parametrize(
    ("payload", "status"),
    [
        (b'{"statusCode": 201, "body": ""}', 201),
        (b"{}", None),
        (b"[1]", None),
        (b"", None),
        (b"\xff", None),
        (b'{"statusCode": 201, "body": "%s"}' % (b"x" * LARGEST_PAYLOAD), None),
        (DEEP, None),
    ],
    ids=["status", "none", "a list", "nothing", "no text", "too large to be read", "too deep"],
)
def test_a_result_s_status_is_read_if_it_has_one(sink, recording, payload, status):
    sink.result(payload)
    assert (recording.status, recording.size, recording.state) == (status, len(payload), "done")


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (json.dumps({"errorType": "KeyError", "errorMessage": "'a'"}).encode(), ("KeyError", "'a'")),
        (json.dumps({"errorMessage": 1}).encode(), ("Unhandled", "1")),
        (json.dumps({"errorMessage": "x" * 1000}).encode(), ("Unhandled", "x" * LONGEST_MESSAGE)),
        (b"", ("Unhandled", "")),
        (b"[]", ("Unhandled", "")),
        (DEEP, ("Unhandled", "")),
    ],
    ids=["type and message", "no text", "long", "nothing", "a list", "too deep"],
)
def test_an_error_is_told_with_what_it_says(sink, recording, payload, told):
    sink.function_error(FunctionError("Unhandled", payload))
    assert (recording.error, recording.message) == told


@pytest.mark.parametrize(
    ("pieces", "status", "size"),
    [
        ([b'{"statusCode": 404}' + bytes(8) + b"body"], 404, 4),
        ([b'{"statusCode"', b": 200}" + bytes(4), bytes(4), b"bo", b"dy"], 200, 4),
        ([b"no prelude" + bytes(8), b"body"], None, 0),
    ],
    ids=["at once", "in pieces", "malformed"],
)
def test_a_prelude_is_no_part_of_the_body(sink, recording, pieces, status, size):
    sink.stream_started(CONTENT_TYPE, LimitedStream(HttpConnection(0), Limits()))
    for piece in pieces:
        sink.stream_data(piece)
    sink.stream_ended(None)
    assert (recording.status, recording.size, recording.state) == (status, size, "done")
