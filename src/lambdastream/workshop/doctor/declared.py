"""The Python runtimes that a template declares, and the parameters that they come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

FUNCTIONS: Final = ("AWS::Serverless::Function", "AWS::Lambda::Function")
NAMES: Final = ("template.yaml", "template.yml", "template.json")


@dataclass(frozen=True, slots=True)
class Declared:
    """A runtime, ``python3.x``; the parameter whose default it is, if it is one, and the values that one allows."""

    runtime: str
    parameter: str = ""
    allowed: tuple[str, ...] = ()


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # yaml has no types
    """Reads CloudFormation's short tags (``!Ref x``) as their long forms."""


def _short(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short)


def find_templates(*folders: Path) -> list[Path]:
    """The templates that ``sam`` would take in these folders, each once."""
    found = [next((folder / name for name in NAMES if (folder / name).is_file()), None) for folder in folders]
    return list(dict.fromkeys(path.resolve() for path in found if path))


def declared_runtimes(template: Path) -> list[Declared]:
    """The Python runtimes of a template's functions. What cannot be read declares none: its lint says so."""
    try:
        content = yaml.load(template.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    except (OSError, ValueError, yaml.YAMLError):
        return []
    found = [each for value in _values(content) if (each := _declared(value, _dict(content, "Parameters")))]
    return [each for each in dict.fromkeys(found) if each.runtime.startswith("python3.")]


def _values(content: Any) -> Iterator[Any]:
    common = _dict(content, "Globals", "Function").get("Runtime")
    for resource in _dict(content, "Resources").values():
        if _dict(resource) and resource.get("Type") in FUNCTIONS:
            yield _dict(resource, "Properties").get("Runtime", common)


def _declared(value: Any, parameters: dict[str, Any]) -> Declared | None:
    if isinstance(value, str):
        return Declared(value)
    name = _dict(value).get("Ref")
    parameter = _dict(parameters, str(name))
    if not parameter.get("Default"):
        return None
    return Declared(str(parameter["Default"]), str(name), tuple(map(str, parameter.get("AllowedValues") or ())))


def _dict(value: Any, *path: str) -> dict[str, Any]:
    """The mapping at a path of keys; an empty one where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
