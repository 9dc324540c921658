"""Runtimes that break the rules: the client gets one answer, the log says why, the next request works, nothing is left."""

import os
import sys
from pathlib import Path

import httpx
import pytest

PATH = {"PATH": f"{Path(sys.executable).parent}:{os.defpath}"}
FAILED = (502, "Internal Server Error")
FINE = (200, "fine")
EXTENSION = """#!/usr/bin/env python3
import json, os, signal, sys
from http.client import HTTPConnection
api = HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def call(method, path, body=None, **headers):
    api.request(method, "/2020-01-01/extension/" + path, body, {name.replace("_", "-"): headers[name] for name in headers})
    response = api.getresponse()
    return response, response.read()
def die(phase):
    if os.environ.get("DIES") == phase:
        print("dies:", phase, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
die("init")
response, _ = call("POST", "register", '{"events": ["INVOKE", "SHUTDOWN"]}', Lambda_Extension_Name="watcher")
identifier = response.headers["Lambda-Extension-Identifier"]
die("registered")
while True:
    _, event = call("GET", "event/next", Lambda_Extension_Identifier=identifier)
    die(json.loads(event)["eventType"])
"""


def deploy(local, code, mode, **settings):
    environment = PATH | settings.pop("environment", {})
    settings = {"timeout": 0.6, "environment": environment, **settings}
    return local.deploy(code, "any.text", runtime="provided.al2023", mode=mode, **settings)


@pytest.fixture(scope="module")
def deployed(local, copy_of):
    """The function `hostile` behind URLs of both modes."""
    code = copy_of("hostile")
    return {mode: deploy(local, code, mode, name=f"hostile-{mode}") for mode in ("BUFFERED", "RESPONSE_STREAM")}


@pytest.fixture
def new_log(eventually):
    """What a function logs from now on, when all that was before is told."""

    def follow(function):
        eventually(lambda: function.log.count("START RequestId: ") == function.log.count("REPORT RequestId: "))
        before = len(function.log)
        return lambda: function.log[before:]

    return follow


def works(function):
    """A next request is answered, and by one environment that is left."""
    return function.get("fine").text.strip('"') == "fine"


TIMED_OUT = "Task timed out after 0.60 seconds"
REFUSED = "was refused by the Runtime API: 400 InvalidRequestID: Invalid request ID"
KILLED = "Runtime exited with error: signal: killed"
TRUNCATED = "Error: Runtime.TruncatedResponse: The runtime closed its connection"


@pytest.mark.parametrize(
    ("action", "answer", "said"),
    [
        pytest.param("twice", FINE, ["response: 202", "response: 400", "error: 400", REFUSED], id="answers twice"),
        pytest.param(
            "error_and_answer", FAILED, ["error: 202", "response: 400", REFUSED], id="an error, then an answer"
        ),
        pytest.param(
            "wrong_id_first", FINE, ["response: 400", REFUSED, "response: 202"], id="a wrong id, then the right"
        ),
        pytest.param("wrong_id", FAILED, [REFUSED, "403 InvalidStateTransition", TIMED_OUT], id="a wrong id alone"),
        pytest.param(
            "no_answer", FAILED, ["403 InvalidStateTransition", TIMED_OUT], id="no answer, but asks for the next"
        ),
        pytest.param("late", FAILED, [TIMED_OUT], id="no answer in time"),
        pytest.param("kill", FAILED, [KILLED], id="dies before its answer"),
        pytest.param("crash", FAILED, ["signal: segmentation fault"], id="crashes before its answer"),
        pytest.param("exit_at_once", FAILED, ["Error: Runtime exited without providing a reason"], id="ends well"),
        pytest.param(
            "kill_after_answer", FINE, [KILLED], id="dies after its answer, before it asks for the next event"
        ),
        pytest.param("never_asks_again", FINE, [TIMED_OUT], id="answers, and never asks for the next event"),
        pytest.param("no_length", (200, ""), ["raw: HTTP/1.1 202"], id="a POST without a length is an empty answer"),
        pytest.param(
            "short_body", FAILED, ["raw:", "403 InvalidStateTransition", TIMED_OUT], id="a body that is cut off"
        ),
        pytest.param("two_lengths", FAILED, ["raw: HTTP/1.1 400", TIMED_OUT], id="a POST with two lengths"),
        pytest.param("not_http", FAILED, ["raw: HTTP/1.1 400", TIMED_OUT], id="no HTTP"),
    ],
)
@pytest.mark.conformance("runtime-api-one-answer")
def test_the_client_gets_one_answer_and_the_next_request_works(deployed, new_log, eventually, action, answer, said):
    function = deployed["RESPONSE_STREAM"]
    log = new_log(function)
    response = function.get(action)
    assert (response.status_code, response.text.strip('"')) == answer
    eventually(lambda: "REPORT RequestId: " in log())
    for words in said:
        assert words in log()
    assert log().count("was refused") <= 2, "a runtime that asks again and again does not fill the log"
    assert log().count("START RequestId: ") == log().count("END RequestId: ") == log().count("REPORT RequestId: ") == 1
    assert works(function)
    eventually(lambda: set(function.states) == {"idle"})


