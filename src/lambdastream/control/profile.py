"""The AWS profile ``local``: a config file and a credentials file of the project's own, which point AWS tools here.

Nothing reads or writes the user's own AWS files. What else would win over the profile is unset (botocore's order:
exported keys and endpoints come before a profile; AWS SDKs and Tools reference guide, "Credential provider chain").
"""

from __future__ import annotations

import configparser
import os
import shlex
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from lambdastream.control.project import STATE, Project
from lambdastream.doors.authentication import Keys
from lambdastream.errors import LocalAwsError, UsageError

NAME: Final = "local"
REGION: Final = "us-east-1"
USE_LOCAL: Final = 'eval "$(lambdastream env)"'
ENDPOINT: Final = "AWS_ENDPOINT_URL"
CONFIG: Final = Path("aws", "config")
OURS: Final = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "SAM_CLI_POLL_DELAY")
# Services' endpoints stand here so that a shell that was not asked is served, too; `winners` adds those that it has.
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
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


class Profile:
    """The files of a project's profile."""

    def __init__(self, project: Project) -> None:
        self.config = project.state / CONFIG
        self._folder = self.config.parent
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
        """The environment variables that select the profile. Telemetry is off, and SAM asks for news twice a second."""
        return {
            "AWS_CONFIG_FILE": str(self.config),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.credentials),
            "AWS_PROFILE": NAME,
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.5",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "true",
        }

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """The environment of a program that is to use the profile, whatever it would inherit."""
        return without(inherited, winners(inherited)) | self.variables()

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


def winners(inherited: Mapping[str, str]) -> tuple[str, ...]:
    """The variables that would win over a profile, with every service's endpoint among those that are there."""
    endpoints = sorted(name for name in inherited if name.startswith(f"{ENDPOINT}_"))
    return tuple(dict.fromkeys((*WINS_OVER_A_PROFILE, *endpoints)))


def without(inherited: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """The variables but these."""
    return {name: value for name, value in inherited.items() if name not in names}


def project_of_config(environ: Mapping[str, str]) -> Project | None:
    """The project whose local AWS wrote the config file that these variables name; ``None`` for any other file."""
    path = Path(environ.get("AWS_CONFIG_FILE", ""))
    if path.is_absolute() and path.parts[-3:] == (STATE, *CONFIG.parts):
        return Project(path.parents[2])
    return None


def shell_lines(profile: Profile, inherited: Mapping[str, str] = os.environ) -> list[str]:
    """What a shell evaluates to use the local AWS: ``eval "$(lambdastream env)"``. ``inherited`` are its variables."""
    unset = f"unset {' '.join(winners(inherited))}"
    return [unset, *(f"export {name}={shlex.quote(value)}" for name, value in profile.variables().items())]


def shell_lines_for_aws(profile: str, inherited: Mapping[str, str] = os.environ) -> list[str]:
    """What a shell evaluates to use a profile of the user's own again. Raises ``UsageError`` for the local one."""
    _refuse_local(profile)
    return [f"unset {' '.join((*OURS, *winners(inherited)))}", f"export AWS_PROFILE={shlex.quote(profile)}"]


def environment_for_aws(profile: str, inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment of a shell that has evaluated ``shell_lines_for_aws``. Raises ``UsageError`` as that does."""
    _refuse_local(profile)
    return without(inherited, (*OURS, *winners(inherited))) | {"AWS_PROFILE": profile}


def _refuse_local(profile: str) -> None:
    if profile == NAME:
        raise UsageError(
            f"{NAME} is the name of the local profile.", next_step="Name a profile of your AWS account: env --aws NAME"
        )
