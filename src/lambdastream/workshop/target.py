"""Where a notebook's deployments go: the local AWS, or a profile of the reader's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from lambdastream.control import Destination, destination, supervisor
from lambdastream.control.profile import Profile, environment_for_aws, project_of_config
from lambdastream.control.project import Project
from lambdastream.errors import LocalAwsError

AWS_PROFILE: Final = "LAMBDASTREAM_AWS_PROFILE"
"""The environment variable that sends the notebooks to AWS: it names a profile of the reader's own."""

FILES: Final = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")


def choose(project: Project, port: int = supervisor.DEFAULT_PORT) -> Destination:
    """Point this process, and what it starts, at its AWS; returns which it is.

    It is AWS when ``LAMBDASTREAM_AWS_PROFILE`` names a profile. Else it is the project's local AWS, which is started if it
    does not run; ``port`` is then its endpoint's. Raises ``LocalAwsError`` when it does not start.
    """
    _find_programs()
    if profile := os.environ.get(AWS_PROFILE):
        _use_aws(profile)
    else:
        _start(project, port)
        _replace_environment(Profile(project).environment(os.environ))
    if "boto3" in sys.modules:
        # Its default session has read the environment as it was.
        sys.modules["boto3"].__dict__["DEFAULT_SESSION"] = None
    return destination()


def _start(project: Project, port: int) -> None:
    """Start the local AWS, by the command: it then is no child of this kernel, and stays when the kernel ends."""
    command = ["lambdastream", "up", "--detach", "--port", str(port)]
    if not project.is_locked():
        done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LocalAwsError(done.stderr.strip(), next_step="See what is wrong: lambdastream doctor")


def _use_aws(profile: str) -> None:
    # The files of a local AWS are dropped; files of the reader's own, at a place of their own, are not.
    own = {} if project_of_config(os.environ) else {name: os.environ[name] for name in FILES if name in os.environ}
    _replace_environment(environment_for_aws(profile, os.environ) | own)


def _replace_environment(environment: dict[str, str]) -> None:
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)


def _find_programs() -> None:
    """Let cells find the environment's programs (``sam``, ``lambdastream``), also when nobody has activated it."""
    programs = str(Path(sys.executable).parent)
    if programs not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"