@pytest.mark.parametrize(
    ("action", "said"),
    [
        pytest.param("kill_in_stream", [KILLED], id="dies"),
        pytest.param("bad_chunk", [TRUNCATED], id="sends what is no chunk"),
        pytest.param("short_stream", [TRUNCATED], id="stops"),
        pytest.param("bad_trailer", ["raw: HTTP/1.1 202"], id="ends with an error that is not even base64"),
    ],
)
def test_a_stream_that_goes_wrong_is_broken_and_never_looks_whole(deployed, connect, new_log, eventually, action, said):
    function = deployed["RESPONSE_STREAM"]
    log = new_log(function)
    answer = connect(function.port).request(f"GET /{action}")
    assert (answer.status, answer.body[:6], answer.whole) == (200, b"before", False)
    eventually(lambda: "REPORT RequestId: " in log())
    for words in said:
        assert words in log()
    assert works(function)


@pytest.mark.parametrize("action", ["kill_in_stream", "bad_chunk", "short_stream", "bad_trailer"])
def test_the_same_behind_a_url_that_buffers_is_a_502(deployed, action):
    function = deployed["BUFFERED"]
    response = function.get(action)
    assert (response.status_code, response.text) == FAILED
    assert works(function)


def test_a_second_stream_is_refused(deployed, new_log):
    function = deployed["RESPONSE_STREAM"]
    log = new_log(function)
    assert function.get("twice_streamed").text == "fine"
    assert works(function)
    assert REFUSED in log()


def test_an_answer_for_an_invocation_that_is_over_reaches_nobody(deployed, new_log):
    function = deployed["BUFFERED"]
    log = new_log(function)
    assert works(function)
    assert function.get("old_id").text == "fine"
    assert REFUSED in log()


def test_a_runtime_that_dies_while_it_is_idle_is_replaced(deployed, eventually, is_alive):
    function = deployed["BUFFERED"]
    pid = function.get("pid").json()
    assert function.get("kill_when_idle").text == "fine"
    eventually(lambda: not is_alive(pid))
    assert function.get("pid").json() != pid


def test_nothing_is_left_of_a_runtime_that_left_children(deployed, descendants, eventually, is_alive):
    function = deployed["BUFFERED"]
    before = set(descendants(os.getpid()))
    pid = function.get("pid").json()
    assert function.get("children").text == "fine"
    eventually(lambda: not is_alive(pid))
    assert works(function)
    eventually(lambda: len(set(descendants(os.getpid())) - before) <= 1)


# The init


@pytest.mark.parametrize(
    ("start", "error_type", "said"),
    [
        pytest.param("kill", "Runtime.ExitError", "Runtime exited with error: signal: killed", id="dies"),
        pytest.param("exit", "Runtime.ExitError", "Runtime exited without providing a reason", id="ends well"),
    ],
)
def test_a_runtime_that_ends_in_its_init(local, copy_of, descendants, eventually, start, error_type, said):
    before = set(descendants(os.getpid()))
    function = deploy(local, copy_of("hostile"), "RESPONSE_STREAM", environment={"START": start})
    response = function.get("fine")
    assert (response.status_code, response.text) == FAILED
    assert local.invoke(function.name)["errorType"] == error_type
    assert said in function.log
    eventually(lambda: function.states == [] and before.issuperset(descendants(os.getpid())))


@pytest.mark.parametrize(
    ("start", "said"),
    [
        pytest.param("answer", "response: 400", id="before it asks for an event"),
        pytest.param("garbage", "", id="garbage"),
    ],
)
def test_a_runtime_that_says_nonsense_in_its_init_is_refused_and_may_go_on(local, copy_of, start, said):
    function = deploy(local, copy_of("hostile"), "RESPONSE_STREAM", environment={"START": start})
    assert works(function)
    assert said in function.log


# With an extension


@pytest.fixture
def watched(local, copy_of, tmp_path):
    """The function `hostile` with an extension that dies when it is told so, or never."""
    extension = tmp_path / "layer" / "extensions" / "watcher"
    extension.parent.mkdir(parents=True)
    extension.write_text(EXTENSION)
    extension.chmod(0o755)

    def make(dies=""):
        layers = (str(tmp_path / "layer"),)
        return deploy(local, copy_of("hostile"), "RESPONSE_STREAM", layers=layers, environment={"DIES": dies})

    return make


def test_an_answer_that_comes_after_the_timeout_reaches_nobody(watched, eventually):
    function = watched()
    response = function.get("late_answer")
    assert (response.status_code, response.text) == FAILED
    eventually(lambda: "POST response: 400" in function.log)
    assert function.log.index(TIMED_OUT) < function.log.index("POST response: 400")
    assert works(function)


@pytest.mark.parametrize("phase", ["init", "registered", "INVOKE"])
def test_an_extension_that_dies_ends_the_environment_in_each_phase(local, watched, descendants, eventually, phase):
    before = set(descendants(os.getpid()))
    function = watched(phase)
    response = function.get("late" if phase == "INVOKE" else "fine")
    assert (response.status_code, response.text) == FAILED
    assert f"dies: {phase}" in function.log
    assert "Extension.Crash" in function.log
    eventually(lambda: function.states == [] and before.issuperset(descendants(os.getpid())))


def test_an_extension_that_dies_at_the_shutdown_holds_up_nothing(local, watched, descendants, eventually):
    before = set(descendants(os.getpid()))
    function = watched("SHUTDOWN")
    assert works(function)
    local.loop.run(local.plane.remove(function.name))
    eventually(lambda: before.issuperset(descendants(os.getpid())))
    with pytest.raises(httpx.ConnectError):
        function.get("fine")
