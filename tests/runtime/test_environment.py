"""The life of an execution environment: it is kept, it rests, and it ends when nobody needs it or when it takes too much."""

import asyncio
import json
import math
import os
import re
import signal
import time
from pathlib import Path

import pytest

from lambdastream.runtime.invocation import Invocation
from lambdastream.runtime.limits import Limits

FROZEN = Limits(freeze=True)


def states(function):
    return [state for _, state in function.environments]


def answered(invocation, eventually):
    """The error type and message that its caller gets."""
    eventually(lambda: invocation.answered)
    [(told, error)] = invocation.sink.heard
    assert told == "function_error", error
    return error.error_type, json.loads(error.payload)["errorMessage"]


def process_states(function):
    """The letter of each process, proc(5): `T` is stopped."""
    pids = [pid for environment, _ in function.environments for pid in environment.pids]
    return {Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] for pid in pids}


@pytest.fixture
def log(tmp_path):
    return (tmp_path / "logs" / "one.log").read_text


def milliseconds(line, name):
    return float(re.search(rf"\t{name}: ([0-9.]+) ms", line)[1])


# Its log


@pytest.mark.conformance("logs-durations")
def test_its_durations_are_true(new_function, eventually, gates, log):
    began = time.monotonic()
    function, files = new_function(), gates("first")
    invocation = function.start_invocation("wait", **files)
    eventually(Path(files["begun"]).exists)
    begun = time.monotonic()
    eventually(lambda: time.monotonic() > begun + 0.3)
    Path(files["gate"]).touch()
    opened = time.monotonic()
    eventually(lambda: states(function) == ["idle"])
    ended = time.monotonic()
    [report] = [line for line in log().splitlines() if line.startswith(f"REPORT RequestId: {invocation.request_id}")]
    init, duration = milliseconds(report, "Init Duration"), milliseconds(report, "Duration")
    assert 10 < init < (begun - began) * 1000
    assert (opened - begun) * 1000 < duration < (ended - began) * 1000 - init
    assert milliseconds(report, "Billed Duration") == math.ceil(round(init + duration, 2))


@pytest.mark.conformance("logs-init-start")
def test_an_environment_that_starts_says_so_once(new_function, eventually, log):
    function = new_function()
    for _ in range(3):
        function.result("pid")
        eventually(lambda: states(function) == ["idle"])
    lines = [line.split()[0] for line in log().splitlines()]
    assert lines == ["INIT_START", *["START", "END", "REPORT"] * 3]


# It is kept for a while


@pytest.mark.conformance("environment-idle")
def test_an_environment_that_nobody_needs_ends(new_function, eventually, is_alive):
    function = new_function(limits=Limits(idle=0.3))
    first = function.result("pid")
    tmp = Path(function.result("variables")["TMPDIR"])
    eventually(lambda: function.environments == [])
    assert not is_alive(first)
    assert not tmp.exists()
    assert function.result("pid") != first


@pytest.mark.conformance("environment-tmp")
def test_its_tmp_is_its_own_and_stays_as_long_as_it_does(new_function):
    function = new_function()
    tmp = Path(function.result("variables")["TMPDIR"])
    (tmp / "kept").touch()
    assert Path(function.result("variables")["TMPDIR"]) == tmp
    assert [path.name for path in tmp.iterdir()] == ["kept"]


def test_of_two_the_one_that_is_used_stays(new_function, eventually, tmp_path):
    function = new_function(limits=Limits(idle=0.4))
    at = tmp_path / "meeting"
    at.mkdir()
    both = [function.start_invocation("meet", at=str(at), count=2) for _ in range(2)]
    eventually(lambda: all(invocation.answered for invocation in both))
    used = set()

    def use():
        """One invocation after the other: the environment that has just answered waits again."""
        eventually(lambda: "busy" not in states(function))
        used.add(function.result("pid"))
        return len(function.environments) == 1

    eventually(use)
    assert len(used) == 1


def test_an_invocation_at_the_moment_of_the_end_is_served(loop, new_function, new_sink, eventually):
    function = new_function(limits=Limits(idle=0.2, environments=1))
    first = function.result("pid")
    eventually(lambda: states(function) == ["idle"])
    invocation = Invocation(b'{"do": "pid"}', new_sink())

    def invoke_late():
        """The end is due by then: it comes first, and nothing in between."""
        time.sleep(0.25)
        asyncio.get_running_loop().call_soon(function.invoke, invocation)

    loop.call(invoke_late)
    eventually(lambda: invocation.answered)
    [(told, payload)] = invocation.sink.heard
    assert told == "result"
    assert json.loads(payload) != first


# It rests, when that is asked for


