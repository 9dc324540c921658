"""The managed ``python3.x`` runtimes: an interpreter with ``awslambdaric`` and boto3, and nothing of the lab's own.

Each is an environment in the user's cache, made once for a Python version and a set of requirements.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lambdastream.errors import RuntimeNotFoundError, SetupError
from lambdastream.runtime.cache import cache_folder
from lambdastream.runtime.description import FunctionDescription

REQUIREMENTS: Final = Path(__file__).with_name("python_runtime.txt")
# The task root is read-only on AWS. Here Python would write compiled modules into it, and lose half of a cold start on that.
READ_ONLY_TASK_ROOT: Final = ("read_only_task_root.pth", "import sys; sys.dont_write_bytecode = True\n")
PATIENCE: Final = 30
VERSIONS: Final = range(11, 20)

_started: set[ManagedRuntime] = set()


@dataclass(frozen=True, slots=True)
class ManagedRuntime:
    """A Python runtime as a function sees it: ``name`` is ``python3.x``, ``folder`` stands for AWS's ``/var/lang``."""

    name: str
    folder: Path
    seen_libraries: Path | None = None

    @property
    def base(self) -> list[Path]:
        """The folders of the interpreter that it was made from, which has to stay where it is."""
        links = (self.python.readlink() if self.python.is_symlink() else self.python, self.python.resolve())
        return [link.parent.parent for link in links]

    def at(self, folder: Path, libraries: Path) -> ManagedRuntime:
        """The same runtime as a function sees it that finds it in other folders."""
        return ManagedRuntime(self.name, folder, libraries)

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.folder / "bin" / "python"

    @property
    def language(self) -> Path:
        """The folder again: it is the language's."""
        return self.folder

    @property
    def libraries(self) -> Path:
        """The folder with ``awslambdaric`` and boto3."""
        return self.seen_libraries or self.folder / "lib" / self.name / "site-packages"

    @property
    def execution_env(self) -> str:
        """The runtime's identifier, prefixed."""
        return f"AWS_Lambda_{self.name}"

    def variables(self, description: FunctionDescription, opt: Path) -> Mapping[str, str]:
        """Where Python looks: what layers bring (developer guide, "Layer paths"), then the runtime's libraries."""
        del description
        layers = opt / "python"
        path = (layers / "lib" / self.name / "site-packages", layers, self.libraries)
        return {"PYTHONPATH": ":".join(map(str, path))}

    def command(self, description: FunctionDescription, opt: Path, wrapper: str) -> list[str]:
        """The interface client, behind the exec wrapper if one is declared."""
        del opt
        client = [str(self.python), "-m", "awslambdaric", description.handler]
        return [wrapper, *client] if wrapper else client


def managed_runtime(name: str) -> ManagedRuntime:
    """The runtime of that name, made first if need be (a few seconds).

    Raises ``RuntimeNotFoundError`` when no interpreter of that version starts, ``SetupError`` when its requirements
    cannot be installed.
    """
    content = REQUIREMENTS.read_bytes() + "".join(READ_ONLY_TASK_ROOT).encode()
    pins = hashlib.sha256(content).hexdigest()[:12]
    runtime = ManagedRuntime(name, cache_folder() / "runtimes" / f"{name}-{pins}")
    # To see whether it starts takes as long as a small function's code needs to be unpacked: once is enough.
    if not (runtime in _started and runtime.python.exists()):
        if not _starts(str(runtime.python), name):
            _make(runtime, find_interpreter(name))
        _started.add(runtime)
    return runtime


def find_interpreter(name: str) -> Path:
    """An interpreter that really starts and has the version that ``name`` (``python3.x``) asks for."""
    for candidate in _candidates(name):
        found = _starts(candidate, name)
        if found:
            return found
    here = ", ".join(available_runtimes())
    raise RuntimeNotFoundError(
        f"The function declares the runtime {name}, and no {name} starts on this machine.",
        next_step=f"Install it so that the command {name} works, or declare a runtime that is here: {here}.",
    )


def available_runtimes() -> list[str]:
    """The names of the runtimes that this machine can run, the lab's own first."""
    own = own_runtime()
    others = [f"python3.{minor}" for minor in VERSIONS if f"python3.{minor}" != own]
    return [
        own,
        *(name for name in others if any(_starts(candidate, name) for candidate in _candidates(name))),
    ]


def own_runtime() -> str:
    """The runtime with the version of the Python that runs now."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def _candidates(name: str) -> Iterator[str]:
    if name == own_runtime():
        yield str(getattr(sys, "_base_executable", sys.executable))
    # Every match, not the first alone: a version manager's shim may stand before an interpreter that works.
    for folder in os.get_exec_path():
        path = Path(folder) / name
        if path.is_file():
            yield str(path)


def _starts(candidate: str, name: str) -> Path | None:
    """The interpreter's own path, if the candidate starts and is of the version asked for."""
    question = "import sys; print('python%d.%d' % sys.version_info[:2]); print(sys.executable)"
    try:
        answer = subprocess.run(
            [candidate, "-I", "-c", question], capture_output=True, text=True, timeout=PATIENCE, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version, executable = answer.stdout.splitlines()
    return Path(executable) if version == name else None


def _make(runtime: ManagedRuntime, base: Path) -> None:
    runtime.folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=runtime.folder.parent) as temporary:
        made = Path(temporary) / "runtime"
        uv("venv", "--quiet", "--relocatable", "--python", str(base), str(made))
        uv(
            *("pip", "install", "--quiet", "--require-hashes", "--compile-bytecode"),
            *("--python", str(made / "bin" / "python"), "-r", str(REQUIREMENTS)),
        )
        name, text = READ_ONLY_TASK_ROOT
        (made / "lib" / runtime.name / "site-packages" / name).write_text(text, encoding="utf-8")
        _put_in_place(made, runtime)


def _put_in_place(made: Path, runtime: ManagedRuntime) -> None:
    shutil.rmtree(runtime.folder, ignore_errors=True)
    try:
        made.rename(runtime.folder)
    except OSError:
        # Another process made the same runtime meanwhile: its is as good.
        if not _starts(str(runtime.python), runtime.name):
            raise


def uv(*arguments: str) -> None:
    """Run uv, the installer. Raises ``SetupError`` with what it said."""
    command = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()]))
    if command is None:
        raise SetupError("There is no uv in this environment.", next_step="Install the requirements again: make lab")
    done = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SetupError(
            f"uv could not do its work:\n{done.stderr.strip()}",
            next_step="Check the network, then try again.",
        )
