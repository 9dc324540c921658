"""What the doors have in common: back-pressure, and answers that are collected."""

import json

import pytest

from lambdastream.doors.responses import BackPressure, BufferedSink
from lambdastream.runtime.invocation import FunctionError

LIMIT = 10


class Source:
    """The runtime's end of a stream; `flows` says whether it may send."""

    flows = True
    limited = False

    def limit(self):
        self.limited = True

    def pause(self):
        self.flows = False

    def resume(self):
        self.flows = True


class Collected(BufferedSink):
    """Keeps what it is told."""

    def __init__(self):
        super().__init__(LIMIT)
        self.told = []

    def complete(self, payload, *, streamed):
        self.told.append((payload, streamed))

    def function_error(self, error):
        self.told.append(error)


@pytest.fixture
def back_pressure():
    return BackPressure()


@pytest.fixture
def source(back_pressure):
    attached = Source()
    back_pressure.attach(attached)
    return attached


def test_a_runtime_waits_while_its_client_is_too_slow(back_pressure, source):
    back_pressure.writable(False)
    assert not source.flows
    back_pressure.writable(True)
    assert source.flows


def test_an_answer_that_has_ended_holds_nobody_up(back_pressure, source):
    back_pressure.writable(False)
    back_pressure.detach()
    assert source.flows
    back_pressure.writable(False)
    assert source.flows


def test_an_answer_on_a_connection_that_is_still_full_waits_from_its_beginning(back_pressure, source):
    back_pressure.writable(False)
    back_pressure.detach()
    following = Source()
    back_pressure.attach(following)
    assert not following.flows
    back_pressure.writable(True)
    assert following.flows


@pytest.mark.parametrize("moment", ["during the answer", "before the answer"])
def test_a_client_that_is_gone_holds_nobody_up(back_pressure, moment):
    source = Source()
    back_pressure.writable(False)
    if moment == "during the answer":
        back_pressure.attach(source)
    back_pressure.release()
    if moment == "before the answer":
        back_pressure.attach(source)
    assert source.flows


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        pytest.param([], b"", id="nothing"),
        pytest.param([b"ab", b"", b"c"], b"abc", id="in pieces"),
        pytest.param([b"x" * LIMIT], b"x" * LIMIT, id="at the limit"),
    ],
)
def test_a_stream_is_collected_where_a_whole_answer_is_wanted(pieces, whole):
    sink = Collected()
    sink.stream_started("text/plain", Source())
    for piece in pieces:
        sink.stream_data(piece)
    sink.stream_ended(None)
    assert sink.told == [(whole, True)]


def test_a_collected_stream_over_the_limit_is_an_error():
    sink = Collected()
    for _ in range(LIMIT + 1):
        sink.stream_data(b"x")
    sink.stream_ended(None)
    [error] = sink.told
    assert error.error_type == "Function.ResponseSizeTooLarge"
    assert f"({LIMIT} bytes)" in json.loads(error.payload)["errorMessage"]


@pytest.mark.parametrize("end", ["stream_ended", "stream_broken"])
def test_a_collected_stream_that_fails_is_its_error(end):
    sink, error = Collected(), FunctionError("Odd", b"{}")
    sink.stream_data(b"x")
    getattr(sink, end)(error)
    assert sink.told == [error]
