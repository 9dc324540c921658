"""InvokeWithResponseStream, as boto3 calls it."""

import base64
import json

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def aws(new_client, local):
    return new_client(local)


@pytest.fixture(scope="module")
def events(aws):
    """The events that a function answers with, as they come."""

    def call(function, **event):
        response = aws.invoke_with_response_stream(FunctionName=function.name, Payload=json.dumps(event))
        assert (response["StatusCode"], response["ExecutedVersion"]) == (200, "$LATEST")
        return iter(response["EventStream"])

    return call


def collect(stream):
    """The payload and what the last event says."""
    *chunks, last = stream
    assert last.keys() == {"InvokeComplete"}
    return b"".join(chunk["PayloadChunk"]["Payload"] for chunk in chunks), last["InvokeComplete"]


@pytest.mark.conformance("stream-arrives")
def test_chunks_arrive_while_the_function_still_holds_back_the_next_one(events, streaming, tmp_path):
    gates = [tmp_path / "1", tmp_path / "2"]
    steps = [["chunk", "one"], ["wait", str(gates[0])], ["chunk", "two"], ["wait", str(gates[1])], ["end"]]
    stream = events(streaming, type="text/plain", steps=steps)
    for word, gate in zip((b"one", b"two"), gates, strict=True):
        assert next(stream) == {"PayloadChunk": {"Payload": word}}
        gate.touch()
    assert list(stream) == [{"InvokeComplete": {}}]


@pytest.mark.conformance("stream-prelude")
def test_the_prelude_is_part_of_the_payload(events, streaming):
    payload, last = collect(events(streaming, prelude={"statusCode": 201}, steps=[["chunk", "body"], ["end"]]))
    assert (payload, last) == (b'{"statusCode": 201}' + bytes(8) + b"body", {})


@pytest.mark.conformance("stream-content-type")
def test_the_type_of_the_payload_is_told(aws, streaming):
    script = {"type": "text/x-own", "steps": [["end"]]}
    response = aws.invoke_with_response_stream(FunctionName=streaming.name, Payload=json.dumps(script))
    assert response["ResponseStreamContentType"] == "application/vnd.amazon.eventstream"
    assert response["ResponseMetadata"]["HTTPHeaders"]["x-amzn-remapped-content-type"] == "text/x-own"
    assert collect(response["EventStream"]) == (b"", {})


@pytest.mark.conformance("stream-buffered")
def test_a_function_that_does_not_stream_answers_in_one_piece(events, plain):
    payload, last = collect(events(plain, do="echo", text="x" * 100_000))
    assert (json.loads(payload)["text"], last) == ("x" * 100_000, {})


@pytest.mark.conformance("stream-adapter")
def test_a_web_app_behind_the_adapter_streams(events, web):
    http = {"method": "GET", "path": "/name", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "test"}
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/name",
        "rawQueryString": "",
        "headers": {},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a",
            "authentication": None,
            "authorizer": {"iam": {"accessKey": "A", "cognitoIdentity": None, "userArn": "arn:aws:iam::1:root"}},
            "domainName": "a.b",
            "domainPrefix": "a",
            "http": http,
            "requestId": "r",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1767225600000,
        },
        "isBase64Encoded": False,
    }
    payload, last = collect(events(web, **event))
    prelude, _, body = payload.partition(bytes(8))
    assert (json.loads(prelude)["statusCode"], json.loads(body), last) == (200, web.name, {})


@pytest.mark.conformance("stream-error-middle")
@pytest.mark.parametrize(
    ("last_step", "code"),
    [
        pytest.param(["end", {"Lambda-Runtime-Function-Error-Type": "Odd"}], "Odd", id="it reports an error"),
        pytest.param(["hang_up"], "Runtime.TruncatedResponse", id="it hangs up"),
        pytest.param(["exit", 1], "Runtime.", id="it exits"),
    ],
)
def test_an_error_in_the_middle_is_told_at_the_end(events, streaming, last_step, code):
    payload, last = collect(events(streaming, type="text/plain", steps=[["chunk", "before"], last_step]))
    assert payload == b"before"
    assert last["ErrorCode"].startswith(code)
    assert collect(events(streaming, type="text/plain", steps=[["chunk", "fine"], ["end"]])) == (b"fine", {})


