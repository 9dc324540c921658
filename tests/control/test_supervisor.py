"""The local AWS as a process: it starts, it ends, and nothing of it is left, however it ends."""

import contextlib
import json
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from lambdastream.control import FunctionUrlConfig, connect, supervisor
from lambdastream.control.profile import Profile
from lambdastream.control.project import Running
from lambdastream.errors import NotRunningError

Eventually = Callable[[Callable[[], object]], object]
Listens = Callable[[str], bool]

SLOW_TO_START = """
import sys, time
if "up" in sys.orig_argv and "--detach" not in sys.orig_argv:
    time.sleep(300)
"""


STARTING = """
import subprocess, time
subprocess.Popen(["sleep", "300"])
print("starting now", flush=True)
time.sleep(300)
"""
FUNCTIONS = Path(__file__).parents[1] / "functions"


def make_busy(url: str, content: str | None = None) -> threading.Thread:
    """Make a request that does not end by itself."""

    def ask() -> None:
        with contextlib.suppress(httpx.TransportError):
            httpx.post(f"{url}busy", content=content, timeout=60)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


def names(sandbox) -> list[str]:
    """The functions of a project."""
    return [function["name"] for function in connect(sandbox.project).status()["functions"]]


def states(sandbox) -> dict[str, str]:
    """What the one environment of each function does."""
    functions = connect(sandbox.project).status()["functions"]
    return {
        function["name"]: environment["state"] for function in functions for environment in function["environments"]
    }


def functions_in_other_states(sandbox) -> list[threading.Thread]:
    """Deploy a function that still starts, one that is idle, and one in the middle of a stream; returns the requests."""
    local_aws = connect(sandbox.project)
    idle = sandbox.function("idle")
    assert httpx.get(local_aws.deploy(idle).url).text == "hello"
    starting = sandbox.function("starting")
    (starting.code / "app.py").write_text(STARTING, encoding="utf-8")
    url = FunctionUrlConfig(auth_type="NONE", invoke_mode="RESPONSE_STREAM")
    code = shutil.copytree(FUNCTIONS / "streaming", sandbox.folder / "streaming")
    wrapper = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper.sh"}
    streaming = replace(starting, name="streaming", code=code, environment=wrapper, url=url)
    endless = make_busy(local_aws.deploy(streaming).url, json.dumps({"steps": [["chunk", "x"], ["wait", "/none"]]}))
    return [make_busy(local_aws.deploy(starting).url), endless]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_runs_until_it_is_told_to_end(sandbox, listens: Listens, number: signal.Signals) -> None:
    with sandbox.up() as (process, line):
        running = sandbox.project.running()
        assert line == f"The local AWS runs at {running.endpoint}\n"
        assert listens(running.endpoint)
        function = connect(sandbox.project).deploy(sandbox.function())
        assert listens(function.url)
        assert len(sandbox.pids()) >= 3, "it, its watchdog and its control plane"

        process.send_signal(number)
        _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (0, "")
    assert sandbox.left() == []
    assert not listens(running.endpoint)
    assert not listens(function.url)


def test_a_killed_one_leaves_nothing_and_the_next_one_starts_with_its_keys(
    sandbox, eventually: Eventually, listens: Listens
) -> None:
    with sandbox.up() as (process, _):
        local_aws = connect(sandbox.project)
        function = local_aws.deploy(sandbox.function())
        others = functions_in_other_states(sandbox)
        requests = [make_busy(function.url), *others]
        eventually(lambda: "busy now" in sandbox.log("greeter"))
        eventually(lambda: "starting now" in sandbox.log("starting"))
        assert sandbox.account().isdigit(), "the control plane is ready"
        wanted = {"greeter": "busy", "starting": "starting", "idle": "idle", "streaming": "busy"}
        eventually(lambda: states(sandbox) == wanted)
        assert len(sandbox.pids()) >= 3 + 4 + 2, (
            "it, its watchdog and its control plane; functions; two children of them"
        )
        process.kill()
    keys = Profile(sandbox.project).keys()
    assert [path.name for path in sandbox.project.state.glob("running.json")], "the record of the dead"
    eventually(lambda: not sandbox.pids() and not [*sandbox.temporary.iterdir()])
    for request in requests:
        request.join()
    assert not listens(local_aws.endpoint)
    assert not listens(function.url)
    with pytest.raises(NotRunningError):
        connect(sandbox.project)

    with sandbox.up() as (_, line):
        assert connect(sandbox.project).endpoint in line
        assert connect(sandbox.project).status()["functions"] == []
        assert Profile(sandbox.project).keys() == keys


