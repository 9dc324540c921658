"""A notebook's workspace: a folder with the app as far as it is built, and a stack, both of its own.

The first cell of a notebook opens it; see ``open_workspace``.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lambdastream.control.project import Project
from lambdastream.errors import UsageError
from lambdastream.workshop import samconfig, target
from lambdastream.workshop.steps import Files, checkpoint, known_contents

STACK_SUFFIX: Final = "LAMBDASTREAM_STACK_SUFFIX"
"""The environment variable that tells one reader's stacks from another's, when they share an account."""

SET_ASIDE: Final = "set-aside"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A notebook's folder, and the name of its stack."""

    folder: Path
    stack: str

    def outputs(self) -> dict[str, str]:
        """The outputs of the notebook's stack: URLs and ARNs by their names in the template."""
        import boto3  # noqa: PLC0415 - it takes a moment, and some notebooks deploy nothing

        stack = boto3.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def open_workspace(number: str, *, start: Path | None = None) -> Workspace:
    """Bring the notebook ``number`` to where it begins: its folder, which becomes the current one, its checkpoint, its AWS.

    The files that earlier notebooks build are written to ``workspace/NUMBER``. A file there that the reader has changed is
    set aside first, in ``workspace/set-aside``. Deployments go to the local AWS, which is started if it does not run, or
    else to AWS: see ``target.choose``. ``start`` is a folder of the project, by default the current one.

    Raises ``UsageError`` outside the project, ``NotebookError`` for a notebook that cannot be read, and what starting the
    local AWS raises.
    """
    project = find_course(start or Path.cwd())
    folder = project.root / "workspace" / number
    (folder / "app" / "chat").mkdir(parents=True, exist_ok=True)
    notebooks = project.root / "notebooks"
    files = checkpoint(notebooks, folder, number)
    aside = set_edits_aside(folder, files, known_contents(notebooks, folder))
    write(files, folder)
    destination = target.choose(project)
    suffix = os.environ.get(STACK_SUFFIX, "")
    workspace = Workspace(folder, f"lesson-{number}{suffix and '-'}{suffix}")
    samconfig.write(folder, workspace.stack)
    os.chdir(folder)
    _tell(project, workspace, files, aside)
    from IPython.display import display  # noqa: PLC0415 - the command line does without

    display(destination)  # type: ignore[no-untyped-call]
    return workspace


def find_course(start: Path) -> Project:
    """The project with the course's notebooks that a folder is in. Raises ``UsageError`` when it is in none."""
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / "notebooks").is_dir() and (folder / "pyproject.toml").is_file():
            return Project(folder)
    raise UsageError(
        "This folder is not in the project with the notebooks.",
        next_step="Open the notebook where it is, in the project's folder notebooks.",
    )


def set_edits_aside(folder: Path, files: Files, known: dict[str, set[bytes]]) -> list[Path]:
    """Clear the way for a checkpoint; returns where the files are now that the reader had changed.

    What the steps write anyway is removed; other files of the reader's are not touched.
    """
    moved = []
    for name, contents in known.items():
        path = folder / name
        if not path.is_file():
            continue
        content = path.read_bytes()
        if content not in contents:
            aside = folder.parent / SET_ASIDE / f"{folder.name}-{time.strftime('%Y%m%d-%H%M%S')}" / name
            aside.parent.mkdir(parents=True, exist_ok=True)
            moved.append(path.rename(aside))
        elif name not in files:
            path.unlink()
    return moved


def write(files: Files, folder: Path) -> None:
    """Write files into a folder."""
    for name, file in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        path.chmod(file.mode)


def _tell(project: Project, workspace: Workspace, files: Files, aside: list[Path]) -> None:
    print(f"You work in {workspace.folder.relative_to(project.root)}. Your stack is {workspace.stack}.")
    if files:
        print(f"Built so far: {', '.join(sorted(files))}")
    for path in aside:
        print(f"You had changed a file. Your version is now {path.relative_to(project.root)}")