@pytest.mark.conformance("environment-freeze")
def test_what_a_function_does_after_its_answer_goes_on_unless_it_is_frozen(new_function, eventually, tmp_path):
    function, ticks = new_function(), tmp_path / "ticks"
    function.result("tick", ticks=str(ticks))
    eventually(lambda: states(function) == ["idle"])
    size = ticks.stat().st_size
    eventually(lambda: ticks.stat().st_size > size)


@pytest.mark.conformance("environment-freeze")
def test_a_frozen_environment_rests_between_two_invocations(new_function, eventually, tmp_path, gates):
    function, ticks, files = new_function(limits=FROZEN), tmp_path / "ticks", gates("second")
    first = function.result("tick", ticks=str(ticks))
    eventually(lambda: states(function) == ["frozen"])
    eventually(lambda: process_states(function) == {"T"})
    size = ticks.stat().st_size
    second = function.start_invocation("wait", **files)
    eventually(Path(files["begun"]).exists)
    assert states(function) == ["busy"]
    assert process_states(function) != {"T"}
    eventually(lambda: ticks.stat().st_size > size)
    Path(files["gate"]).touch()
    eventually(lambda: second.answered)
    assert second.sink.heard == [("result", str(first).encode())]
    eventually(lambda: states(function) == ["frozen"])


def test_a_frozen_environment_that_is_killed_is_replaced(new_function, eventually, is_alive):
    function = new_function(limits=FROZEN)
    first = function.result("pid")
    eventually(lambda: states(function) == ["frozen"])
    os.kill(first, signal.SIGKILL)
    eventually(lambda: function.environments == [])
    assert function.result("pid") != first


@pytest.mark.parametrize("limits", [FROZEN, Limits(freeze=True, idle=0.2)], ids=["a stop", "an eviction"])
def test_a_frozen_environment_ends(loop, new_function, eventually, is_alive, limits):
    function = new_function(limits=limits)
    pid = function.result("pid")
    if limits is FROZEN:
        eventually(lambda: states(function) == ["frozen"])
        loop.run(function.stop())
    eventually(lambda: not is_alive(pid))
    eventually(lambda: function.environments == [])


# It takes no more memory than it may


@pytest.mark.conformance("environment-memory")
def test_a_function_that_takes_too_much_memory_is_killed(new_function, eventually, gates, log):
    function = new_function(memory=128)
    first = function.result("pid")
    greedy = function.start_invocation("take", megabytes=200, **gates("never"))
    error_type, message = answered(greedy, eventually)
    assert error_type == "Runtime.ExitError"
    assert message == f"RequestId: {greedy.request_id} Error: Runtime exited with error: signal: killed"
    assert function.result("pid") != first
    lines = log().splitlines()
    at = lines.index(f"START RequestId: {greedy.request_id} Version: $LATEST")
    said, error_type, end, report = lines[at + 1 : at + 5]
    assert (said, error_type) == (message, "Runtime.ExitError")
    assert end == f"END RequestId: {greedy.request_id}"
    assert report.split("\t")[3:] == [
        "Memory Size: 128 MB",
        "Max Memory Used: 128 MB",
        "Status: error",
        "Error Type: Runtime.OutOfMemory",
    ]


@pytest.mark.parametrize(
    ("settings", "megabytes"),
    [
        pytest.param({"memory": 256}, 128, id="enough"),
        pytest.param({"memory": 128, "limits": Limits(memory=False)}, 200, id="the limit is lifted"),
    ],
)
def test_a_function_that_may_have_the_memory_gets_it(new_function, eventually, gates, settings, megabytes):
    function = new_function(**settings)
    files, waits = gates("taken"), gates("other")
    invocation = function.start_invocation("take", megabytes=megabytes, **files)
    [[pid]] = eventually(lambda: [environment.pids for environment, _ in function.environments if environment.pids])
    resident = Path(f"/proc/{pid}/statm")
    eventually(lambda: int(resident.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") > megabytes * 1024 * 1024)
    # Another function, that takes too much, is seen by then.
    greedy = new_function(name="two", memory=128).start_invocation("take", megabytes=200, **waits)
    answered(greedy, eventually)
    assert not invocation.answered
    Path(files["gate"]).touch()
    eventually(lambda: invocation.answered)
    assert invocation.sink.names == ["result"]


def test_a_module_that_takes_too_much_memory_fails_the_init(new_function, write_function, eventually, log):
    code = write_function({"handler.py": "import time\nheld = b'x' * (200 << 20)\ntime.sleep(60)\n"})
    function = new_function(code=code)
    error_type, message = answered(function.start_invocation("pid"), eventually)
    assert (error_type, message.partition("Error: ")[2]) == (
        "Runtime.ExitError",
        "Runtime exited with error: signal: killed",
    )
    [report] = [line for line in log().splitlines() if line.startswith("INIT_REPORT")]
    assert report.endswith("\tPhase: init\tStatus: error\tError Type: Runtime.OutOfMemory")
