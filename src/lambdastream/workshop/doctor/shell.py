"""What a shell's variables select, before anything is looked at more closely.

In local mode, which ``lambdastream env`` makes, nothing here reads the user's own AWS files. Otherwise the names of their
profiles are read, and nothing but the names.
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lambdastream.control.profile import Profile, project_of_config
from lambdastream.control.project import STATE, Project

CONFIG_FILE: Final = "AWS_CONFIG_FILE"
CREDENTIALS_FILE: Final = "AWS_SHARED_CREDENTIALS_FILE"
PREFIX: Final = "profile "


@dataclass(frozen=True, slots=True)
class Shell:
    """A shell with these variables in a folder of a project. The variables are all that it is judged by."""

    environ: Mapping[str, str]
    project: Project

    @property
    def profile(self) -> str:
        """The profile that is asked for, else an empty string. boto3 takes AWS_DEFAULT_PROFILE first."""
        return self.value("AWS_DEFAULT_PROFILE") or self.value("AWS_PROFILE")

    @property
    def is_local(self) -> bool:
        """Whether it is in local mode: the config file is one that a local AWS wrote, this project's or another's."""
        return project_of_config(self.environ) is not None

    @property
    def has_local_credentials(self) -> bool:
        """Whether the credentials file is one that a local AWS wrote."""
        return Path(self.value(CREDENTIALS_FILE)).parts[-3:] == (STATE, "aws", "credentials")

    @property
    def own(self) -> Profile:
        """The files of this project's local profile."""
        return Profile(self.project)

    def value(self, name: str) -> str:
        """A variable's value; empty when it is not set."""
        return self.environ.get(name, "")

    def file(self, variable: str) -> Path:
        """The file that AWS tools read: the named one, else the one in the user's home."""
        default = {CONFIG_FILE: "~/.aws/config", CREDENTIALS_FILE: "~/.aws/credentials"}[variable]
        return self.expand(self.value(variable) or default)

    def expand(self, path: str) -> Path:
        """A path, from the home that this shell has."""
        home = self.value("HOME")
        return Path(home, path[2:]) if home and path.startswith("~/") else Path(path).expanduser()

    def profiles(self) -> frozenset[str]:
        """The names of the profiles that AWS tools find, where they look now."""
        return names_in(self.file(CONFIG_FILE)) | names_in(self.file(CREDENTIALS_FILE), prefix="")

    def home_profiles(self) -> frozenset[str]:
        """The names of the profiles in the user's home, wherever AWS tools look."""
        return names_in(self.expand("~/.aws/config")) | names_in(self.expand("~/.aws/credentials"), prefix="")


def names_in(path: Path, prefix: str = PREFIX) -> frozenset[str]:
    """The names of the profiles in a file; none when it is not there or cannot be read."""
    parser = configparser.RawConfigParser(strict=False, default_section="", allow_no_value=True)
    try:
        parser.read(path, encoding="utf-8")
    except (OSError, UnicodeDecodeError, configparser.Error):
        return frozenset()
    names = (section.strip() for section in parser.sections())
    return frozenset(
        name.removeprefix(prefix).strip() for name in names if name == "default" or name.startswith(prefix)
    )
