"""Builds a function: its code, and beside it everything that its requirements name, as Lambda expects them.

``sam build`` does the same; this one needs nothing but uv, for functions that are deployed from Python.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lambdastream.control.project import Project, find_project
from lambdastream.errors import PackagingError, SetupError
from lambdastream.runtime.interpreter import managed_runtime, own_runtime, uv

IGNORE: Final = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
UNFINISHED: Final = "unfinished-"


def package(
    source: str | Path,
    *,
    requirements: str | Path | None = None,
    runtime: str | None = None,
    project: Project | None = None,
) -> Path:
    """Build the function in the folder ``source``; returns the folder with what was built.

    ``requirements`` is a file of pinned requirements, by default ``requirements.txt`` in the source; with hashes, they
    are verified. ``runtime`` is the ``python3.x`` to build for, by default the one that runs now. What was built from the
    same files before is taken as it is. Raises ``PackagingError``, and ``RuntimeNotFoundError`` when the runtime is not on
    this machine.
    """
    source = Path(source).resolve()
    if not source.is_dir():
        raise PackagingError(f"There is no folder {source}.", next_step="Name the folder with the function's code.")
    listed = Path(requirements).resolve() if requirements else source / "requirements.txt"
    if requirements and not listed.is_file():
        raise PackagingError(f"There is no file {listed}.", next_step="Name the file with the function's requirements.")
    project = project or find_project()
    project.make_state()
    try:
        return _built(source, listed, runtime or own_runtime(), project.builds)
    except OSError as error:
        raise PackagingError(
            f"{source} cannot be built: {_reasons(error)}.",
            next_step="See that every file in it can be read, and every link leads somewhere.",
        ) from error


def _built(source: Path, requirements: Path, runtime: str, builds: Path) -> Path:
    built = builds / f"{source.name}-{_fingerprint(source, requirements, runtime)}"
    if not built.is_dir():
        with _building(builds) as folder:
            # Another process may have built it while this one waited.
            if not built.is_dir():
                _build(source, requirements, runtime, folder)
                folder.rename(built)
    return built


def _build(source: Path, requirements: Path, runtime: str, folder: Path) -> None:
    shutil.copytree(source, folder, ignore=IGNORE)
    if requirements.is_file():
        _install(requirements, runtime, folder)


@contextlib.contextmanager
def _building(builds: Path) -> Iterator[Path]:
    """A folder to build in, for one builder at a time. What a killed builder left is removed."""
    builds.mkdir(exist_ok=True)
    with (builds / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in builds.glob(f"{UNFINISHED}*"):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=builds, prefix=UNFINISHED) as temporary:
            yield Path(temporary) / "function"


def _install(requirements: Path, runtime: str, folder: Path) -> None:
    python = managed_runtime(runtime).python
    try:
        uv(
            *("pip", "install", "--quiet", "--compile-bytecode", "--link-mode", "copy"),
            *("--python", str(python), "--target", str(folder), "-r", str(requirements)),
        )
    except SetupError as error:
        raise PackagingError(
            f"The requirements of {requirements.parent.name}/{requirements.name} cannot be installed.\n{error.problem}",
            next_step="Mend the file, or check the network, then try again.",
        ) from error
    # uv's own, from the installation.
    (folder / ".lock").unlink(missing_ok=True)


def _reasons(error: OSError) -> str:
    if isinstance(error, shutil.Error):
        return ", ".join(why for _, _, why in error.args[0])
    return str(error)


def _fingerprint(source: Path, requirements: Path, runtime: str) -> str:
    """Tells builds apart: it changes with any file of the source, the requirements and the runtime."""
    digest = hashlib.sha256(runtime.encode())
    for path in [*_files(source), requirements]:
        if path.is_file():
            digest.update(f"{os.path.relpath(path, source)} {path.stat().st_mode} {path.stat().st_size}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _files(source: Path) -> Iterator[Path]:
    """The files that the build copies, in an order that does not change."""
    for folder, folders, names in os.walk(source, followlinks=True):
        ignored = IGNORE(folder, [*folders, *names])
        folders[:] = sorted(set(folders) - ignored)
        yield from (Path(folder, name) for name in sorted(set(names) - ignored))
