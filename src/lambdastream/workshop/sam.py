"""Runs ``sam`` for the lab, unmodified, with the project's local profile."""

from __future__ import annotations

import os
from collections.abc import Mapping

from lambdastream.control.profile import Profile
from lambdastream.control.project import Project
from lambdastream.control.sam_command import run_sam
from lambdastream.workshop.samconfig import machine_parameters


def sam(project: Project, command: str, *options: str, environment: Mapping[str, str] | None = None) -> None:
    """Run ``sam build`` or ``sam deploy`` in the project's folder, for the interpreter and the processor of this machine.

    It goes to the project's local AWS, or where ``environment`` points. What it prints is seen when it fails:
    ``SetupError`` has the end of it.
    """
    parameters = " ".join(f"{name}={value}" for name, value in machine_parameters().items())
    variables = environment or Profile(project).environment(os.environ)
    again = "Mend that, then try again: make lab"
    chosen = ("--parameter-overrides", parameters, *options)
    run_sam(project.root, command, *chosen, environment=variables, next_step=again)
