"""The Runtime API and the Extensions API, on the wire."""

import json
import time
from base64 import b64encode

import pytest

from lambdastream.runtime.invocation import Invocation
from lambdastream.runtime.limits import Limits
from lambdastream.runtime.runtime_api import RuntimeApi

ARN = "arn:aws:lambda:us-east-1:123456789012:function:one"
NEXT = "GET /2018-06-01/runtime/invocation/next"
HTTP = "application/vnd.awslambda.http-integration-response"
STREAMING = {"lambda_runtime_function_response_mode": "streaming", "transfer_encoding": "chunked"}
EXTENSION = "/2020-01-01/extension/"
ERROR = {"lambda_runtime_function_error_type": "Function.Odd"}
LIMIT = 1000


@pytest.fixture
def api(loop, describe):
    """The API of one environment; `api.port` is where it listens."""

    async def make():
        return RuntimeApi(describe(), Limits(response_payload=LIMIT), ARN)

    api = loop.run(make())
    address = loop.run(api.listen())
    api.port = int(address.partition(":")[2])
    yield api
    loop.run(api.close())


@pytest.fixture
def runtime(connect, api):
    """The runtime's connection."""
    return connect(api.port)


@pytest.fixture
def dispatch(loop, api, runtime, new_sink, eventually):
    """Let the runtime ask for its next event and get it; returns the invocation."""

    def go(event=b'{"a":1}'):
        runtime.send(f"{NEXT} HTTP/1.1\r\n\r\n".encode())
        eventually(lambda: api.idle)
        invocation = Invocation(event, new_sink())
        invocation.begin(3)
        loop.call(api.dispatch, invocation)
        runtime.event = runtime.answer()
        return invocation

    return go


def outcome(invocation, what):
    return f"POST /2018-06-01/runtime/invocation/{invocation.request_id}/{what}"


@pytest.fixture
def begin_stream(runtime):
    """Send the head of a streamed answer."""

    def begin(invocation, **headers):
        fields = {**STREAMING, "content_type": HTTP, **headers}
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
        runtime.send(f"{outcome(invocation, 'response')} HTTP/1.1\r\n{head}\r\n".encode())

    return begin


