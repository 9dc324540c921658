"""The processes of an environment, together: what has left them is frozen with them, and ends with them."""

import asyncio
import sys
from pathlib import Path

import pytest

from lambdastream.runtime.limits import Limits
from lambdastream.runtime.processes.environment_processes import RUNTIME, EnvironmentProcesses
from lambdastream.runtime.processes.launch import Program
from lambdastream.runtime.processes.process import Process
from lambdastream.runtime.processes.watchdog import Watchdog

LEFT = (
    "import subprocess, sys, time\n"
    "print(subprocess.Popen([sys.executable, '-c', 'while True: pass'], start_new_session=True, env={}).pid, flush=True)\n"
    "time.sleep(600)"
)


def state(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.fixture
def runtime(loop, tmp_path):
    """The processes of an environment with a runtime that has started a program in a session of its own; its id."""
    watchdog, lines, processes = Watchdog(), [], EnvironmentProcesses()
    program = Program([sys.executable, "-c", LEFT], {}, tmp_path)
    process = loop.run(Process.start(program, name=RUNTIME, write=lines.append, watchdog=watchdog))
    processes.add(process)
    yield processes, lambda: int(lines[0]) if lines else None
    loop.run(process.stop(grace=0))
    watchdog.close()


@pytest.mark.conformance("environment-freeze")
def test_what_has_left_its_group_is_frozen_a_moment_later(loop, runtime, eventually):
    processes, left = runtime
    pid = eventually(left)
    loop.call(processes.freeze)
    eventually(lambda: (state(pid), state(processes.pids[0])) == ("T", "T"))
    loop.call(processes.thaw)
    assert state(pid) in "RS"
    eventually(lambda: state(processes.pids[0]) == "S")


def test_who_is_needed_at_once_is_not_looked_for(loop, runtime, eventually):
    processes, left = runtime
    pid = eventually(left)

    async def freeze_for_a_moment():
        processes.freeze()
        await asyncio.sleep(0)
        processes.thaw()
        await asyncio.sleep(0.1)

    loop.run(freeze_for_a_moment())
    assert state(pid) in "RS"


@pytest.mark.conformance("isolation-processes")
@pytest.mark.parametrize("freeze", [False, True], ids=["idle", "frozen"])
def test_what_a_function_lets_go_ends_with_its_environment(loop, new_function, eventually, is_alive, freeze):
    function = new_function(limits=Limits(freeze=freeze))
    daemon = function.result("daemon")
    assert is_alive(daemon)
    if freeze:
        eventually(lambda: state(daemon) == "T")
    loop.run(function.stop())
    assert not is_alive(daemon)


@pytest.mark.conformance("isolation-processes")
def test_it_ends_with_a_runtime_that_dies_too(new_function, eventually, is_alive):
    function = new_function()
    daemon = function.result("daemon")
    function.start_invocation("leave", status=1)
    eventually(lambda: not is_alive(daemon))
