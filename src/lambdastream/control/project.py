"""A project's folder for state, ``.lambdastream``, and what it says of the running local AWS."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final

from lambdastream.errors import LocalAwsError, NotRunningError

STATE: Final = ".lambdastream"
LONGEST_GLANCE: Final = 0.3
GIT: Final = ".git"
MARKS: Final = (STATE, "template.yaml", "template.yml", "samconfig.toml", "pyproject.toml", GIT)


@dataclass(frozen=True, slots=True)
class Running:
    """A local AWS that runs: its endpoint, the process that is it, the token for deployments, the live page's address."""

    endpoint: str
    pid: int
    token: str
    page: str = ""


@dataclass(frozen=True, slots=True)
class Project:
    """A project on this machine."""

    root: Path

    @property
    def state(self) -> Path:
        """The folder for everything that the local AWS keeps."""
        return self.root / STATE

    @property
    def logs(self) -> Path:
        """The folder with the functions' logs."""
        return self.state / "logs"

    @property
    def builds(self) -> Path:
        """The folder with the functions' built code."""
        return self.state / "builds"

    def make_state(self) -> Path:
        """Make the folder for state, which git leaves out, and return it. Raises ``LocalAwsError`` when that fails."""
        try:
            self.state.mkdir(parents=True, exist_ok=True)
            (self.state / ".gitignore").write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise LocalAwsError(
                f"The folder {self.state} cannot be written: {error.strerror}.",
                next_step="The local AWS keeps its state there: make way for it, or work in another folder.",
            ) from error
        return self.state

    def running(self) -> Running:
        """The local AWS of this project. Raises ``NotRunningError``."""
        if self.is_locked():
            try:
                return Running(**json.loads(self._record.read_text(encoding="utf-8")))
            except (OSError, ValueError, TypeError):
                # It holds the lock, and has not come as far as to say where it is.
                pass
        raise NotRunningError(
            f"No local AWS runs for the project {self.root.name}.",
            next_step="Start it: lambdastream up --detach (or make lab).",
        )

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the project, so that it has one local AWS at a time. Raises ``LocalAwsError`` when another one has it.

        The system gives the lock back when its holder dies, however it dies.
        """
        self.make_state()
        with self._lock_file.open("w", encoding="utf-8") as file:
            self._take(file, fcntl.LOCK_SH)
            # Shared, so nobody has it alone: a record that is there is a dead one's, and must not pass for ours.
            self._record.unlink(missing_ok=True)
            self._take(file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                self._record.unlink(missing_ok=True)

    def is_locked(self) -> bool:
        """Whether a local AWS holds the project."""
        if not self._lock_file.exists():
            return False
        with self._lock_file.open("r", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
        return False

    def record(self, running: Running) -> None:
        """Say where the local AWS is; for this user's eyes alone."""
        temporary = self._record.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(running), file)
        temporary.replace(self._record)

    def _take(self, file: IO[str], kind: int) -> None:
        if not _locked(file, kind):
            raise LocalAwsError(
                f"A local AWS runs already for the project {self.root.name}.",
                next_step="See it: lambdastream status. End it: lambdastream down.",
            )

    @property
    def _record(self) -> Path:
        return self.state / "running.json"

    @property
    def _lock_file(self) -> Path:
        return self.state / "lock"


def _locked(file: IO[str], kind: int) -> bool:
    """Take the lock. Whoever asks ``is_locked`` holds it for a moment, so a short wait tells an owner from an asker."""
    deadline = time.monotonic() + LONGEST_GLANCE
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        else:
            return True


def find_project(start: Path | None = None) -> Project:
    """The project that a folder (by default the current one) belongs to.

    Inside a git repository it is the nearest folder, from there upwards to the repository's root, with ``.lambdastream``:
    folders in it that hold templates of their own share the repository's local AWS. Without any, and outside of git, it
    is the nearest folder that looks like a project's root: one with ``.lambdastream``, a SAM template,
    ``pyproject.toml`` or ``.git``; else the folder itself.
    """
    here = (start or Path.cwd()).resolve()
    above = (here, *here.parents)
    repository = next((folder for folder in above if (folder / GIT).exists()), None)
    within = above[: above.index(repository) + 1] if repository else ()
    for folder in within:
        if (folder / STATE).exists():
            return Project(folder)
    for folder in above:
        if any((folder / mark).exists() for mark in MARKS):
            return Project(folder)
    return Project(here)
