"""The programs that a deploy needs: ``sam``, and the Python that ``sam build`` installs a function's requirements with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from lambdastream.errors import RuntimeNotFoundError
from lambdastream.runtime.interpreter import find_interpreter, own_runtime
from lambdastream.workshop.doctor.declared import Declared
from lambdastream.workshop.doctor.finding import Finding, fine, warning, wrong

PATIENCE: Final = 30
SYSTEM_WIDE: Final = "python3"


def programs(declared: Iterable[Declared]) -> list[Finding]:
    """The programs on PATH, for the runtimes that templates declare; without any, for the lab's own."""
    runtimes = list(dict.fromkeys(declared)) or [Declared(own_runtime())]
    return [sam_finding(), *(finding for each in runtimes for finding in runtime_findings(each))]


def sam_finding() -> Finding:
    """SAM's command line, on PATH."""
    found = shutil.which("sam")
    if found:
        return fine("sam", f"sam: {found}")
    beside = Path(sys.executable).with_name("sam")
    if beside.exists():
        fix = f'export PATH="{beside.parent}:$PATH"'
        return wrong("sam", "sam is installed, and not on PATH.", fix)
    return wrong("sam", "There is no sam on PATH.", "uv pip install 'aws-sam-cli>=1.170'")


def runtime_findings(declared: Declared) -> Iterator[Finding]:
    """A runtime: an interpreter of that version to run and build functions with, and its pip."""
    name = declared.runtime
    try:
        find_interpreter(name)
    except RuntimeNotFoundError:
        yield from _missing(declared)
        return
    build = on_path(name)
    if build is None:
        what = f"{name} runs functions here, and is not on PATH, where sam build looks for it."
        folder = Path(sys.executable).parent if name == own_runtime() else find_interpreter(name).parent
        yield wrong("runtime", what, f'export PATH="{folder}:$PATH"')
    elif not _runs(build, "-m", "pip", "--version"):
        what = f"{build} has no pip: sam build cannot install requirements for {name}."
        yield wrong("pip", what, f"uv pip install --python {build} pip")
    else:
        yield fine("runtime", f"{name} with pip: {build}")


def on_path(name: str) -> Path | None:
    """The interpreter that ``sam build`` takes: the first on PATH by that name, or ``python``, of that version."""
    for candidate in (name, "python", SYSTEM_WIDE):
        for folder in os.get_exec_path():
            path = Path(folder) / candidate
            version = f"import sys; sys.exit('python%d.%d' % sys.version_info[:2] != '{name}')"
            if path.is_file() and _runs(path, "-c", version):
                return path
    return None


def _missing(declared: Declared) -> Iterator[Finding]:
    name, own = declared.runtime, own_runtime()
    if declared.parameter and own in declared.allowed:
        what = f"The template's default runtime is {name}, which is not on this machine; {own} is, and is allowed."
        options = f"--parameter-overrides {declared.parameter}={own}"
        yield warning("runtime", what, f"sam build {options} && sam deploy {options}")
        yield from runtime_findings(Declared(own))
        return
    what = f"The template declares the runtime {name}, and no {name} starts on this machine."
    yield wrong("runtime", what, f"uv python install {name.removeprefix('python')}")


def _runs(python: Path, *arguments: str) -> bool:
    try:
        return subprocess.run([python, *arguments], capture_output=True, timeout=PATIENCE, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
