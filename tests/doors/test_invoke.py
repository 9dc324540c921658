"""Invoke, as boto3 calls it."""

import base64
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


@pytest.mark.conformance("invoke-result")
def test_the_result_is_the_payload(call):
    payload, response = call("echo", text="żółć")
    assert payload == {"do": "echo", "text": "żółć"}
    assert (response["StatusCode"], response["ExecutedVersion"]) == (200, "$LATEST")
    assert "FunctionError" not in response


@pytest.mark.conformance("invoke-context")
def test_the_context_tells_of_the_call(call, plain):
    context, response = call("context")
    assert context["request_id"] == response["ResponseMetadata"]["RequestId"]
    assert context["arn"] == f"{ARN}{plain.name}"
    assert 15000 < context["remaining_ms"] <= 20000
    assert context["memory"] == "128"
    assert context["log_stream"]


@pytest.mark.conformance("invoke-no-payload")
def test_a_call_without_a_payload_is_a_call_with_an_empty_one(aws, local, copy_of, write_function):
    echo = local.deploy(write_function({"handler.py": "def handler(event, context):\n    return event"}))
    assert aws.invoke(FunctionName=echo.name)["Payload"].read() == b"{}"


@pytest.mark.conformance("invoke-names")
@pytest.mark.parametrize(
    "name",
    [
        "{name}",
        "{name}:$LATEST",
        "function:{name}",
        "123456789012:function:{name}",
        ARN + "{name}",
        ARN + "{name}:$LATEST",
    ],
)
def test_a_function_has_many_names(call, plain, name):
    assert call("echo", name=name.format(name=plain.name))[0] == {"do": "echo"}


@pytest.mark.conformance("invoke-names")
def test_a_qualifier_may_stand_apart(call):
    assert call("echo", options={"Qualifier": "$LATEST"})[0] == {"do": "echo"}


ROOT = "Root=1-67e6d3f0-0123456789abcdef01234567"


@pytest.mark.conformance("request-trace")
@pytest.mark.parametrize(
    ("told", "begins", "ends"),
    [
        pytest.param("", "Root=1-", ";Sampled=0", id="none"),
        pytest.param("nonsense", "Root=1-", ";Sampled=0", id="none that is one"),
        pytest.param(ROOT, f"{ROOT};Parent=", ";Sampled=0", id="a root"),
        pytest.param(f"{ROOT};Sampled=1", f"{ROOT};Sampled=1;Parent=", "", id="a decision"),
        pytest.param(f"{ROOT};Parent=1;Sampled=1", f"{ROOT};Parent=1;Sampled=1", "", id="a parent"),
    ],
)
def test_an_invocation_goes_on_with_its_callers_trace(local, sign, plain, told, begins, ends):
    url = f"{local.endpoint_url}/2015-03-31/functions/{plain.name}/invocations"
    content = b'{"do": "variables"}'
    headers = sign(local.plane.keys, "POST", url, content) | ({"x-amzn-trace-id": told} if told else {})
    trace = local.client.post(url, content=content, headers=headers).json()["_X_AMZN_TRACE_ID"]
    assert trace.startswith(begins)
    assert trace.endswith(ends)


SAYS = "def handler(event, context):\n    return ['{}', context.function_version, context.invoked_function_arn]\n"


@pytest.fixture(scope="module")
def versions(local, tmp_path_factory):
    """A function with other code in its version 1, which has the alias `live`, than in `$LATEST`."""
    deployed = {"": ("new", "$LATEST"), "1": ("old", "1"), "live": ("old", "1")}
    for qualifier, (word, version) in deployed.items():
        folder = tmp_path_factory.mktemp("version")
        (folder / "handler.py").write_text(SAYS.format(word))
        local.deploy(folder, name="versions", version=version, qualifier=qualifier)
    return "versions"


