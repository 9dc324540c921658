"""An execution environment with an extension: which starts first, and at the end who is told of it, and why."""

import sys

import pytest

from lambdastream.runtime.limits import Limits

EXTENSION = f"""#!{sys.executable}
import json, os, time, urllib.request

API = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2020-01-01/extension/"


def call(path, body=None, **headers):
    fields = {{name.replace("_", "-"): value for name, value in headers.items()}}
    return urllib.request.urlopen(urllib.request.Request(API + path, body, fields))


time.sleep(float(os.environ.get("WAITS", "0")))
print("the extension registers", flush=True)
registered = call("register", b'{{"events": ["SHUTDOWN"]}}', Lambda_Extension_Name="watcher")
identifier = registered.headers["Lambda-Extension-Identifier"]
event = json.load(call("event/next", Lambda_Extension_Identifier=identifier))
print("told", event["eventType"], event["shutdownReason"], "deadlineMs" in event, flush=True)
"""
# The interface client waits for events in C, where Python hears no signals: a thread waits for this one.
HANDLER = """
import os, signal, threading, time

print("imported", flush=True)

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
    return lambda environment=None, **limits: new_function(
        code=code, timeout=0.5, environment=environment or {}, limits=Limits(**limits)
    )


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


@pytest.mark.conformance("environment-init-order")
def test_the_runtime_starts_when_the_extension_has_registered(watched, eventually, tmp_path):
    invocation = watched({"WAITS": "0.5"}).start_invocation(do="nothing")
    eventually(lambda: invocation.answered)
    lines = (tmp_path / "logs" / "one.log").read_text().splitlines()
    said = [line.split()[0] if line[0].isupper() else line for line in lines]
    assert said[:4] == ["INIT_START", "the extension registers", "imported", "START"]


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