@pytest.mark.conformance("stream-error-before")
def test_an_error_before_the_first_byte_is_told_at_the_end(events, plain):
    payload, last = collect(events(plain, do="fail"))
    assert (payload, last["ErrorCode"]) == (b"", "Unhandled")
    details = json.loads(last["ErrorDetails"])
    assert (details["errorType"], details["errorMessage"]) == ("RuntimeError", "the handler fails on purpose")


@pytest.mark.conformance("stream-error-before")
def test_a_runtime_that_exits_or_takes_too_long_is_told_at_the_end(events, local, copy_of, tmp_path):
    function = local.deploy(copy_of("plain"), timeout=1)
    payload, last = collect(events(function, do="leave", status=3))
    assert (payload, last["ErrorCode"]) == (b"", "Runtime.ExitError")
    assert "exit status 3" in last["ErrorDetails"]
    files = {"begun": str(tmp_path / "begun"), "gate": str(tmp_path / "gate")}
    payload, last = collect(events(function, do="wait", **files))
    assert (payload, last["ErrorCode"]) == (b"", "Sandbox.Timedout")
    assert "Task timed out after 1.00 seconds" in last["ErrorDetails"]


@pytest.mark.conformance("stream-client-context")
def test_what_a_caller_tells_of_itself_is_in_the_context(aws, plain):
    told = base64.b64encode(b'{"custom": {"who": "me"}}').decode()
    named = {"FunctionName": plain.name, "Payload": b'{"do": "context"}'}
    payload, _ = collect(aws.invoke_with_response_stream(**named, ClientContext=told)["EventStream"])
    assert json.loads(payload)["client"] == {"who": "me"}


@pytest.mark.conformance("stream-size")
def test_a_streamed_answer_over_6_mb_is_fine(events, streaming):
    payload, last = collect(events(streaming, type="text/plain", steps=[["chunk", "x" * 100_000, 70], ["end"]]))
    assert (len(payload), last) == (7_000_000, {})


@pytest.mark.conformance("stream-refused")
@pytest.mark.parametrize(
    ("options", "code"),
    [
        pytest.param({"FunctionName": "nothing"}, "ResourceNotFoundException", id="no such function"),
        pytest.param({"Payload": b"{"}, "InvalidRequestContentException", id="a payload that is no JSON"),
        pytest.param({"Payload": b"x" * (6 * 1024 * 1024 + 1)}, "RequestTooLargeException", id="a payload over 6 MB"),
        pytest.param({"ClientContext": "string"}, "InvalidRequestContentException", id="a client context that is none"),
        pytest.param({"InvocationType": "Event"}, "ValidationException", id="a type that it does not have"),
        pytest.param({"LogType": "Foo"}, "ValidationException", id="a log type that there is not"),
    ],
)
def test_a_call_that_cannot_be_is_refused(aws, plain, options, code):
    with pytest.raises(ClientError) as caught:
        aws.invoke_with_response_stream(**{"FunctionName": plain.name, **options})
    assert caught.value.response["Error"]["Code"] == code


@pytest.mark.conformance("stream-log-tail")
def test_the_last_event_has_the_end_of_the_log_for_who_asks_for_it(aws, plain):
    payload = json.dumps({"do": "say", "text": "said"})
    response = aws.invoke_with_response_stream(FunctionName=plain.name, Payload=payload, LogType="Tail")
    _, last = collect(response["EventStream"])
    start, said, end, report = base64.b64decode(last["LogResult"]).decode().splitlines()
    assert said == "said"
    assert [line.split()[0] for line in (start, end, report)] == ["START", "END", "REPORT"]