@pytest.mark.conformance("invoke-qualifier", "stream-qualifier")
@pytest.mark.parametrize(
    ("qualifier", "word", "version"),
    [("", "new", "$LATEST"), ("$LATEST", "new", "$LATEST"), ("1", "old", "1"), ("live", "old", "1")],
)
@pytest.mark.parametrize("apart", [False, True], ids=["in the name", "apart"])
def test_a_qualifier_invokes_that_version(aws, versions, qualifier, word, version, apart):
    named = {"FunctionName": f"{versions}:{qualifier}".rstrip(":")}
    if apart and qualifier:
        named = {"FunctionName": versions, "Qualifier": qualifier}
    response = aws.invoke(**named)
    arn = f"{ARN}{versions}" + (f":{qualifier}" if qualifier not in {"", "$LATEST"} else "")
    assert json.loads(response["Payload"].read()) == [word, version, arn]
    assert response["ExecutedVersion"] == version
    streamed = aws.invoke_with_response_stream(**named)
    assert streamed["ExecutedVersion"] == version
    chunk, _ = streamed["EventStream"]
    assert json.loads(chunk["PayloadChunk"]["Payload"]) == [word, version, arn]


@pytest.mark.conformance("logs-version")
def test_a_versions_log_says_which_it_is(aws, versions):
    log = log_of(aws.invoke(FunctionName=versions, Qualifier="live", LogType="Tail"))
    assert log.splitlines()[0].endswith(" Version: 1")


@pytest.mark.conformance("invoke-qualifier")
def test_an_unknown_qualifier_is_not_found(aws, versions):
    with pytest.raises(aws.exceptions.ResourceNotFoundException, match=f"not found: {ARN}{versions}:none"):
        aws.invoke(FunctionName=versions, Qualifier="none")


@pytest.mark.conformance("invoke-region")
def test_functions_of_two_regions_may_have_one_name(local, new_client, aws, tmp_path_factory):
    for region in ("us-east-1", "eu-west-1"):
        folder = tmp_path_factory.mktemp("region")
        (folder / "handler.py").write_text(
            "import os\ndef handler(event, context):\n    return [os.environ['AWS_REGION'], context.invoked_function_arn]"
        )
        local.deploy(folder, name="regions", region=region)
    europe = new_client(local, region_name="eu-west-1")
    for client, region in ((aws, "us-east-1"), (europe, "eu-west-1")):
        arn = f"arn:aws:lambda:{region}:123456789012:function:regions"
        assert json.loads(client.invoke(FunctionName="regions")["Payload"].read()) == [region, arn]
    local.loop.run(local.plane.remove("arn:aws:lambda:eu-west-1:123456789012:function:regions"))
    with pytest.raises(europe.exceptions.ResourceNotFoundException):
        europe.invoke(FunctionName="regions")
    assert aws.invoke(FunctionName="regions")["StatusCode"] == 200


@pytest.mark.conformance("invoke-function-error")
def test_an_error_of_the_handler_is_unhandled(call, aws, plain):
    payload, response = call("fail")
    assert (response["StatusCode"], response["FunctionError"]) == (200, "Unhandled")
    assert (payload["errorType"], payload["errorMessage"]) == ("RuntimeError", "the handler fails on purpose")
    assert any("handler.py" in line for line in payload["stackTrace"])
    pointer = response["ResponseMetadata"]["HTTPHeaders"]["x-lambdastream-log"]
    assert pointer == f"lambdastream logs {plain.name}"
    assert call("echo")[0] == {"do": "echo"}


@pytest.mark.conformance("invoke-exit")
def test_a_runtime_that_exits_is_an_error_and_the_next_call_works(call):
    payload, response = call("leave", status=3)
    assert (response["FunctionError"], payload["errorType"]) == ("Unhandled", "Runtime.ExitError")
    request_id = response["ResponseMetadata"]["RequestId"]
    assert payload["errorMessage"] == f"RequestId: {request_id} Error: Runtime exited with error: exit status 3"
    assert call("pid")[0] > 0


