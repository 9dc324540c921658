"""What the local AWS keeps of a project over a restart, and dropping it."""

from __future__ import annotations

import shutil
from typing import Final

from lambdastream.control.project import Project
from lambdastream.errors import LocalAwsError

PORTS: Final = "ports.json"
SNAPSHOT: Final = "control_plane"
IMAGES: Final = "images"
FOLDERS: Final = (SNAPSHOT, IMAGES, "functions", "layers", "logs")


def forget(project: Project) -> None:
    """Drop everything that was deployed, with its code, its ports and its logs. The project's keys stay.

    Raises ``LocalAwsError`` when something cannot be removed.
    """
    try:
        (project.state / PORTS).unlink(missing_ok=True)
        for name in FOLDERS:
            if (project.state / name).exists():
                shutil.rmtree(project.state / name)
    except OSError as error:
        raise LocalAwsError(
            f"{error.filename} cannot be removed: {error.strerror}.", next_step="Remove it, then start again."
        ) from error
