"""Exports that other stacks import: they are neither changed nor deleted.

moto lets them go, and the importing stack goes on with a value that is not there any more.
Source: CloudFormation user guide, "Get exported outputs from a deployed CloudFormation stack".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.cloudformation.parsing import clean_json

from lambdastream.control.gaps.stack_plan import applied, holds


def check_deletion(backend: CloudFormationBackend, names: Iterable[str]) -> None:
    """Raises CloudFormation's ``ValidationError`` for the first of these exports that a stack imports."""
    _check(backend, names, "deleted")


def check_exports(backend: CloudFormationBackend, stack: Stack, values: Mapping[str, str]) -> None:
    """Check the exports that a stack is to have, their values by their names, against those that others import.

    Raises CloudFormation's ``ValidationError`` for one that would go or have another value.
    """
    before = {name: it.value for name, it in backend.exports.items() if it.exporting_stack_id == stack.stack_id}
    check_deletion(backend, [name for name in before if name not in values])
    _check(backend, [name for name, value in before.items() if values.get(name, value) != value], "updated")


def _check(backend: CloudFormationBackend, names: Iterable[str], what: str) -> None:
    for name in names:
        users = sorted(stack.name for stack in backend.stacks.values() if name in imported(stack))
        if users:
            *others, last = users
            told = f"{', '.join(others)} and {last}" if others else last
            raise ValidationError(message=f"Export {name} cannot be {what} as it is in use by {told}")


def imported(stack: Stack) -> set[str]:
    """The names of the exports that a stack imports, as it was last deployed."""
    template = stack.template_dict
    resources = [template["Resources"][name] for name in applied(stack) if name in template.get("Resources", {})]
    outputs = [it for it in (template.get("Outputs") or {}).values() if holds(stack.resource_map, it)]
    return {clean_json(name, stack.resource_map) for name in _import_values([resources, outputs])}


def _import_values(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        if set(value) == {"Fn::ImportValue"}:
            yield value["Fn::ImportValue"]
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _import_values(each)
