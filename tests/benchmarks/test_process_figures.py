"""What the kernel tells of a process, beside what the process knows of itself."""

import os
import subprocess
import sys
import time

from benchmarks.process_figures import cpu_seconds, descendants, descriptors, resident_mb

BUSY_SECONDS = 0.2


def test_memory_grows_with_what_is_touched():
    before = resident_mb(os.getpid())
    held = b"x" * 32 * 1024 * 1024
    assert 30 < resident_mb(os.getpid()) - before < 40
    del held


def test_time_on_a_core_is_that_of_the_process():
    before, own = cpu_seconds(os.getpid()), time.process_time()
    while time.process_time() < own + BUSY_SECONDS:
        pass
    assert 0.5 * BUSY_SECONDS < cpu_seconds(os.getpid()) - before < 5 * BUSY_SECONDS


def test_each_open_file_is_a_descriptor(tmp_path):
    before = descriptors(os.getpid())
    with (tmp_path / "one").open("w"), (tmp_path / "two").open("w"):
        assert descriptors(os.getpid()) == before + 2
    assert descriptors(os.getpid()) == before


def test_what_it_starts_descends_from_it(eventually):
    script = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE) as process:
        eventually(lambda: len(descendants(process.pid)) == 1)
        process.stdin.close()
    assert not descendants(process.pid)