@pytest.mark.conformance("invoke-response-size")
def test_an_answer_over_6_mb_is_an_error_and_the_next_call_works(call):
    payload, response = call("large", size=SIX_MB + 101)
    assert (response["FunctionError"], payload["errorType"]) == ("Unhandled", "Function.ResponseSizeTooLarge")
    assert payload["errorMessage"] == "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    assert len(call("large", size=SIX_MB + 100)[0]) == SIX_MB + 98


@pytest.mark.conformance("invoke-collects-stream")
def test_the_answer_of_a_streaming_function_comes_whole(aws, streaming):
    script = {"type": "text/x", "steps": [["chunk", "one "], ["chunk", "two"], ["end"]]}
    assert aws.invoke(FunctionName=streaming.name, Payload=json.dumps(script))["Payload"].read() == b"one two"


def log_of(response):
    """The end of the invocation's log, as it comes with the answer."""
    return base64.b64decode(response["LogResult"]).decode()


@pytest.mark.conformance("invoke-log-tail")
def test_the_end_of_the_log_comes_with_the_answer_that_asks_for_it(call):
    assert "LogResult" not in call("say", text="before")[1]
    _, response = call("say", text="said in żółć", options={"LogType": "Tail"})
    request_id = response["ResponseMetadata"]["RequestId"]
    start, said, end, report = log_of(response).splitlines()
    assert (start, said, end) == (
        f"START RequestId: {request_id} Version: $LATEST",
        "said in żółć",
        f"END RequestId: {request_id}",
    )
    assert report.startswith(f"REPORT RequestId: {request_id}\tDuration: ")


@pytest.mark.conformance("invoke-log-tail")
def test_of_a_long_log_the_last_4_kb_come(call):
    _, response = call("say", text="first" + "x" * 9000 + "last", options={"LogType": "Tail"})
    assert len(base64.b64decode(response["LogResult"])) == 4096
    assert "first" not in log_of(response)
    assert "last\nEND RequestId" in log_of(response)


@pytest.mark.conformance("invoke-log-tail-failures")
@pytest.mark.parametrize(
    ("event", "words"),
    [({"do": "fail"}, "the handler fails on purpose"), ({"do": "leave", "status": 3}, "exit status 3")],
    ids=["an error", "an exit"],
)
def test_the_end_of_the_log_says_what_went_wrong(call, event, words):
    _, response = call(**event, options={"LogType": "Tail"})
    assert response["FunctionError"] == "Unhandled"
    assert words in log_of(response)
    assert "REPORT RequestId" in log_of(response)


@pytest.mark.conformance("invoke-log-tail-failures")
def test_the_end_of_the_log_tells_of_a_timeout(aws, local, copy_of, tmp_path):
    function = local.deploy(copy_of("plain"), timeout=1)
    event = json.dumps({"do": "wait", "begun": str(tmp_path / "begun"), "gate": str(tmp_path / "gate")})
    response = aws.invoke(FunctionName=function.name, Payload=event, LogType="Tail")
    assert "Task timed out after 1.00 seconds\nEND RequestId" in log_of(response)


@pytest.mark.conformance("invoke-log-tail-failures", "logs-failed")
def test_the_end_of_the_log_tells_of_an_init_that_fails(aws, local, write_function):
    function = local.deploy(write_function({"handler.py": "print('in the init')\nimport not_there"}))
    response = aws.invoke(FunctionName=function.name, LogType="Tail")
    assert response["FunctionError"] == "Unhandled"
    *before, start, end, report = log_of(response).splitlines()
    assert "in the init" in before
    assert any("not_there" in line for line in before)
    assert [line.split()[0] for line in (start, end, report)] == ["START", "END", "REPORT"]
    assert report.endswith("\tStatus: error\tError Type: Runtime.ImportModuleError")
    assert "Init Duration" not in report


