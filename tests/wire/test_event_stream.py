"""The oracle is botocore: the decoder that boto3 reads InvokeWithResponseStream with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.eventstream import EventStream, EventStreamBuffer
from botocore.parsers import RestJSONParser
from botocore.session import get_session

from lambdastream.errors import WireError
from lambdastream.wire.event_stream import CONTENT_TYPE, MAX_PAYLOAD, invoke_complete, payload_chunk

if TYPE_CHECKING:
    from collections.abc import Iterator

OPERATION = "InvokeWithResponseStream"

MESSAGES = [
    pytest.param(
        payload_chunk(b"hello"),
        {"PayloadChunk": {"Payload": b"hello"}},
        id="chunk",
    ),
    pytest.param(payload_chunk(b""), {"PayloadChunk": {"Payload": b""}}, id="empty chunk"),
    pytest.param(
        payload_chunk(bytes(range(256)) * 3),
        {"PayloadChunk": {"Payload": bytes(range(256)) * 3}},
        id="every byte",
    ),
    pytest.param(invoke_complete(), {"InvokeComplete": {}}, id="complete"),
    pytest.param(
        invoke_complete(error_code="Runtime.ExitError", error_details="Größe €"),
        {"InvokeComplete": {"ErrorCode": "Runtime.ExitError", "ErrorDetails": "Größe €"}},
        id="complete with an error",
    ),
    pytest.param(
        invoke_complete(log_result="U1RBUlQ="),
        {"InvokeComplete": {"LogResult": "U1RBUlQ="}},
        id="complete with the log",
    ),
]


class _Body:
    """As much of urllib3's response as botocore reads."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def stream(self) -> Iterator[bytes]:
        return iter(self._pieces)


@pytest.fixture(scope="module")
def parsed():
    operation = get_session().get_service_model("lambda").operation_model(OPERATION)
    shape = operation.get_event_stream_output()
    parser = RestJSONParser()._event_stream_parser  # noqa: SLF001 - botocore has no public way in without a server

    def parse(pieces: list[bytes]) -> list[dict[str, object]]:
        return list(EventStream(_Body(pieces), shape, parser, OPERATION))

    return parse


def test_the_content_type_is_that_of_event_streams():
    assert CONTENT_TYPE == "application/vnd.amazon.eventstream"


@pytest.mark.conformance("stream-frames")
@pytest.mark.parametrize(("message", "event"), MESSAGES)
def test_botocore_reads_the_event(message, event, parsed):
    assert parsed([message]) == [event]
    assert parsed([message[position : position + 1] for position in range(len(message))]) == [event]


@pytest.mark.conformance("stream-frames")
def test_botocore_reads_a_whole_answer(parsed):
    answer = payload_chunk(b"one ") + payload_chunk(b"two") + invoke_complete()

    events = parsed([answer])

    assert b"".join(event["PayloadChunk"]["Payload"] for event in events[:-1]) == b"one two"
    assert events[-1] == {"InvokeComplete": {}}


@pytest.mark.conformance("stream-frames")
@pytest.mark.parametrize(
    ("message", "event_type", "content_type"),
    [
        pytest.param(payload_chunk(b"x"), "PayloadChunk", "application/octet-stream", id="chunk"),
        pytest.param(invoke_complete(), "InvokeComplete", "application/json", id="complete"),
    ],
)
def test_a_message_says_what_it_is(message, event_type, content_type):
    buffer = EventStreamBuffer()
    buffer.add_data(message)

    assert next(buffer).headers == {
        ":event-type": event_type,
        ":content-type": content_type,
        ":message-type": "event",
    }


def test_a_chunk_has_a_limit():
    assert len(payload_chunk(bytes(MAX_PAYLOAD))) > MAX_PAYLOAD
    with pytest.raises(WireError):
        payload_chunk(bytes(MAX_PAYLOAD + 1))
