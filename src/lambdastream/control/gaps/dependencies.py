"""The order in which a stack's resources are created: what a resource refers to comes before it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from moto.cloudformation.exceptions import ValidationError

VARIABLE: Final = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[^}]*)?\}")


def creation_order(resources: Mapping[str, Any]) -> list[str]:
    """The resources' names in the order of creation. Raises CloudFormation's ``ValidationError`` for a circle."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name, resource in resources.items():
        sorter.add(name, *sorted({other for other in references(resource) if other in resources and other != name}))
    try:
        return list(sorter.static_order())
    except CycleError as error:
        circle = ", ".join(sorted(set(error.args[1])))
        raise ValidationError(message=f"Circular dependency between resources: [{circle}]") from error


def check_references(template: Mapping[str, Any]) -> None:
    """Raises CloudFormation's ``ValidationError`` for a resource that refers to what the template does not declare."""
    resources = template["Resources"]
    declared = {*resources, *(template.get("Parameters") or {})}
    used = {name for name in references(resources) if not name.startswith("AWS::")}
    if missing := sorted(used - declared):
        raise ValidationError(
            message=f"Template format error: Unresolved resource dependencies [{', '.join(missing)}] in the Resources "
            "block of the template"
        )


def references(value: Any) -> Iterator[str]:
    """The names that a part of a template refers to."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _named(key, inner)
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def _named(key: str, inner: Any) -> Iterator[str]:
    match key, inner:
        case "Ref", str():
            yield inner
        case "Fn::GetAtt", [str() as name, *_]:
            yield name
        case "Fn::GetAtt", str():
            yield inner.partition(".")[0]
        case "Fn::Sub", str():
            yield from VARIABLE.findall(inner)
        case "Fn::Sub", [str() as text, dict() as own]:
            yield from (variable for variable in VARIABLE.findall(text) if variable not in own)
        case "DependsOn", str():
            yield inner
        case "DependsOn", list():
            yield from inner
