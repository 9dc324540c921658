"""Invoke, as boto3 calls it."""

import json

import pytest
from botocore.exceptions import ClientError

SIX_MB = 6 * 1024 * 1024
ARN = "arn:aws:lambda:us-east-1:123456789012:function:"


@pytest.fixture(scope="module")
def aws(new_client, local):
    return new_client(local)


@pytest.fixture(scope="module")
def call(aws, plain):
    """Call the function `plain`; returns its payload and the rest of the response."""

    def go(do, *, name=plain.name, options=(), **event):
        response = aws.invoke(FunctionName=name, Payload=json.dumps({"do": do, **event}), **dict(options))
        return json.loads(response["Payload"].read()), response

    return go


def test_the_result_is_the_payload(call):
    payload, response = call("echo", text="żółć")
    assert payload == {"do": "echo", "text": "żółć"}
    assert (response["StatusCode"], response["ExecutedVersion"]) == (200, "$LATEST")
    assert "FunctionError" not in response


def test_the_context_tells_of_the_call(call, plain):
    context, response = call("context")
    assert context["request_id"] == response["ResponseMetadata"]["RequestId"]
    assert context["arn"] == f"{ARN}{plain.name}"
    assert 15000 < context["remaining_ms"] <= 20000
    assert context["memory"] == "128"
    assert context["log_stream"]


def test_a_call_without_a_payload_is_a_call_with_an_empty_one(aws, local, copy_of, write_function):
    echo = local.deploy(write_function({"handler.py": "def handler(event, context):\n    return event"}))
    assert aws.invoke(FunctionName=echo.name)["Payload"].read() == b"{}"


@pytest.mark.parametrize(
    "name",
    [
        "{name}",
        "{name}:$LATEST",
        "{name}:live",
        "function:{name}",
        "123456789012:function:{name}",
        ARN + "{name}",
        ARN + "{name}:$LATEST",
    ],
)
def test_a_function_has_many_names(call, plain, name):
    assert call("echo", name=name.format(name=plain.name))[0] == {"do": "echo"}


def test_a_qualifier_may_stand_apart(call):
    assert call("echo", options={"Qualifier": "$LATEST"})[0] == {"do": "echo"}


def test_an_error_of_the_handler_is_unhandled(call, aws, plain):
    payload, response = call("fail")
    assert (response["StatusCode"], response["FunctionError"]) == (200, "Unhandled")
    assert (payload["errorType"], payload["errorMessage"]) == ("RuntimeError", "the handler fails on purpose")
    assert any("handler.py" in line for line in payload["stackTrace"])
    pointer = response["ResponseMetadata"]["HTTPHeaders"]["x-lambdastream-log"]
    assert pointer == f"lambdastream logs {plain.name}"
    assert call("echo")[0] == {"do": "echo"}


def test_a_runtime_that_exits_is_an_error_and_the_next_call_works(call):
    before = call("pid")[0]
    payload, response = call("leave", status=3)
    assert (response["FunctionError"], payload["errorType"]) == ("Unhandled", "Runtime.ExitError")
    request_id = response["ResponseMetadata"]["RequestId"]
    assert payload["errorMessage"] == f"RequestId: {request_id} Error: Runtime exited with error: exit status 3"
    assert call("pid")[0] != before


def test_an_answer_over_6_mb_is_an_error_and_the_next_call_works(call):
    payload, response = call("large", size=SIX_MB + 101)
    assert (response["FunctionError"], payload["errorType"]) == ("Unhandled", "Function.ResponseSizeTooLarge")
    assert payload["errorMessage"] == "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    assert len(call("large", size=SIX_MB + 100)[0]) == SIX_MB + 98


def test_the_answer_of_a_streaming_function_comes_whole(aws, streaming):
    script = {"type": "text/x", "steps": [["chunk", "one "], ["chunk", "two"], ["end"]]}
    assert aws.invoke(FunctionName=streaming.name, Payload=json.dumps(script))["Payload"].read() == b"one two"


def test_an_event_call_is_accepted_before_the_function_has_run(aws, plain, tmp_path, eventually):
    begun, gate, done = (tmp_path / name for name in ("begun", "gate", "done"))
    event = {"do": "wait", "begun": str(begun), "gate": str(gate), "done": str(done)}
    response = aws.invoke(FunctionName=plain.name, InvocationType="Event", Payload=json.dumps(event))
    assert (response["StatusCode"], response["Payload"].read()) == (202, b"")
    eventually(begun.exists)
    gate.touch()
    eventually(done.exists)


@pytest.mark.parametrize("name", ["streaming", "plain"])
def test_nobody_hears_of_an_event_call_that_fails(aws, request, call, name, eventually):
    function = request.getfixturevalue(name)
    steps = {"steps": [["chunk", "x"], ["end", {"Lambda-Runtime-Function-Error-Type": "Odd"}]]}
    payload = json.dumps({"do": "fail", **steps})
    response = aws.invoke(FunctionName=function.name, InvocationType="Event", Payload=payload)
    assert response["StatusCode"] == 202
    eventually(lambda: set(function.states) == {"idle"})
    assert call("echo")[0] == {"do": "echo"}


def test_a_dry_run_runs_nothing(aws, local, copy_of):
    function = local.deploy(copy_of("plain"))
    assert aws.invoke(FunctionName=function.name, InvocationType="DryRun")["StatusCode"] == 204
    assert function.states == []


@pytest.mark.parametrize(
    ("options", "status", "code", "message"),
    [
        pytest.param(
            {"FunctionName": "nothing"},
            404,
            "ResourceNotFoundException",
            f"Function not found: {ARN}nothing",
            id="no such function",
        ),
        pytest.param(
            {"Payload": b"x" * (SIX_MB + 1)}, 413, "RequestTooLargeException", "6291456", id="a payload over 6 MB"
        ),
        pytest.param(
            {"Payload": b"{"}, 400, "InvalidRequestContentException", "Could not parse", id="a payload that is no JSON"
        ),
        pytest.param(
            {"InvocationType": "Other"}, 400, "InvalidParameterValueException", "Other", id="no invocation type"
        ),
    ],
)
def test_a_call_that_cannot_be_is_refused(aws, plain, call, options, status, code, message):
    with pytest.raises(ClientError) as caught:
        aws.invoke(**{"FunctionName": plain.name, **options})
    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert response["Error"]["Code"] == code
    assert message in response["Error"]["Message"]
    assert call("echo")[0] == {"do": "echo"}


def test_botos_own_exceptions_are_raised(aws):
    with pytest.raises(aws.exceptions.ResourceNotFoundException):
        aws.invoke(FunctionName="nothing")


def test_beyond_the_limit_of_environments_a_call_is_throttled(start_local, new_client, copy_of, tmp_path, eventually):
    local = start_local(environments=1)
    function = local.deploy(copy_of("plain"), mode="BUFFERED")
    begun, gate = tmp_path / "begun", tmp_path / "gate"
    client = new_client(local)
    event = {"do": "wait", "begun": str(begun), "gate": str(gate)}
    client.invoke(FunctionName=function.name, InvocationType="Event", Payload=json.dumps(event))
    eventually(begun.exists)
    with pytest.raises(client.exceptions.TooManyRequestsException, match="Rate Exceeded"):
        client.invoke(FunctionName=function.name)
    with pytest.raises(client.exceptions.TooManyRequestsException):
        client.invoke_with_response_stream(FunctionName=function.name)
    response = function.get("pid")
    assert (response.status_code, response.json()["message"]) == (429, "Rate Exceeded.")
    gate.touch()
    eventually(lambda: function.states == ["idle"])
    assert function.get("pid").status_code == 200
