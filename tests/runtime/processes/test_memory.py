"""How much memory processes take, together."""

import os
import signal
import subprocess
import sys

import pytest

from lambdastream.runtime.processes.memory import is_over, peak_resident

MB = 1024 * 1024
FORKED = """
import os, time
held = b"x" * (100 << 20)
if os.fork():
    print("here", flush=True)
time.sleep(60)
"""
WITH_A_CHILD = """
import subprocess, sys, time
code = "import time; held = b'x' * (100 << 20); print('here', flush=True); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", code])
time.sleep(60)
"""
GIVES_BACK = "import time; held = b'x' * (100 << 20); del held; print('here', flush=True); time.sleep(60)"


@pytest.fixture
def start(descendants):
    """Run Python code until it says that it is there; returns its process id."""
    started = []

    def run(code):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout.readline() == b"here\n"
        return process.pid

    yield run
    for process in started:
        for pid in [process.pid, *descendants(process.pid)]:
            os.kill(pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("code", [FORKED, WITH_A_CHILD], ids=["shared with a fork", "in a child"])
def test_what_a_program_and_its_children_take_counts_once(start, code):
    pid = start(code)
    assert is_over(90 * MB, [pid])
    assert not is_over(150 * MB, [pid])


def test_two_programs_count_together(start):
    pids = [start(WITH_A_CHILD), start(WITH_A_CHILD)]
    assert is_over(150 * MB, pids)
    assert not is_over(150 * MB, pids[:1])


def test_the_peak_stays_when_memory_is_given_back(start):
    pid = start(GIVES_BACK)
    assert not is_over(90 * MB, [pid])
    assert 100 * MB < peak_resident(pid) < 150 * MB


def test_the_peak_counts_the_children_too(start):
    assert 100 * MB < peak_resident(start(WITH_A_CHILD)) < 150 * MB


def test_a_program_that_is_gone_takes_nothing(start):
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    assert not is_over(0, [process.pid])
    assert peak_resident(process.pid) == 0
