"""The limits of a streamed answer at every door that streams, the timeouts, and what lifts them."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from lambdastream.doors.api_description import ApiDescription
from lambdastream.doors.api_routes import Route
from lambdastream.runtime.limits import LIFTED, LIFTED_TIME, MB

PIECE = 64 * 1024
WRAPPER = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper.sh"}
PRELUDE = b"{}" + bytes(8)
HTTP = "application/vnd.awslambda.http-integration-response"


def script(pieces: int) -> dict[str, Any]:
    """What the function `streaming` is to do: answer with so many pieces. The prelude has ten bytes."""
    return {"prelude": {}, "steps": [["chunk", "x" * PIECE, pieces], ["end"]]}


@dataclass
class Streamed:
    """An answer: how many bytes it had, the seconds until the first of them and until its end, and how it ended."""

    size: int
    began: float
    took: float
    end: str


class Door:
    """A function that streams, behind one of the doors. `read` gives the bytes of its answer as they come."""

    def __init__(self, function: Any, read: Callable[[dict[str, Any]], Iterator[bytes]]) -> None:
        self.function = function
        self.read = read

    def ask(self, pieces: int) -> Streamed:
        start, began, size, end = time.monotonic(), 0.0, 0, "whole"
        try:
            for data in self.read(script(pieces)):
                began = began or time.monotonic() - start
                size += len(data)
        except httpx.RemoteProtocolError:
            end = "broken"
        except RuntimeError as error:
            end = str(error)
        return Streamed(size, began, time.monotonic() - start, end)


@pytest.fixture(params=["function URL", "InvokeWithResponseStream", "REST API"])
def door(request, start_local, copy_of, new_client):
    """Start a data plane with these limits, and the function `streaming` behind one of its doors."""

    def start(**limits: Any) -> Door:
        local = start_local(**limits)
        function = local.deploy(copy_of("streaming"), mode="RESPONSE_STREAM", environment=WRAPPER)
        kinds = {"function URL": over_http(local, function.url), "REST API": over_rest(local, function.name)}
        read = kinds.get(request.param) or over_invoke(new_client(local), function.name)
        warm_up = read(script(0))
        assert set(b"".join(warm_up)) <= set(PRELUDE)
        return Door(function, read)

    return start


def over_http(local, url):
    def read(event):
        with local.client.stream("POST", url, content=json.dumps(event)) as response:
            assert response.status_code == 200
            yield from response.iter_raw()

    return read


def over_rest(local, name):
    return over_http(local, rest_api(local, name))


def rest_api(local, name, timeout=20.0):
    """Deploy a REST API that streams; returns its address."""
    route = Route("ANY", "/", name, streams=True, timeout=timeout)
    api = ApiDescription("r1", "rest", "REST", "prod", (route,), binary_media_types=("*/*",))
    return local.loop.run(local.plane.deploy_api(api))["url"] + "prod/"


def over_invoke(aws, name):
    def read(event):
        answer = aws.invoke_with_response_stream(FunctionName=name, Payload=json.dumps(event))
        with closing(answer["EventStream"]) as events:
            for told in events:
                if "PayloadChunk" in told:
                    yield told["PayloadChunk"]["Payload"]
                elif "ErrorCode" in told["InvokeComplete"]:
                    raise RuntimeError(told["InvokeComplete"]["ErrorCode"])

    return read


@pytest.mark.conformance("limits-stream-rate")
def test_what_is_over_the_first_part_comes_at_the_rate(door):
    streaming = door(stream_full_speed=MB, stream_rate=4 * MB)
    short, long = streaming.ask(15), streaming.ask(48)
    assert (short.end, long.end) == ("whole", "whole")
    assert long.size - short.size == 33 * PIECE
    # 2 MB take half a second; the last that was read, up to 256 KB, is not waited for.
    assert 0.4 < long.took < 5
    assert long.began < 0.3, "the first part does not wait"


@pytest.mark.parametrize("door", ["function URL"], indirect=True)
@pytest.mark.conformance("limits-lifted")
def test_the_rate_can_be_lifted(door):
    streaming = door(stream_full_speed=MB, stream_rate=LIFTED)
    assert streaming.ask(16 * 20).took < 5, "it would take ten seconds"


@pytest.mark.conformance("limits-stream-size")
def test_an_answer_over_the_largest_size_is_broken_off_and_the_log_says_why(door):
    largest = 3 * PIECE + 100
    streaming = door(stream_payload=largest)
    assert streaming.ask(3).end == "whole"
    told = streaming.ask(40)
    prelude = 0 if told.end == "broken" else len(PRELUDE)
    assert told.end in {"broken", "Function.ResponseSizeTooLarge"}
    assert told.size == largest - len(PRELUDE) + prelude
    message = f"Response payload size exceeded maximum allowed payload size ({largest} bytes)."
    assert streaming.function.log.count(f"Error: Function.ResponseSizeTooLarge: {message}\n") == 1
    assert streaming.ask(3).end == "whole", "the next request works"


def test_an_answer_that_is_collected_has_only_its_own_limit(start_local, copy_of):
    local = start_local(stream_full_speed=1000, stream_rate=1000, stream_payload=2000)
    function = local.deploy(copy_of("streaming"), mode="BUFFERED", environment=WRAPPER)
    response = function.request("POST", content=json.dumps(script(10)))
    assert (response.status_code, len(response.content)) == (200, len(PRELUDE) + 10 * PIECE)


def test_a_slow_client_and_the_rate_together_lose_nothing(start_local, copy_of, connect, eventually):
    pieces, rate = 80, 4 * MB
    local = start_local(stream_full_speed=MB, stream_rate=rate)
    function = local.deploy(copy_of("streaming"), mode="RESPONSE_STREAM", environment=WRAPPER)
    body = json.dumps(script(pieces)).encode()
    wire = connect(function.port, receive_buffer=PIECE)
    began = time.monotonic()
    wire.send(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body), body)
    assert wire.head()[0] == 200
    # Longer than the rate alone would make the runtime wait: each reason to wait begins and ends while the other one holds.
    time.sleep(0.4)
    size = 0
    for number, chunk in enumerate(wire.chunks()):
        assert chunk is not None, "it is broken"
        size += len(chunk)
        if number % 8 == 0:
            time.sleep(0.005)
    assert size == pieces * PIECE
    assert time.monotonic() - began > (pieces * PIECE - MB - 256 * 1024) / rate - 0.1
    eventually(lambda: function.states == ["idle"])


@contextmanager
def opened_after(seconds, gate):
    """A file that is there after so many seconds."""
    timer = threading.Timer(seconds, gate.touch)
    timer.start()
    try:
        yield gate
    finally:
        timer.join()


@pytest.mark.parametrize(("timeout", "ends"), [(None, "broken"), (LIFTED_TIME, "whole")], ids=["as declared", "lifted"])
@pytest.mark.conformance("limits-lifted")
def test_a_timeout_of_functions_can_be_changed(start_local, copy_of, tmp_path, timeout, ends):
    local = start_local(timeout=timeout)
    function = local.deploy(copy_of("streaming"), mode="RESPONSE_STREAM", environment=WRAPPER, timeout=0.3)
    # Where it is to break off, the gate stays closed.
    with nullcontext(tmp_path / "gate") if timeout is None else opened_after(0.6, tmp_path / "gate") as gate:
        steps = [["chunk", "one"], ["wait", str(gate)], ["chunk", "two"], ["end"]]
        event = json.dumps({"type": "text/plain", "steps": steps})
        read = Door(function, lambda _: over_http(local, function.url)(json.loads(event)))
        assert read.ask(0).end == ends
        assert ("Task timed out after 0.30 seconds" in function.log) == (ends == "broken")
        if timeout is not None:
            pids = function.pids
            assert (read.ask(0).end, function.pids) == ("whole", pids), "its keys need not last as long"


@pytest.mark.parametrize(("timeout", "status"), [(None, 504), (LIFTED_TIME, 200)], ids=["as declared", "lifted"])
def test_a_timeout_of_apis_can_be_changed(start_local, copy_of, tmp_path, timeout, status):
    local = start_local(api_timeout=timeout)
    function = local.deploy(copy_of("streaming"), environment=WRAPPER)
    address = rest_api(local, function.name, timeout=0.1)
    with nullcontext(tmp_path / "gate") if timeout is None else opened_after(0.4, tmp_path / "gate") as gate:
        steps = [["wait", str(gate)], ["chunk", PRELUDE.decode()], ["end"]]
        response = local.client.post(address, content=json.dumps({"type": HTTP, "steps": steps}))
    assert response.status_code == status
