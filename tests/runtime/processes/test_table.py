"""The processes that carry a mark, and those that are at their end."""

import os
import resource
import subprocess
import sys
from functools import partial

import pytest

from lambdastream.runtime.processes.mark import RLIMIT_LOCKS, carry, mark_of, new_mark
from lambdastream.runtime.processes.table import end_marked, is_ending, marked

SLEEP = ("/bin/sleep", "600")
# Each starts the next one, and the last is in a session of its own, without a parent and without variables.
ADOPTED = """
import os, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.close(0), os.close(1), os.close(2)
        os.chdir("/")
        os.execve("/bin/sleep", ["sleep", "600"], {})
    os._exit(0)
os.wait()
"""
# It starts another one as soon as one has ended.
KEEPER = """
import subprocess
while True:
    subprocess.Popen(["/bin/sleep", "600"], start_new_session=True).wait()
"""


@pytest.fixture
def start():
    """Start a program that carries a mark; returns the mark and the process."""
    started = []

    def run(*command):
        mark = new_mark()
        process = subprocess.Popen(command, preexec_fn=partial(carry, mark))  # noqa: PLW1509 - it makes one call
        started.append((mark, process))
        return mark, process

    yield run
    for mark, process in started:
        end_marked(mark)
        process.wait()


def test_marks_are_all_different_and_nobodys():
    marks = [new_mark() for _ in range(100)]
    assert len(set(marks)) == 100
    assert marked(marks) == []


def test_a_marked_program_is_found_and_others_are_not(start):
    (one, first), (two, second), _ = start(*SLEEP), start(*SLEEP), start(*SLEEP)
    assert marked([one]) == [first.pid]
    assert sorted(marked([one, two])) == sorted([first.pid, second.pid])


def test_what_it_starts_carries_the_mark_wherever_it_goes(start):
    mark, process = start(sys.executable, "-c", ADOPTED)
    process.wait()
    [left] = marked([mark])
    assert os.getsid(left) != os.getsid(0)
    end_marked(mark)
    assert marked([mark]) == []


def test_what_starts_others_in_the_place_of_dead_ones_ends_with_them(start, eventually):
    mark, _ = start(sys.executable, "-c", KEEPER)
    eventually(lambda: len(marked([mark])) == 2)
    end_marked(mark)
    assert marked([mark]) == []


def test_a_mark_within_a_mark_is_lower(start):
    limits = f"import resource; print(resource.getrlimit({RLIMIT_LOCKS}))"
    nested = f"from lambdastream.runtime.processes.mark import *; carry(new_mark()); {limits}"
    run = partial(subprocess.run, capture_output=True, text=True, check=True)
    seen = run([sys.executable, "-c", nested], preexec_fn=partial(carry, 1000)).stdout
    mark = int(seen.strip("()\n").split(",")[0])
    assert seen == f"({mark}, {mark})\n"
    assert 1 <= mark <= 1000


def test_a_process_that_is_gone_has_no_mark_and_one_without_has_the_usual_limit(start):
    _, process = start("/bin/true")
    process.wait()
    assert mark_of(process.pid) is None
    assert mark_of(os.getpid()) == resource.getrlimit(RLIMIT_LOCKS)[1]


def test_a_dead_process_that_nobody_waited_for_is_not_found(start, eventually):
    mark, process = start("/bin/true")
    eventually(lambda: is_ending(process.pid))
    assert marked([mark]) == []
    assert mark_of(process.pid) == mark


def test_what_runs_is_not_ending_and_what_is_gone_is():
    process = subprocess.Popen(SLEEP)
    assert not is_ending(process.pid)
    process.kill()
    process.wait()
    assert is_ending(process.pid)
