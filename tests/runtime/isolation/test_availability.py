"""Whether this machine gives mount namespaces, and what is said when it does not."""

import subprocess
import sys

import pytest

from lambdastream.runtime.isolation.availability import find_isolation, namespace_problem

# In a user namespace of its own a process can take namespaces from itself, as a container or an administrator would.
WITHOUT = """
import ctypes, os, sys
from pathlib import Path

user = os.getuid()
try:
    ctypes.CDLL(None).unshare(0x10000000)
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    for kind in ("mnt", "user"):
        Path(f"/proc/sys/user/max_{kind}_namespaces").write_text("0")
except OSError:
    sys.exit(77)

from lambdastream.errors import SetupError
from lambdastream.runtime.isolation.availability import find_isolation

print(find_isolation("auto"))
try:
    find_isolation("namespaces")
except SetupError as error:
    print(error)
"""


def test_paths_are_always_possible():
    assert find_isolation("paths") == "paths"


@pytest.mark.skipif(bool(namespace_problem()), reason="this machine gives no mount namespaces")
@pytest.mark.parametrize("wanted", ["auto", "namespaces"])
def test_namespaces_are_taken_where_they_are(wanted):
    assert find_isolation(wanted) == "namespaces"


def test_where_there_are_none_it_is_paths_and_to_ask_for_them_is_an_error():
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    if done.returncode == 77:
        pytest.skip("this machine gives no user namespaces")
    found, problem, next_step = done.stdout.splitlines()
    assert found == "paths"
    assert problem.startswith("This machine does not let functions have mount namespaces (unshare: ")
    assert next_step.endswith("lambdastream up --isolation paths")
