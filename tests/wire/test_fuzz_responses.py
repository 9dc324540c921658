"""Whatever a function answers becomes a response that a client can read, or a `WireError`: never another exception."""

from __future__ import annotations

import itertools
import json

import h11
import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import example, given
from hypothesis import strategies as st

from lambdastream.errors import WireError
from lambdastream.wire.event_stream import invoke_complete, payload_chunk
from lambdastream.wire.gateway_response import http_api_response, http_api_response_1, rest_api_response
from lambdastream.wire.http_message import LAST_CHUNK, HttpResponse, chunk, response_head
from lambdastream.wire.prelude import SEPARATOR, PreludeDecoder
from lambdastream.wire.proxy_response import proxy_response

READERS = {
    "function URL": proxy_response,
    "HTTP API 2.0": http_api_response,
    "HTTP API 1.0": http_api_response_1,
    "REST API": lambda payload: rest_api_response(payload, binary=False),
    "REST API, binary": lambda payload: rest_api_response(payload, binary=True),
}

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["X-A", "x-a", "Content-Type", "Content-Length", "Transfer-Encoding", "\u212aey"]) | st.text(
    max_size=8
)
VALUES = st.text(st.characters(max_codepoint=0xFF), max_size=8) | ANYTHING
FIELDS = st.dictionaries(NAMES, VALUES, max_size=4) | ANYTHING
LISTED = st.dictionaries(NAMES, st.lists(VALUES, max_size=3) | VALUES, max_size=4) | ANYTHING
STATUSES = st.integers(98, 601) | st.sampled_from(["200", "9" * 5000, "\u0662\u0660\u0660", 200.0, 1e308]) | ANYTHING
BODIES = st.sampled_from(["", "aGk=", "aGk", "é", "\ud800"]) | ANYTHING


def result(**optional):
    """An object that may have these fields, and may have others."""
    return st.fixed_dictionaries({}, optional=optional | {"other": ANYTHING})


RESULTS = result(
    statusCode=STATUSES,
    headers=FIELDS,
    multiValueHeaders=LISTED,
    cookies=st.lists(st.text(max_size=8), max_size=3) | ANYTHING,
    body=BODIES,
    isBase64Encoded=st.booleans() | ANYTHING,
    errorMessage=st.text(max_size=3),
)


def encoded(value):
    """The value in JSON, as any runtime may write it: infinite numbers become such that only look finite."""
    return json.dumps(value).replace("Infinity", "1e999").encode()


PAYLOADS = RESULTS.map(encoded) | ANYTHING.map(encoded) | st.binary(max_size=40)


def read_by_a_client(head, body):
    """The response as an independent client reads it: its status, its headers, its body."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("host", "h")]))
    client.send(h11.EndOfMessage())
    client.receive_data(head + body)
    response, data = client.next_event(), b""
    assert isinstance(response, h11.Response)
    while isinstance(event := client.next_event(), h11.Data):
        data += event.data
    assert isinstance(event, h11.EndOfMessage)
    assert client.trailing_data == (b"", False)
    return response.status_code, [(name.decode(), value.decode("latin-1")) for name, value in response.headers], data


def assert_readable(response: HttpResponse, *, streamed: bool):
    """The client reads what the response says, and nothing else."""
    length = None if streamed else len(response.body)
    head = response_head(response.status, response.headers, length=length, keep_alive=True)
    if response.status < 200:
        return
    bare = response.status in {204, 304}
    body = b"" if bare else b"".join(chunk(response.body)) + LAST_CHUNK if streamed else response.body
    status, headers, data = read_by_a_client(head, body)
    assert status == response.status
    assert headers[: len(response.headers)] == [(name, value.strip(" \t")) for name, value in response.headers]
    assert len(headers) == len(response.headers) + (not bare)
    assert data == (b"" if bare else response.body)


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@given(payload=PAYLOADS)
@example(payload=encoded({"statusCode": "9" * 5000}))
@example(payload=encoded({"statusCode": 200, "headers": {"x": "\x01"}}))
@example(payload=encoded({"statusCode": 200, "multiValueHeaders": {"x": [{}]}}))
def test_a_result_is_a_response_or_an_error(read, payload):
    try:
        response = read(payload)
    except WireError as error:
        assert error.problem  # noqa: PT017 - both outcomes are fine
    else:
        assert_readable(response, streamed=False)


PRELUDES = RESULTS.map(encoded) | st.just(b"{}") | st.binary(max_size=30)


def decoded(pieces):
    """What a decoder makes of an answer in pieces: its prelude and body, or the error's words."""
    decoder = PreludeDecoder()
    try:
        body = b"".join([decoder.feed(piece) for piece in pieces])
    except WireError as error:
        return str(error)
    return decoder.prelude, body


def cut(data, places):
    """Cut data at these places."""
    ends = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(ends)]


@given(
    prelude=PRELUDES,
    separator=st.just(SEPARATOR) | st.just(SEPARATOR[:-1]),
    body=st.binary(max_size=20) | st.just(SEPARATOR),
    places=st.lists(st.integers(0, 200), max_size=6),
)
def test_a_streamed_answer_is_the_same_wherever_it_is_cut(prelude, separator, body, places):
    answer = prelude + separator + body
    whole = decoded([answer])
    assert decoded(cut(answer, places)) == whole
    if not isinstance(whole, str) and whole[0] is not None:
        assert_readable(HttpResponse(whole[0].status, whole[0].headers, whole[1]), streamed=True)


@given(
    pieces=st.lists(st.binary(max_size=50), max_size=4),
    code=st.text(max_size=10),
    details=st.text(max_size=10),
    log=st.text("abc=", max_size=10),
    places=st.lists(st.integers(0, 500), max_size=5),
)
def test_botocore_reads_the_frames_that_were_written_wherever_they_are_cut(pieces, code, details, log, places):
    end = invoke_complete(error_code=code, error_details=details, log_result=log)
    buffer, read = EventStreamBuffer(), []
    for data in cut(b"".join([*map(payload_chunk, pieces), end]), places):
        buffer.add_data(data)
        read += list(buffer)
    assert [message.payload for message in read[:-1]] == pieces
    told = {"ErrorCode": code, "ErrorDetails": details, "LogResult": log}
    assert json.loads(read[-1].payload) == {name: value for name, value in told.items() if value}
