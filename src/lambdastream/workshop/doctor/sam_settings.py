"""A samconfig file that takes the decision where a deploy goes away from the environment."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from lambdastream.control.profile import NAME, REGION, project_of_config
from lambdastream.control.sam_config import read_sam_config
from lambdastream.workshop.doctor.finding import Finding, warning, wrong

CHECK: Final = "samconfig"


def sam_settings(environ: Mapping[str, str], folders: Iterable[Path]) -> list[Finding]:
    """What the samconfig files in these folders decide themselves."""
    is_local = project_of_config(environ) is not None
    return [finding for folder in folders for finding in _settings(folder, is_local=is_local)]


def _settings(folder: Path, *, is_local: bool) -> Iterator[Finding]:
    config = read_sam_config(folder)
    if config is None:
        return
    level = wrong if is_local else warning
    if config.profile and not (is_local and config.profile == NAME):
        what = f"{config.path} sets the profile {config.profile}: it wins over AWS_PROFILE."
        yield level(CHECK, what, _remove(config.path, "profile"))
    if config.region and not (is_local and config.region == REGION):
        yield warning(
            CHECK,
            f"{config.path} sets the region {config.region}: it wins over the profile's.",
            _remove(config.path, "region"),
        )


def _remove(path: Path, name: str) -> str:
    pattern = rf"/^ *{name} *[=:]/d"
    return f"sed -i '{pattern}' {shlex.quote(str(path))}"
