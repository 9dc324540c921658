"""A function, its execution environments and the invocations that wait for one."""

import asyncio
import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from lambdastream.runtime.invocation import Invocation
from lambdastream.runtime.limits import Limits


def states(function):
    return [state for _, state in function.environments]


def begin(function, eventually, files):
    """An invocation that waits."""
    invocation = function.start_invocation("wait", **files)
    eventually(Path(files["begun"]).exists)
    return invocation


@pytest.mark.conformance("environment-reuse")
def test_one_environment_serves_one_request_after_the_other(new_function):
    function = new_function()
    assert len({function.result("pid") for _ in range(20)}) == 1
    assert len(states(function)) == 1


@pytest.mark.conformance("environment-one-at-a-time")
def test_requests_at_once_get_environments_of_their_own(new_function, eventually, tmp_path):
    function = new_function()
    at = tmp_path / "meeting"
    at.mkdir()
    invocations = [function.start_invocation("meet", at=str(at), count=3) for _ in range(3)]
    eventually(lambda: all(invocation.answered for invocation in invocations))
    assert len({payload for invocation in invocations for _, payload in invocation.sink.heard}) == 3
    eventually(lambda: states(function) == ["idle"] * 3)
    function.result("pid")
    assert len(states(function)) == 3


@pytest.mark.conformance("environment-most-recent")
def test_the_environment_that_was_used_last_is_used_next(new_function, eventually, gates):
    function = new_function()
    first, second = gates("first"), gates("second")
    invocations = [begin(function, eventually, files) for files in (first, second)]
    for number, files in enumerate((first, second)):
        Path(files["gate"]).touch()
        eventually(lambda number=number: states(function).count("idle") == number + 1)
    last = json.loads(invocations[1].sink.heard[0][1])
    for _ in range(3):
        assert function.result("pid") == last
        eventually(lambda: states(function) == ["idle"] * 2)


@pytest.mark.conformance("environment-limit")
def test_at_the_limit_of_environments_requests_are_throttled_until_one_is_free(new_function, eventually, gates):
    function = new_function(limits=Limits(environments=1))
    files = gates("first")
    busy = begin(function, eventually, files)
    refused = function.start_invocation("pid")
    eventually(lambda: refused.answered)
    [(told, error)] = refused.sink.heard
    assert (told, error.throttled) == ("function_error", "ConcurrentInvocationLimitExceeded")
    Path(files["gate"]).touch()
    eventually(lambda: busy.answered)
    assert function.result("pid") == json.loads(busy.sink.heard[0][1])


def test_an_idle_environment_that_dies_is_replaced(new_function, eventually, is_alive):
    function = new_function()
    first = function.result("pid")
    eventually(lambda: states(function) == ["idle"])
    os.kill(first, signal.SIGKILL)
    eventually(lambda: not is_alive(first))
    assert function.result("pid") != first
    eventually(lambda: states(function) == ["idle"])


def test_an_environment_that_has_died_unnoticed_gets_no_request(loop, new_function, eventually, new_sink):
    function = new_function()
    first = function.result("pid")
    eventually(lambda: states(function) == ["idle"])
    invocation = Invocation(b'{"do": "pid"}', new_sink())

    def kill_and_invoke():
        """The event loop has no time to hear of it."""
        os.kill(first, signal.SIGKILL)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
        function.invoke(invocation)

    loop.call(kill_and_invoke)
    eventually(lambda: invocation.answered)
    assert invocation.sink.names == ["result"]


def test_an_environment_that_dies_while_it_is_busy_fails_its_invocation_alone(new_function, eventually, gates):
    function = new_function()
    busy = begin(function, eventually, gates("first"))
    [[pid]] = [environment.pids for environment, _ in function.environments]
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: busy.answered)
    [(told, error)] = busy.sink.heard
    assert (told, error.error_type) == ("function_error", "Runtime.ExitError")
    assert json.loads(error.payload)["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")
    assert function.result("pid") != pid


@pytest.mark.conformance("environment-after-timeout")
def test_a_timeout_fails_the_invocation_and_the_next_one_gets_a_new_environment(new_function, eventually, gates):
    function = new_function(timeout=1, limits=Limits(environments=1))
    function.result("pid")
    files = gates("first")
    late = begin(function, eventually, files)
    eventually(lambda: late.answered)
    [(told, error)] = late.sink.heard
    assert (told, error.error_type) == ("function_error", "Sandbox.Timedout")
    expected = f"RequestId: {late.request_id} Error: Task timed out after 1.00 seconds"
    assert json.loads(error.payload)["errorMessage"] == expected
    assert function.result("pid")
    Path(files["gate"]).touch()
    assert not Path(files["done"]).exists()


