"""The end of an execution environment with an extension: who is told of it, why, and that it gets to hear it."""

import sys

import pytest

from lambdastream.runtime.limits import Limits

EXTENSION = f"""#!{sys.executable}
import json, os, urllib.request

API = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2020-01-01/extension/"


def call(path, body=None, **headers):
    fields = {{name.replace("_", "-"): value for name, value in headers.items()}}
    return urllib.request.urlopen(urllib.request.Request(API + path, body, fields))


registered = call("register", b'{{"events": ["SHUTDOWN"]}}', Lambda_Extension_Name="watcher")
identifier = registered.headers["Lambda-Extension-Identifier"]
event = json.load(call("event/next", Lambda_Extension_Identifier=identifier))
print("told", event["eventType"], event["shutdownReason"], "deadlineMs" in event, flush=True)
"""
# The interface client waits for events in C, where Python hears no signals: a thread waits for this one.
HANDLER = """
import os, signal, threading, time

def end():
    signal.sigwait([signal.SIGTERM])
    os.write(1, b"the runtime ends\\n")
    os._exit(0)

signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
threading.Thread(target=end, daemon=True).start()

def handler(event, context):
    if event["do"] == "leave":
        os._exit(1)
    time.sleep(event.get("seconds", 0))
"""
BOTH = ["the runtime ends", "told SHUTDOWN spindown True"]


@pytest.fixture
def watched(new_function, write_function, tmp_path):
    """A function with an extension that says what it is told at the end."""
    path = tmp_path / "opt" / "extensions" / "watcher"
    path.parent.mkdir(parents=True)
    path.write_text(EXTENSION)
    path.chmod(0o755)
    code = write_function({"handler.py": HANDLER})
    return lambda **limits: new_function(code=code, timeout=0.5, limits=Limits(**limits))


@pytest.fixture
def ends(watched, eventually, tmp_path):
    """What is said at the end of an environment: of the extension, of the runtime."""

    def run(end, event=None, **limits):
        function = watched(**limits)
        invocation = function.start_invocation(**(event or {"do": "nothing"}))
        eventually(lambda: invocation.answered)
        end(function, eventually)
        eventually(lambda: function.environments == [])
        lines = (tmp_path / "logs" / "one.log").read_text().splitlines()
        return [line for line in lines if line.startswith(("told", "the runtime"))]

    return run


@pytest.mark.parametrize("freeze", [False, True], ids=["idle", "frozen"])
@pytest.mark.conformance("shutdown-order")
def test_a_stop_lets_the_runtime_end_and_then_the_extension(loop, ends, freeze):
    def stop(function, eventually):
        expected = "frozen" if freeze else "idle"
        eventually(lambda: [state for _, state in function.environments] == [expected])
        loop.run(function.stop())

    assert ends(stop, freeze=freeze) == BOTH


@pytest.mark.parametrize("freeze", [False, True], ids=["idle", "frozen"])
def test_an_environment_that_nobody_needs_ends_in_the_same_way(ends, freeze):
    assert ends(lambda *_: None, idle=0.2, freeze=freeze) == BOTH


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        pytest.param({"do": "wait", "seconds": 60}, "timeout", id="a timeout"),
        pytest.param({"do": "leave"}, "failure", id="an exit"),
    ],
)
@pytest.mark.conformance("shutdown-reason")
def test_the_extension_is_told_why(ends, event, reason):
    assert ends(lambda *_: None, event)[-1] == f"told SHUTDOWN {reason} True"
