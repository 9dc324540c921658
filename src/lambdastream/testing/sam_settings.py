"""What tests take from a project's samconfig file: how to build, and the template's parameters. Never where to deploy."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import yaml

from lambdastream.control.sam_config import ENVIRONMENT, NAMES
from lambdastream.errors import SetupError

BUILD: Final = {
    *("base_dir", "beta_features", "build_image", "build_in_source", "cached", "container_env_var", "docker_network"),
    *("exclude", "manifest", "mount_with", "parallel", "parameter_overrides", "skip_pull_image", "use_container"),
}
DEPLOY: Final = {"parameter_overrides", "tags"}


def write_settings(project: Path, folder: Path) -> Path:
    """Write a samconfig file into a folder with what is kept of the project's; returns its path.

    Raises ``SetupError`` for a file of the project's that cannot be read.
    """
    content = _read(project)
    sections = {"build": _kept(content, "build", BUILD), "deploy": _kept(content, "deploy", DEPLOY)}
    told = {"version": 0.1, ENVIRONMENT: {name: {"parameters": kept} for name, kept in sections.items() if kept}}
    path = folder / "samconfig.yaml"
    # JSON is YAML.
    path.write_text(json.dumps(told, indent=2), encoding="utf-8")
    return path


def _kept(content: Any, section: str, names: set[str]) -> dict[str, Any]:
    """The parameters of a section, over those of ``global``, that are among ``names``."""
    given = {**_parameters(content, "global"), **_parameters(content, section)}
    return {name: value for name, value in given.items() if name in names}


def _parameters(content: Any, section: str) -> dict[str, Any]:
    for key in (ENVIRONMENT, section, "parameters"):
        content = content.get(key) if isinstance(content, dict) else None
    return content if isinstance(content, dict) else {}


def _read(project: Path) -> Any:
    path = next((project / name for name in NAMES if (project / name).is_file()), None)
    if path is None:
        return {}
    parse: Callable[[str], Any] = tomllib.loads if path.suffix == ".toml" else yaml.safe_load
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SetupError(f"{path} cannot be read: {error}", next_step="Mend it: sam reads it, too.") from error
