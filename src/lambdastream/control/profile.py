"""The AWS profile ``local``: a config file and a credentials file of the project's own, which point AWS tools here.

Nothing reads or writes the user's own AWS files. What else would win over the profile is unset (botocore's order:
exported keys and endpoints come before a profile; AWS SDKs and Tools reference guide, "Credential provider chain").
"""

from __future__ import annotations

import configparser
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from lambdastream.control.project import Project
from lambdastream.doors.authentication import Keys
from lambdastream.errors import LocalAwsError, UsageError

NAME: Final = "local"
REGION: Final = "us-east-1"
WINS_OVER_A_PROFILE: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_DEFAULT_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_LAMBDA",
    "AWS_ENDPOINT_URL_CLOUDFORMATION",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_IAM",
    "AWS_ENDPOINT_URL_LOGS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


class Profile:
    """The files of a project's profile."""

    def __init__(self, project: Project) -> None:
        self._folder = project.state / "aws"
        self.config = self._folder / "config"
        self.credentials = self._folder / "credentials"

    def keys(self) -> Keys:
        """The project's keys, made at random the first time, for this user's eyes alone.

        Raises ``LocalAwsError`` for a file that says nothing sensible, or cannot be written.
        """
        parser = configparser.ConfigParser(interpolation=None)
        try:
            if parser.read(self.credentials, encoding="utf-8"):
                return Keys(parser[NAME]["aws_access_key_id"], parser[NAME]["aws_secret_access_key"])
        except (configparser.Error, KeyError, UnicodeDecodeError) as error:
            raise LocalAwsError(
                f"The file {self.credentials} holds no keys of the profile {NAME}.",
                next_step="Remove it: the next start makes new keys. Then start again: lambdastream up",
            ) from error
        keys = Keys.at_random()
        parser[NAME] = {
            "aws_access_key_id": keys.access_key_id,
            "aws_secret_access_key": keys.secret_access_key,
        }
        self._write(self.credentials, parser)
        return keys

    def point_at(self, endpoint: str) -> None:
        """Write the config file: the profile's region and the endpoint's address. Raises ``LocalAwsError``."""
        parser = configparser.ConfigParser(interpolation=None)
        parser[f"profile {NAME}"] = {
            "region": REGION,
            "output": "json",
            "endpoint_url": endpoint,
            "s3": "\nsignature_version = s3v4\naddressing_style = path",
        }
        self._write(self.config, parser)

    def variables(self) -> dict[str, str]:
        """The environment variables that select the profile. Telemetry is off, and SAM asks for news each second."""
        return {
            "AWS_CONFIG_FILE": str(self.config),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.credentials),
            "AWS_PROFILE": NAME,
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "1",
        }

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """The environment of a program that is to use the profile, whatever it would inherit."""
        kept = {name: value for name, value in inherited.items() if name not in WINS_OVER_A_PROFILE}
        return kept | self.variables()

    def _write(self, path: Path, parser: configparser.ConfigParser) -> None:
        temporary = path.with_suffix(".new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                parser.write(file)
            temporary.replace(path)
        except OSError as error:
            raise LocalAwsError(
                f"The file {path} cannot be written: {error.strerror}.",
                next_step="The profile of the local AWS is kept there: make way for it, then start again: lambdastream up",
            ) from error


def shell_lines(profile: Profile) -> list[str]:
    """What a shell evaluates to use the local AWS: ``eval "$(lambdastream env)"``."""
    unset = f"unset {' '.join(WINS_OVER_A_PROFILE)}"
    return [unset, *(f"export {name}={shlex.quote(value)}" for name, value in profile.variables().items())]


def shell_lines_for_aws(profile: str) -> list[str]:
    """What a shell evaluates to use a profile of the user's own again. Raises ``UsageError`` for the local one."""
    if profile == NAME:
        raise UsageError(
            f"{NAME} is the name of the local profile.", next_step="Name a profile of your AWS account: env --aws NAME"
        )
    names = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "SAM_CLI_POLL_DELAY")
    return [f"unset {' '.join((*names, *WINS_OVER_A_PROFILE))}", f"export AWS_PROFILE={shlex.quote(profile)}"]