def test_every_request_behind_a_failing_init_hears_of_it(new_function, eventually):
    function = new_function(handler="no_such_module.handler")
    invocations = [function.start_invocation("pid") for _ in range(3)]
    eventually(lambda: all(invocation.answered for invocation in invocations))
    errors = [error.error_type for invocation in invocations for _, error in invocation.sink.heard]
    assert errors == ["Runtime.ImportModuleError"] * 3
    eventually(lambda: function.environments == [])


@pytest.mark.parametrize("moment", ["before its start", "while it starts", "while it is idle", "while it is busy"])
def test_a_stop_leaves_nothing(loop, new_function, eventually, gates, descendants, moment):
    before = descendants(os.getpid())
    function = new_function()
    invocations = []
    if moment == "while it is idle":
        function.result("pid")
    if moment == "while it is busy":
        invocations = [begin(function, eventually, gates("first"))]
    if moment == "while it starts":
        # None can be answered meanwhile, however late the stop comes.
        invocations = [function.start_invocation("wait", **gates(f"start-{number}")) for number in range(3)]
        eventually(lambda: any(environment.pids for environment, _ in function.environments))
    loop.run(function.stop())
    assert function.environments == []
    assert [error.error_type for invocation in invocations for _, error in invocation.sink.heard] == [
        "ServiceException"
    ] * len(invocations)
    watchdog = 1
    eventually(lambda: len(descendants(os.getpid())) == len(before) + watchdog)


def test_a_function_that_finishes_ends_what_is_idle_and_waits_for_the_rest(
    loop, new_function, eventually, gates, is_alive
):
    function = new_function()
    files = gates("first")
    busy = begin(function, eventually, files)
    idle = function.result("pid")
    eventually(lambda: sorted(states(function)) == ["busy", "idle"])
    wait_until_finished = loop.start(function.finish())
    eventually(lambda: states(function) == ["busy"] and not is_alive(idle))
    Path(files["gate"]).touch()
    wait_until_finished()
    assert [told for told, _ in busy.sink.heard] == ["result"]
    assert function.environments == []


def test_an_invocation_of_a_stopped_function_fails(loop, new_function):
    function = new_function()
    loop.run(function.stop())
    invocation = function.start_invocation("pid")
    [(told, error)] = invocation.sink.heard
    assert (told, error.error_type) == ("function_error", "ServiceException")
    assert function.environments == []


def test_a_stop_may_come_while_environments_are_stopping(loop, new_function, eventually, descendants, gates):
    function = new_function(timeout=0.3)
    before = len(descendants(os.getpid()))
    invocations = [function.start_invocation("wait", **gates(str(number))) for number in range(2)]
    eventually(lambda: any(invocation.answered for invocation in invocations))
    loop.run(function.stop())
    eventually(lambda: len(descendants(os.getpid())) == before)


def test_a_function_whose_folder_is_gone_fails_with_its_name(new_function, eventually, copy_of):
    folder = copy_of("plain")
    function = new_function(code=folder)
    shutil.rmtree(folder)
    invocation = function.start_invocation("pid")
    eventually(lambda: invocation.answered)
    [(told, error)] = invocation.sink.heard
    assert (told, error.error_type) == ("function_error", "Runtime.InvalidEntrypoint")
    assert str(folder) in json.loads(error.payload)["errorMessage"]


@pytest.mark.conformance("logs-around")
def test_the_log_has_lambdas_own_lines_around_what_the_function_prints(new_function, eventually, tmp_path):
    function = new_function()
    words = [f"word-{number}" for number in range(100)]
    for word in words:
        function.result("say", text=word)
    log = tmp_path / "logs" / "one.log"
    first, *lines = eventually(lambda: len(text := log.read_text().splitlines()) > 4 * len(words) and text)
    assert first.startswith("INIT_START Runtime Version: python:3.")
    expected = [first for word in words for first in ("START", word, "END", "REPORT")]
    assert [line.split()[0] for line in lines] == expected
    assert "\tInit Duration: " in lines[3]
    assert not any("\tInit Duration: " in line for line in lines[4:])
    assert int(lines[3].split("Max Memory Used: ")[1].split()[0]) > 10


def test_many_stops_at_many_moments_leave_nothing(loop, new_function, descendants, eventually):
    before = len(descendants(os.getpid()))
    functions = [new_function() for _ in range(6)]

    async def start_and_stop(function, seconds):
        await asyncio.sleep(seconds)
        await function.stop()

    for number, function in enumerate(functions):
        function.start_invocation("pid")
        loop.run(start_and_stop(function, number * 0.01))
    eventually(lambda: len(descendants(os.getpid())) == before + len(functions))