@pytest.mark.conformance("invoke-event")
def test_an_event_call_is_accepted_before_the_function_has_run(aws, plain, tmp_path, eventually):
    begun, gate, done = (tmp_path / name for name in ("begun", "gate", "done"))
    event = {"do": "wait", "begun": str(begun), "gate": str(gate), "done": str(done)}
    response = aws.invoke(FunctionName=plain.name, InvocationType="Event", Payload=json.dumps(event))
    assert (response["StatusCode"], response["Payload"].read()) == (202, b"")
    eventually(begun.exists)
    gate.touch()
    eventually(done.exists)


@pytest.mark.conformance("invoke-event-once")
@pytest.mark.parametrize("name", ["streaming", "plain"])
def test_nobody_hears_of_an_event_call_that_fails(aws, request, call, name, eventually):
    function = request.getfixturevalue(name)
    steps = {"steps": [["chunk", "x"], ["end", {"Lambda-Runtime-Function-Error-Type": "Odd"}]]}
    payload = json.dumps({"do": "fail", **steps})
    response = aws.invoke(FunctionName=function.name, InvocationType="Event", Payload=payload)
    assert response["StatusCode"] == 202
    eventually(lambda: set(function.states) == {"idle"})
    assert call("echo")[0] == {"do": "echo"}


@pytest.mark.conformance("invoke-dry-run", "stream-dry-run")
def test_a_dry_run_runs_nothing(aws, local, copy_of):
    function = local.deploy(copy_of("plain"))
    assert aws.invoke(FunctionName=function.name, InvocationType="DryRun")["StatusCode"] == 204
    response = aws.invoke_with_response_stream(FunctionName=function.name, InvocationType="DryRun")
    assert (response["StatusCode"], list(response["EventStream"])) == (204, [])
    assert function.states == []


CLIENT = base64.b64encode(json.dumps({"custom": {"who": "żółw"}}).encode()).decode()


@pytest.mark.conformance("invoke-client-context")
def test_what_a_caller_tells_of_itself_is_in_the_context(call):
    assert call("context", options={"ClientContext": CLIENT})[0]["client"] == {"who": "żółw"}
    assert call("context")[0]["client"] is None


@pytest.mark.conformance("invoke-client-context")
def test_an_event_call_tells_nothing_of_its_caller(aws, local, write_function, eventually, tmp_path):
    told = tmp_path / "told"
    text = f"def handler(event, context):\n    open({str(told)!r}, 'w').write(repr(context.client_context))\n"
    function = local.deploy(write_function({"handler.py": text}))
    aws.invoke(FunctionName=function.name, InvocationType="Event", ClientContext=CLIENT)
    assert eventually(lambda: told.exists() and told.read_text()) == "None"


@pytest.mark.conformance("invoke-async")
def test_invoke_async_is_an_event_call_by_another_name(aws, plain, eventually, tmp_path):
    begun, gate = tmp_path / "begun", tmp_path / "gate"
    gate.touch()
    event = {"do": "wait", "begun": str(begun), "gate": str(gate)}
    assert aws.invoke_async(FunctionName=plain.name, InvokeArgs=json.dumps(event))["Status"] == 202
    eventually(begun.exists)
    with pytest.raises(aws.exceptions.InvalidRequestContentException):
        aws.invoke_async(FunctionName=plain.name, InvokeArgs=b"{")
    with pytest.raises(aws.exceptions.ResourceNotFoundException):
        aws.invoke_async(FunctionName="nothing", InvokeArgs=b"{}")


@pytest.mark.conformance("invoke-event-once")
def test_an_event_call_that_fails_is_not_tried_again(aws, local, copy_of, eventually):
    function = local.deploy(copy_of("plain"))
    aws.invoke(FunctionName=function.name, InvocationType="Event", Payload=b'{"do": "fail"}')
    eventually(lambda: function.states == ["idle"])
    assert aws.invoke(FunctionName=function.name, Payload=b'{"do": "echo"}')["StatusCode"] == 200
    assert function.log.count("START RequestId") == 2