def test_detached_it_is_started_once_and_down_ends_it(sandbox, listens: Listens) -> None:
    # The project's own modules must not stand in for those that the local AWS imports.
    for name in ("json", "secrets", "uvloop"):
        (sandbox.project.root / f"{name}.py").write_text("raise SystemExit('the wrong module')\n", encoding="utf-8")
    limits = ("--limit", "stream-rate=none", "--limit", "timeout=3", "--isolation", "paths")
    first, second = (sandbox.run("up", "--detach", "--port", "0", *limits) for _ in range(2))
    assert (first.returncode, first.stderr) == (0, "")
    endpoint = sandbox.project.running().endpoint
    assert first.stdout == f"The local AWS runs at {endpoint}\n"
    assert (second.returncode, second.stdout) == (0, first.stdout)

    third = sandbox.run("up")
    assert (third.returncode, third.stdout) == (1, "")
    assert "A local AWS runs already for the project project." in third.stderr
    assert "lambdastream down" in third.stderr

    assert "isolation paths\nlimit     stream-rate=none\nlimit     timeout=3s\n" in sandbox.run("status").stdout
    other = sandbox.run("up", "--detach", "--limit", "timeout=none")
    assert (other.returncode, other.stdout) == (1, "")
    assert "A local AWS runs already for the project project, with other limits." in other.stderr
    assert "lambdastream up --limit=timeout=none" in other.stderr
    other = sandbox.run("up", "--detach", "--isolation", "namespaces")
    assert (other.returncode, other.stdout) == (1, "")
    assert "A local AWS runs already for the project project, which isolates functions by paths." in other.stderr
    assert "lambdastream up --isolation=namespaces" in other.stderr

    assert sandbox.account().isdigit(), "the control plane is ready"
    function = connect(sandbox.project).deploy(sandbox.function())
    assert httpx.get(function.url).text == "hello"
    assert len(sandbox.pids()) >= 4, "the function too"
    first, second = sandbox.run("down"), sandbox.run("down")
    assert (first.returncode, first.stdout) == (0, "The local AWS has stopped.\n")
    assert (second.returncode, second.stdout) == (0, "No local AWS runs here.\n")
    assert not listens(endpoint)
    assert not listens(function.url)
    assert sandbox.left() == []


@pytest.mark.slow
def test_two_who_start_it_at_once_get_the_same_one_and_down_ends_it_while_it_starts(sandbox) -> None:
    with sandbox.start("up", "--detach", "--port", "0") as one, sandbox.start("up", "--detach", "--port", "0") as other:
        said = [process.communicate(timeout=60) for process in (one, other)]
    assert said == [(f"The local AWS runs at {sandbox.project.running().endpoint}\n", "")] * 2
    assert len(sandbox.pids()) == 3, "it, its watchdog and its control plane: nobody waits to be the next"
    assert sandbox.run("down").returncode == 0
    assert sandbox.left() == []


@pytest.mark.parametrize("options", [(), ("--detach",)], ids=["foreground", "detached"])
def test_a_port_that_is_taken_is_named(sandbox, options: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = sandbox.run("up", "--port", str(port), *options)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Port {port} is taken by another program." in done.stderr
    assert "choose another port" in done.stderr
    assert "Traceback" not in done.stderr
    assert sandbox.left() == []
    assert not sandbox.project.is_locked()


def test_a_start_that_is_interrupted_leaves_nothing(sandbox, eventually: Eventually) -> None:
    (sandbox.folder / "sitecustomize.py").write_text(SLOW_TO_START, encoding="utf-8")
    with sandbox.start("up", "--detach", "--port", "0", PYTHONPATH=str(sandbox.folder)) as process:
        eventually(lambda: len(sandbox.pids()) == 2)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert sandbox.left() == []


@pytest.mark.slow
def test_an_old_record_leads_nobody_astray(sandbox) -> None:
    """Its process id may be somebody else's by now."""
    with subprocess.Popen(["sleep", "60"]) as bystander:
        sandbox.project.make_state()
        sandbox.project.record(Running("http://127.0.0.1:1", bystander.pid, "old"))
        assert not supervisor.stop(sandbox.project)
        with sandbox.up():
            assert supervisor.stop(sandbox.project)
        assert bystander.poll() is None
        bystander.terminate()


@pytest.mark.slow
def test_two_projects_do_not_see_each_other(sandbox, running) -> None:
    with pytest.raises(NotRunningError):
        connect(sandbox.project)
    with sandbox.up():
        connect(sandbox.project).deploy(sandbox.function("alone"))
        assert names(sandbox) == ["alone"]
        assert "alone" not in names(running)
        assert supervisor.stop(sandbox.project)
    assert "alone" not in names(running)
