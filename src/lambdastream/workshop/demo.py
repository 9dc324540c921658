"""The demo stack: the project's own template, built and deployed with ``sam``. The lab's race runs on it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

from lambdastream.client import record
from lambdastream.control.profile import REGION, Profile
from lambdastream.control.project import Project, Running
from lambdastream.errors import SetupError
from lambdastream.workshop.sam import sam
from lambdastream.workshop.workspace import find_course

if TYPE_CHECKING:
    from collections.abc import Mapping

STACK: Final = "streaming-chat"
RACE_PATH: Final = "stream/chat?query=Why%20does%20it%20stream%3F"


def build(project: Project) -> None:
    """Build the template's functions. Raises ``SetupError``."""
    if not (project.root / "template.yaml").is_file():
        raise SetupError(
            f"There is no template.yaml in {project.root}.",
            next_step="Run it in the folder of the project with the lab.",
        )
    _build(project)


def _build(project: Project, environment: Mapping[str, str] | None = None) -> None:
    # The stack is without the agent, whose packages take longer than all the rest.
    sam(project, "build", "--exclude", "Agent", environment=environment)


def deploy(project: Project, running: Running) -> dict[str, str]:
    """Deploy what is built to the local AWS; returns the stack's outputs. Raises ``SetupError``."""
    sam(project, "deploy", "--stack-name", STACK)
    return outputs(project, running)


def ready() -> dict[str, str]:
    """The outputs of the demo stack, for a notebook: it is built and deployed first where the profile's AWS lacks it.

    Raises ``SetupError``.
    """
    import boto3  # noqa: PLC0415 - it takes a moment
    from botocore.exceptions import ClientError  # noqa: PLC0415

    client = boto3.client("cloudformation")
    try:
        return _outputs(client)
    except (ClientError, LookupError):
        # Not there, or not to its end.
        project = find_course(Path.cwd())
        _build(project, os.environ)
        sam(project, "deploy", "--stack-name", STACK, environment=os.environ)
        found = _outputs(client)
        for url in lanes(found).values():
            # So that the race is between warm functions, as in the lab.
            record("GET", urljoin(url, "/"))
        return found


def outputs(project: Project, running: Running) -> dict[str, str]:
    """The outputs of the demo stack on a local AWS that runs."""
    import boto3  # noqa: PLC0415 - it takes a moment, while sam starts

    keys = Profile(project).keys()
    client = boto3.client(
        "cloudformation",
        endpoint_url=running.endpoint,
        region_name=REGION,
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
    )
    return _outputs(client)


def _outputs(client: Any) -> dict[str, str]:
    (stack,) = client.describe_stacks(StackName=STACK)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def lanes(found: Mapping[str, str]) -> dict[str, str]:
    """The race's two URLs, by lane, from the stack's outputs."""
    urls = {"Mangum": found["ChatMangumUrl"], "LWA": found["ChatLwaUrl"]}
    return {lane: urljoin(url, RACE_PATH) for lane, url in urls.items()}


def function_name(found: Mapping[str, str], lane: str) -> str:
    """The name of the function behind a lane."""
    return found[f"Chat{lane.title()}Arn"].rpartition(":")[2]
