"""Whether functions run in mount namespaces here: where the machine allows them, if nobody asks for anything else."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final, Literal

from lambdastream.errors import SetupError
from lambdastream.runtime.bare_python import bare_python
from lambdastream.runtime.isolation.mount_namespace import MountNamespace

Isolation = Literal["namespaces", "paths"]
WantedIsolation = Literal["auto", "namespaces", "paths"]

PATIENCE: Final = 10
# Any program, that needs nothing.
TRIAL: Final = "/bin/true"
NAMESPACES_NEED: Final = (
    "a container needs the capability SYS_ADMIN, Ubuntu the setting kernel.apparmor_restrict_unprivileged_userns=0."
)


def find_isolation(wanted: WantedIsolation) -> Isolation:
    """How functions are kept apart here: ``auto`` is ``namespaces`` where they can be had.

    It is tried, by starting a program in one, which takes 60 ms. Raises ``SetupError`` when namespaces are wanted and the
    machine has none to give.
    """
    if wanted == "paths":
        return "paths"
    problem = namespace_problem()
    if problem and wanted == "namespaces":
        raise SetupError(
            f"This machine does not let functions have mount namespaces ({problem}).",
            next_step=f"Let it: {NAMESPACES_NEED} Or do without: lambdastream up --isolation paths",
        )
    return "paths" if problem else "namespaces"


def namespace_problem() -> str:
    """Why no program can be started in a mount namespace of its own; empty when it can."""
    try:
        with tempfile.TemporaryDirectory(prefix="lambdastream-") as folder:
            # A process of its own: this one may have threads, which must not fork if they can help it.
            done = subprocess.run(
                [*bare_python(__name__), folder], capture_output=True, text=True, timeout=PATIENCE, check=False
            )
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    return "" if done.returncode == 0 else (done.stderr.strip().rpartition("\n")[2] or f"exit status {done.returncode}")


def main() -> None:
    """Enter a namespace that has the folder of the command line everywhere, and become another program."""
    places = dict.fromkeys(map(Path, ("/var/task", "/opt", "/var/lang", "/var/runtime")), Path(sys.argv[2]))
    try:
        MountNamespace(places, [], 1).enter(Path("/var/task"))
        os.execv(TRIAL, [TRIAL])  # noqa: S606 - no shell is needed
    except OSError as error:
        sys.exit(error.strerror)
