"""The profile and the region that a project's samconfig file asks for: ``sam`` prefers them to the environment's.

Source: AWS SAM developer guide, "AWS SAM CLI configuration file": a command's parameters come before ``global`` ones, and
``samconfig.toml`` before ``samconfig.yaml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

NAMES: Final = ("samconfig.toml", "samconfig.yaml", "samconfig.yml")
ENVIRONMENT: Final = "default"
SECTIONS: Final = ("deploy", "global")


@dataclass(frozen=True, slots=True)
class SamConfig:
    """What a deploy takes from ``path``. ``profile`` and ``region`` are empty when the file leaves them open."""

    path: Path
    profile: str = ""
    region: str = ""


def read_sam_config(folder: Path) -> SamConfig | None:
    """What ``sam deploy`` in a folder takes from its samconfig file; ``None`` without one that can be read."""
    path = next((folder / name for name in NAMES if (folder / name).is_file()), None)
    if path is None:
        return None
    parse: Callable[[str], Any] = tomllib.loads if path.suffix == ".toml" else yaml.safe_load
    try:
        parameters = list(_parameters(parse(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, yaml.YAMLError):
        return None
    return SamConfig(path, _first(parameters, "profile"), _first(parameters, "region"))


def _parameters(content: Any) -> Iterator[dict[str, Any]]:
    """The parameters that count, the strongest first."""
    for section in SECTIONS:
        found = content
        for key in (ENVIRONMENT, section, "parameters"):
            found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, dict):
            yield found


def _first(parameters: list[dict[str, Any]], name: str) -> str:
    return next((str(each[name]) for each in parameters if each.get(name)), "")