@pytest.mark.conformance(
    "invoke-event-size",
    "invoke-unknown-type",
    "invoke-unknown-log-type",
    "invoke-client-context-bad",
    "invoke-request-size",
    "invoke-not-json",
    "invoke-not-found",
)
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
            {"Payload": b'"' + b"x" * 1024 * 1024 + b'"', "InvocationType": "Event"},
            413,
            "RequestEntityTooLargeException",
            "1048578 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
            id="an event over 1 MB",
        ),
        pytest.param(
            {"ClientContext": "string"},
            400,
            "InvalidRequestContentException",
            "Client context must be a valid Base64-encoded JSON object.",
            id="a client context that is none",
        ),
        pytest.param(
            {"InvocationType": "dry_run"},
            400,
            "ValidationException",
            "1 validation error detected: Value 'dry_run' at 'invocationType' failed to satisfy constraint: "
            "Member must satisfy enum value set: [DryRun, RequestResponse, Event]",
            id="an invocation type that there is not",
        ),
        pytest.param(
            {"LogType": "Foo"},
            400,
            "ValidationException",
            "1 validation error detected: Value 'Foo' at 'logType' failed to satisfy constraint: "
            "Member must satisfy enum value set: [None, Tail]",
            id="a log type that there is not",
        ),
        pytest.param(
            {"InvocationType": "Other", "LogType": "tail"},
            400,
            "ValidationException",
            "2 validation errors detected: Value 'Other' at 'invocationType'",
            id="neither",
        ),
        pytest.param(
            {"InvocationType": "Event", "LogType": "Foo"}, 400, "ValidationException", "'Foo'", id="an event's log type"
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


@pytest.mark.conformance("invoke-not-found")
def test_botos_own_exceptions_are_raised(aws):
    with pytest.raises(aws.exceptions.ResourceNotFoundException):
        aws.invoke(FunctionName="nothing")


@pytest.mark.conformance("url-throttle", "invoke-throttle", "stream-throttle")
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


@pytest.mark.conformance("url-throttle", "invoke-throttle", "environment-reserved-concurrency")
def test_beyond_the_reserved_concurrency_a_call_is_throttled(aws, ask, local, copy_of, tmp_path, eventually):
    function = local.deploy(copy_of("plain"), mode="BUFFERED", reserved_concurrency=1)
    version = local.deploy(function.folder, name=function.name, version="1", qualifier="1")

    def refused(**named):
        with pytest.raises(aws.exceptions.TooManyRequestsException) as caught:
            aws.invoke(FunctionName=function.name, **named)
        return caught.value.response["Reason"]

    def reserve(number):
        path = f"/_lambdastream/concurrency/{function.name}"
        assert ask("PUT", path, json={"reserved": number}).status_code == 204

    reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
    begun, gate = tmp_path / "begun", tmp_path / "gate"
    event = {"do": "wait", "begun": str(begun), "gate": str(gate)}
    aws.invoke(FunctionName=function.name, InvocationType="Event", Payload=json.dumps(event))
    eventually(begun.exists)
    assert [refused(), refused(Qualifier="1")] == [reason, reason]
    response = function.get("pid")
    assert (response.status_code, response.json()["Reason"]) == (429, reason)
    gate.touch()
    eventually(lambda: function.states == ["idle"])
    assert [function.get("pid").status_code for _ in range(3)] == [200] * 3
    assert version.name == function.name

    reserve(0)
    assert refused() == reason
    reserve(None)
    assert function.get("pid").status_code == 200


@pytest.mark.parametrize("number", [-1, "1", 1.5])
def test_what_cannot_be_reserved_is_refused(ask, plain, number):
    response = ask("PUT", f"/_lambdastream/concurrency/{plain.name}", json={"reserved": number})
    assert (response.status_code, response.json()["error"]) == (400, "UsageError")
