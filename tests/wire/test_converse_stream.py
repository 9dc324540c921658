"""The oracle is botocore: what boto3 reads ConverseStream's events with, and its model of them."""

import pytest
from botocore.eventstream import EventStream
from botocore.exceptions import EventStreamError
from botocore.parsers import RestJSONParser
from botocore.session import get_session

from lambdastream.wire.converse_stream import (
    Usage,
    answer_end,
    converse_response,
    message_start,
    stream_exception,
    text_delta,
)

OPERATION = "ConverseStream"
USAGE = {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7}


class _Body:
    """As much of urllib3's response as botocore reads."""

    def __init__(self, data):
        self._data = data

    def stream(self):
        return iter([self._data])


@pytest.fixture(scope="module")
def service():
    return get_session().get_service_model("bedrock-runtime")


@pytest.fixture(scope="module")
def parsed(service):
    shape = service.operation_model(OPERATION).get_event_stream_output()
    parser = RestJSONParser()._event_stream_parser  # noqa: SLF001 - botocore has no public way in without a server

    def parse(data):
        return EventStream(_Body(data), shape, parser, OPERATION)

    return parse


@pytest.mark.conformance("bedrock-stream")
def test_botocore_reads_a_whole_answer(parsed):
    data = b"".join((message_start(), text_delta("Grün "), text_delta("€"), *answer_end("end_turn", Usage(3, 4), 5)))
    assert list(parsed(data)) == [
        {"messageStart": {"role": "assistant"}},
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Grün "}}},
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "€"}}},
        {"contentBlockStop": {"contentBlockIndex": 0}},
        {"messageStop": {"stopReason": "end_turn"}},
        {"metadata": {"usage": USAGE, "metrics": {"latencyMs": 5}}},
    ]


def test_a_text_has_no_start_of_its_own(service):
    assert "text" not in service.shape_for("ContentBlockStart").members


@pytest.mark.parametrize("reason", ["end_turn", "max_tokens", "stop_sequence"])
def test_the_reasons_to_stop_are_the_services(service, reason):
    assert reason in service.shape_for("StopReason").enum


@pytest.mark.conformance("bedrock-stream-error")
@pytest.mark.parametrize("name", ["modelStreamErrorException", "throttlingException"])
def test_botocore_raises_an_error_in_the_middle(parsed, service, name):
    assert name in service.shape_for("ConverseStreamOutput").members
    events = iter(parsed(message_start() + stream_exception(name, "Too bad.")))
    assert next(events) == {"messageStart": {"role": "assistant"}}
    with pytest.raises(EventStreamError) as caught:
        next(events)
    assert caught.value.response["Error"] == {"Code": name, "Message": "Too bad."}


def test_an_answer_in_one_piece():
    assert converse_response("all of it", "max_tokens", Usage(3, 4), 5) == {
        "output": {"message": {"role": "assistant", "content": [{"text": "all of it"}]}},
        "stopReason": "max_tokens",
        "usage": USAGE,
        "metrics": {"latencyMs": 5},
    }
