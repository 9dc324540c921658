"""boto3 for the local AWS of a project, without the user's files."""

from __future__ import annotations

import os
from typing import Any, Final

import boto3
import botocore.session
from botocore.config import Config

from lambdastream.control.profile import REGION, Profile
from lambdastream.control.project import Project

SERVICES: Final = ("cloudformation", "iam", "lambda", "s3")
SETTINGS: Final = Config(
    retries={"total_max_attempts": 1}, read_timeout=60, proxies={}, s3={"addressing_style": "path"}
)


def session(*, warm: bool = False) -> Any:
    """A session. A warm one has read its descriptions of the services: for who measures what comes after that."""
    core = botocore.session.get_session()
    for name, value in (("config_file", os.devnull), ("credentials_file", os.devnull), ("profile", None)):
        core.set_config_variable(name, value)
    made = boto3.Session(botocore_session=core)
    factory: Any = made.client
    for service in SERVICES if warm else ():
        factory(service, REGION, aws_access_key_id="unused", aws_secret_access_key="unused").close()  # noqa: S106 - no key
    return made


def client(session: Any, project: Project, service: str) -> Any:
    """The client of a service of the project's local AWS, which runs. Raises ``NotRunningError``."""
    keys = Profile(project).keys()
    return session.client(
        service,
        endpoint_url=project.running().endpoint,
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        region_name=REGION,
        config=SETTINGS,
    )
