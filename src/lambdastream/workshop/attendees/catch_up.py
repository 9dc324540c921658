"""Brings a late-comer to where a notebook begins: its files in their workspace, and their stack.

The steps of the notebooks before it are replayed, as when the notebook is opened (``workspace``). What the attendee has
changed is set aside. Then it is built and deployed as it is now.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from lambdastream.control.project import Project
from lambdastream.errors import UsageError, WorkshopError
from lambdastream.workshop import samconfig
from lambdastream.workshop.attendees.account import Account
from lambdastream.workshop.attendees.caps import Settings
from lambdastream.workshop.attendees.deployment import Deployment
from lambdastream.workshop.attendees.names import stack_name
from lambdastream.workshop.attendees.packaging import TEMPLATE, folder, package
from lambdastream.workshop.attendees.stacks import all_stacks
from lambdastream.workshop.attendees.tags import StackTags
from lambdastream.workshop.steps import checkpoint, known_contents
from lambdastream.workshop.workspace import set_edits_aside, write

NUMBER: Final = re.compile(r"\d\d")


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """Where an attendee is now. ``stack`` is empty when there was nothing to deploy yet."""

    attendee: str
    notebook: str
    folder: Path
    files: tuple[str, ...]
    set_aside: tuple[Path, ...]
    stack: str
    outputs: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "attendee": self.attendee,
            "notebook": self.notebook,
            "folder": str(self.folder),
            "files": list(self.files),
            "set_aside": [str(path) for path in self.set_aside],
            "stack": self.stack,
            "outputs": self.outputs,
        }

    def __str__(self) -> str:
        lines = [f"{self.attendee} is where notebook {self.notebook} begins, in {self.folder}."]
        lines += [f"Built so far: {', '.join(self.files)}"] if self.files else ["Nothing is built before it."]
        lines += [f"A file had been changed. That version is now {path}" for path in self.set_aside]
        if not self.stack:
            lines.append("There is nothing to deploy yet: the template comes later in the course.")
        elif self.outputs:
            urls = [f"  {name}: {value}" for name, value in self.outputs.items() if value.startswith("http")]
            lines += [f"The stack {self.stack} has that, and nothing else:", *urls]
        return "\n".join(lines)

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class CatchUp:
    """A late-comer on the way. ``project`` is the course's, or the attendee's own copy of it."""

    project: Project
    account: Account
    workshop: str
    settings: Settings
    expires: datetime

    def bring(self, attendee: str, notebook: str, *, say: Callable[[str], None]) -> CaughtUp:
        """Bring an attendee to where the notebook begins. ``say`` is told what takes time.

        Raises ``UsageError`` for a notebook that is not there, ``SetupError`` with what ``sam`` says, and ``WorkshopError``
        when the stack cannot be deployed.
        """
        check_notebook(self.project, notebook)
        place = self.project.root / "workspace" / f"{notebook}-{attendee}"
        (place / "app" / "chat").mkdir(parents=True, exist_ok=True)
        notebooks = self.project.root / "notebooks"
        files = checkpoint(notebooks, place, notebook)
        aside = set_edits_aside(place, files, known_contents(notebooks, place))
        write(files, place)
        stack, outputs = stack_name(self.workshop, attendee), {}
        self._write_samconfig(place, stack, attendee)
        if TEMPLATE in files:
            outputs = self._deploy(place, attendee, say)
        return CaughtUp(
            attendee, notebook, place, tuple(sorted(files)), tuple(aside), stack if outputs else "", outputs
        )

    def _write_samconfig(self, place: Path, stack: str, attendee: str) -> None:
        """What the attendee deploys there later goes to the same stack, keeps its tags and lies with the packages."""
        tags = StackTags(self.workshop, attendee, self.expires).values()
        words = " ".join(f"{key}={value}" for key, value in tags.items())
        deploy = {"tags": words, "s3_prefix": f"{folder(self.workshop)}/{stack}"}
        samconfig.write(place, stack, parameters=self.settings.parameters(), deploy=deploy)

    def _deploy(self, place: Path, attendee: str, say: Callable[[str], None]) -> dict[str, str]:
        packaged = package(Project(place), self.workshop, self.account, say=say)
        say(f"deploying {stack_name(self.workshop, attendee)}")
        deployment = Deployment(self.account, self.workshop, packaged, self.settings, self.expires, update=True)
        (outcome,) = deployment.run([attendee])
        if not outcome.is_fine:
            raise WorkshopError(f"The stack {outcome.stack} fails: {outcome.reason}", next_step=outcome.next_step)
        found = all_stacks(self.account.cloudformation)[outcome.stack]
        return dict(found.outputs) if found else {}


def check_notebook(project: Project, number: str) -> None:
    """Raise ``UsageError`` when the course has no such notebook."""
    known = sorted(path.name[:2] for path in (project.root / "notebooks").glob("[0-9][0-9]-*.ipynb"))
    if not NUMBER.fullmatch(number) or number not in known:
        there = (
            f"There are: {', '.join(known)}." if known else "Run it in the folder of the project with the notebooks."
        )
        raise UsageError(f"There is no notebook {number}.", next_step=there)