def chunked(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


@pytest.mark.conformance("runtime-api-next")
def test_the_runtime_waits_for_its_next_event(runtime, api, eventually):
    runtime.send(f"{NEXT} HTTP/1.1\r\n\r\n".encode())
    eventually(lambda: api.idle)
    assert runtime.is_silent()


@pytest.mark.conformance("runtime-api-next")
def test_an_event_comes_with_what_the_runtime_must_know(runtime, dispatch):
    before = time.time()
    invocation = dispatch(b'{"a": 1}')
    assert (runtime.event.status, runtime.event.body) == (200, b'{"a": 1}')
    headers = runtime.event.headers
    assert headers["lambda-runtime-aws-request-id"] == invocation.request_id
    assert headers["lambda-runtime-invoked-function-arn"] == ARN
    assert headers["lambda-runtime-trace-id"].startswith("Root=1-")
    assert before + 2.9 <= int(headers["lambda-runtime-deadline-ms"]) / 1000 <= time.time() + 3


@pytest.mark.conformance("runtime-api-response")
def test_a_whole_response_is_the_result_and_the_runtime_may_go_on(runtime, dispatch):
    first = dispatch()
    assert runtime.request(outcome(first, "response"), b'"one"').status == 202
    second = dispatch()
    assert runtime.request(outcome(second, "response"), b'"two"').status == 202
    assert first.sink.heard == [("result", b'"one"')]
    assert second.sink.heard == [("result", b'"two"')]


def test_a_streamed_response_arrives_however_it_is_cut(runtime, dispatch, begin_stream, splits):
    data = b"\0one\r\n0\r\n\r\ntwo"
    for pieces in splits(data):
        invocation = dispatch()
        begin_stream(invocation)
        for piece in pieces:
            runtime.send(chunked(piece))
        runtime.send(b"0\r\n\r\n")
        assert runtime.answer().status == 202
        assert invocation.sink.heard[0] == ("started", HTTP)
        assert invocation.sink.data == data
        assert invocation.sink.heard[-1] == ("ended", None)


@pytest.mark.conformance("runtime-api-stream")
def test_a_streamed_response_is_passed_on_while_it_comes_and_accepted_at_its_end(
    runtime, dispatch, begin_stream, eventually
):
    invocation = dispatch()
    begin_stream(invocation)
    eventually(lambda: invocation.sink.names == ["started"])
    for number in range(3):
        runtime.send(chunked(b"%d" % number))
        eventually(lambda number=number: invocation.sink.data == b"012"[: number + 1])
        assert runtime.is_silent()
    runtime.send(b"0\r\n\r\n")
    assert runtime.answer().status == 202
    assert invocation.sink.names == ["started", "data", "ended"]


def test_a_streamed_response_may_be_longer_than_a_whole_one(runtime, dispatch, begin_stream):
    invocation = dispatch()
    begin_stream(invocation)
    runtime.send(chunked(bytes(5 * LIMIT)), b"0\r\n\r\n")
    assert runtime.answer().status == 202
    assert invocation.sink.data == bytes(5 * LIMIT)


def test_a_whole_response_over_the_limit_is_an_error_and_the_runtime_may_go_on(runtime, dispatch):
    invocation = dispatch()
    assert runtime.request(outcome(invocation, "response"), b"x" * (LIMIT + 1)).status == 413
    [(told, error)] = invocation.sink.heard
    assert (told, error.error_type) == ("function_error", "Function.ResponseSizeTooLarge")
    assert f"({LIMIT} bytes)" in json.loads(error.payload)["errorMessage"]
    assert runtime.request(outcome(dispatch(), "response"), b"x" * LIMIT).status == 202


@pytest.mark.parametrize(
    ("headers", "error_type"),
    [pytest.param(ERROR, "Function.Odd", id="named"), pytest.param({}, "Unhandled", id="without a name")],
)
def test_an_error_of_the_function_is_passed_on_as_it_is(runtime, dispatch, headers, error_type):
    invocation = dispatch()
    payload = b'{"errorMessage": "odd", "stackTrace": []}'
    assert runtime.request(outcome(invocation, "error"), payload, **headers).status == 202
    [(told, error)] = invocation.sink.heard
    assert (told, error.error_type, error.payload) == ("function_error", error_type, payload)


def test_an_error_of_the_init_is_remembered(runtime, api):
    assert runtime.request("POST /2018-06-01/runtime/init/error", b'{"a":1}', **ERROR).status == 202
    assert api.init_error == ("Function.Odd", b'{"a":1}')


@pytest.mark.conformance("runtime-api-response")
@pytest.mark.parametrize(
    ("line", "status", "error_type"),
    [
        ("POST /2018-06-01/runtime/invocation/unknown/response", 400, "InvalidRequestID"),
        ("POST /2018-06-01/runtime/invocation/unknown/error", 400, "InvalidRequestID"),
        ("POST /2018-06-01/runtime/invocation/unknown", 400, "InvalidRequestID"),
        ("GET /2018-06-01/runtime/invocation/unknown/response", 404, "NotFound"),
        ("GET /2018-06-01/runtime/init/error", 404, "NotFound"),
        ("POST /2018-06-01/runtime/other", 404, "NotFound"),
        ("GET /", 404, "NotFound"),
        (f"POST {EXTENSION}other", 403, "Extension.UnknownExtensionIdentifier"),
        (f"GET {EXTENSION}event/next", 403, "Extension.UnknownExtensionIdentifier"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(runtime, line, status, error_type):
    answer = runtime.request(line)
    assert answer.status == status
    assert json.loads(answer.body)["errorType"] == error_type


def test_a_runtime_that_asks_for_the_next_event_must_have_answered_the_last_one(runtime, dispatch):
    invocation = dispatch()
    answer = runtime.request(NEXT)
    assert (answer.status, json.loads(answer.body)["errorType"]) == (403, "InvalidStateTransition")
    assert runtime.request(outcome(invocation, "response"), b"1").status == 202


@pytest.mark.conformance("runtime-api-late")
@pytest.mark.parametrize("headers", [{}, STREAMING], ids=["whole", "streamed"])
def test_an_answer_that_comes_after_the_invocation_was_given_up_is_ignored(loop, runtime, dispatch, api, headers):
    invocation = dispatch()
    loop.call(invocation.fail, "Sandbox.Timedout", "too late")
    loop.call(api.forget)
    if headers:
        runtime.send(f"{outcome(invocation, 'response')} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n".encode())
        runtime.send(b"Lambda-Runtime-Function-Response-Mode: streaming\r\n\r\n1\r\nx\r\n0\r\n\r\n")
        assert runtime.answer().status == 400
    else:
        assert runtime.request(outcome(invocation, "response"), b"1").status == 400
    assert invocation.sink.names == ["function_error"]


def test_what_a_stream_brings_after_the_invocation_was_given_up_is_ignored(
    loop, runtime, dispatch, begin_stream, eventually
):
    invocation = dispatch()
    begin_stream(invocation)
    runtime.send(chunked(b"in time"))
    eventually(lambda: invocation.sink.data)
    loop.call(invocation.fail, "Sandbox.Timedout", "too late")
    runtime.send(chunked(b"late"), b"0\r\n\r\n")
    assert runtime.answer().status == 202
    assert invocation.sink.data == b"in time"
    assert invocation.sink.names == ["started", "data", "broken"]


@pytest.mark.conformance("runtime-api-response")
def test_only_one_response_is_taken(runtime, dispatch, begin_stream, connect, api, eventually):
    invocation = dispatch()
    begin_stream(invocation)
    eventually(lambda: invocation.sink.names == ["started"])
    other = connect(api.port)
    for headers in ({}, {"lambda_runtime_function_response_mode": "streaming"}):
        assert other.request(outcome(invocation, "response"), b"again", **headers).status == 400
    runtime.send(chunked(b"once"), b"0\r\n\r\n")
    assert runtime.answer().status == 202
    assert other.request(outcome(invocation, "response"), b"again").status == 400
    assert invocation.sink.heard == [("started", HTTP), ("data", b"once"), ("ended", None)]


@pytest.mark.conformance("runtime-api-stream-error")
@pytest.mark.parametrize(
    ("body", "payload"),
    [
        pytest.param(b64encode(b'{"errorMessage":"boom"}').decode(), b'{"errorMessage":"boom"}', id="base64"),
        pytest.param('{"errorMessage":"boom"}', b'{"errorMessage":"boom"}', id="as it is"),
    ],
)
@pytest.mark.parametrize("where", ["in the trailers", "in the data"])
def test_a_stream_can_end_with_an_error(runtime, dispatch, begin_stream, where, body, payload):
    invocation = dispatch()
    begin_stream(invocation, trailer="Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body")
    lines = f"Lambda-Runtime-Function-Error-Type: Odd\r\nLambda-Runtime-Function-Error-Body: {body}\r\n".encode()
    runtime.send(chunked(b"before"))
    runtime.send(b"0\r\n%s\r\n" % lines if where == "in the trailers" else chunked(lines) + b"0\r\n\r\n")
    assert runtime.answer().status == 202
    assert invocation.sink.data == b"before"
    told, error = invocation.sink.heard[-1]
    assert (told, error.error_type, error.payload) == ("ended", "Odd", payload)


@pytest.mark.conformance("runtime-api-stream-broken")
def test_a_stream_that_stops_in_its_middle_is_broken(runtime, dispatch, begin_stream, eventually):
    invocation = dispatch()
    begin_stream(invocation)
    runtime.send(chunked(b"before"), b"10\r\npart")
    eventually(lambda: invocation.sink.data)
    runtime.close()
    eventually(lambda: invocation.answered)
    told, error = invocation.sink.heard[-1]
    assert (told, error.error_type) == ("broken", "Runtime.TruncatedResponse")


def test_an_error_call_during_a_stream_breaks_it(runtime, dispatch, begin_stream, connect, api, eventually):
    invocation = dispatch()
    begin_stream(invocation)
    eventually(lambda: invocation.sink.names == ["started"])
    assert connect(api.port).request(outcome(invocation, "error"), b"{}", **ERROR).status == 202
    told, error = invocation.sink.heard[-1]
    assert (told, error.error_type) == ("broken", "Function.Odd")


def test_a_runtime_that_leaves_does_not_wait_for_an_event_any_more(runtime, api, eventually):
    runtime.send(f"{NEXT} HTTP/1.1\r\n\r\n".encode())
    eventually(lambda: api.idle)
    runtime.close()
    eventually(lambda: not api.idle)


# Extensions


@pytest.fixture
def register(connect, api):
    """Register an extension; returns its connection, which knows its `identifier`."""

    def go(name="watcher", events=()):
        wire = connect(api.port)
        body = json.dumps({"events": list(events)}).encode()
        answer = wire.request(f"POST {EXTENSION}register", body, lambda_extension_name=name)
        wire.registration = answer
        wire.identifier = answer.headers.get("lambda-extension-identifier")
        return wire

    return go


def ask(extension):
    head = f"GET {EXTENSION}event/next HTTP/1.1\r\nLambda-Extension-Identifier: {extension.identifier}\r\n\r\n"
    extension.send(head.encode())


@pytest.mark.conformance("extensions-register")
def test_an_extension_registers_and_learns_of_its_function(register, api):
    answer = register("lambda-adapter").registration
    assert answer.status == 200
    assert json.loads(answer.body) == {
        "functionName": "one",
        "functionVersion": "$LATEST",
        "handler": "handler.handler",
    }
    assert api.extensions.named("lambda-adapter")
    assert not api.extensions.named("another")


@pytest.mark.conformance("extensions-register")
@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"[" * LIMIT, b'{"events":"INVOKE"}', b'{"events":["OTHER"]}', b'{"events":[{}]}']
)
def test_an_extension_that_asks_for_what_there_is_not_is_refused(connect, api, body):
    answer = connect(api.port).request(f"POST {EXTENSION}register", body, lambda_extension_name="x")
    assert answer.status == 400
    assert json.loads(answer.body)["errorType"] == "InvalidRequestFormat"
    assert not api.extensions.named("x")


@pytest.mark.conformance("environment-init-extensions")
def test_the_environment_is_idle_when_the_extensions_wait_too(register, runtime, api, eventually):
    extension = register()
    runtime.send(f"{NEXT} HTTP/1.1\r\n\r\n".encode())
    assert runtime.is_silent()
    assert not api.idle
    ask(extension)
    eventually(lambda: api.idle)


@pytest.mark.conformance("extensions-invoke")
def test_an_extension_hears_of_the_invocations_that_it_subscribed_to(register, dispatch):
    subscribed, other = register("subscribed", ["INVOKE"]), register("other")
    ask(subscribed)
    ask(other)
    invocation = dispatch()
    event = subscribed.answer()
    assert event.headers["lambda-extension-identifier"] == subscribed.identifier
    told = json.loads(event.body)
    assert (told["eventType"], told["requestId"]) == ("INVOKE", invocation.request_id)
    assert (told["invokedFunctionArn"], told["tracing"]["value"]) == (ARN, invocation.trace)
    assert told["deadlineMs"] == int(invocation.deadline * 1000)
    assert other.is_silent()


def test_an_event_for_an_extension_that_does_not_wait_is_kept(loop, register, api):
    extension = register("late", ["SHUTDOWN"])
    for entry in api.extensions.subscribed("SHUTDOWN"):
        loop.call(entry.deliver, b"first")
        loop.call(entry.deliver, b"second")
    for expected in (b"first", b"second"):
        ask(extension)
        assert extension.answer().body == expected


@pytest.mark.parametrize("call", ["init/error", "exit/error"])
def test_an_extension_reports_its_own_error(register, api, call):
    extension = register()
    headers = {"lambda_extension_identifier": extension.identifier, "lambda_extension_function_error_type": "Ext.Odd"}
    assert extension.request(f"POST {EXTENSION}{call}", b"{}", **headers).status == 202
    assert api.init_error == ("Ext.Odd", b"{}")
    headers.pop("lambda_extension_function_error_type")
    assert extension.request(f"POST {EXTENSION}unknown", b"{}", **headers).status == 404
