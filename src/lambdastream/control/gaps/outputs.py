"""A stack's outputs and exports, as they were when it was last deployed.

moto works them out whenever somebody asks, and makes the resources that they refer to; of a change set's it takes no
note. It also exports what is under a condition that does not hold.
"""

from __future__ import annotations

from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.cloudformation.parsing import Export, clean_json

from lambdastream.control.gaps.execute_api_names import with_local_addresses
from lambdastream.control.gaps.imports import check_exports
from lambdastream.control.gaps.stack_plan import applied, holds

_OUTPUTS = "lambdastream_outputs"
_EXPORTS = "lambdastream_exports"


def set_outputs(backend: CloudFormationBackend, stack: Stack, template: dict[str, Any]) -> None:
    """Work out a stack's outputs and exports. Raises CloudFormation's ``ValidationError``."""
    declared = {
        name: output for name, output in (template.get("Outputs") or {}).items() if holds(stack.resource_map, output)
    }
    outputs = [_output(stack, name, output) for name, output in declared.items()]
    exports = {it["ExportName"]: it["OutputValue"] for it in outputs if it.get("ExportName")}
    for name in exports:
        there = backend.exports.get(name)
        if there is not None and there.exporting_stack_id != stack.stack_id:
            raise ValidationError(message=f"Export with name {name} is already exported by stack {_owner(there)}.")
    check_exports(backend, stack, exports)
    for name in [name for name, export in backend.exports.items() if export.exporting_stack_id == stack.stack_id]:
        del backend.exports[name]
    mine = [Export(stack.stack_id, name, value) for name, value in exports.items()]
    backend.exports.update({export.name: export for export in mine})
    vars(stack).update({_OUTPUTS: outputs, _EXPORTS: mine})


def _output(stack: Stack, name: str, declared: dict[str, Any]) -> dict[str, Any]:
    value = with_local_addresses(clean_json(declared.get("Value"), stack.resource_map))
    if not isinstance(value, str | int | float):
        raise ValidationError(message=f"Template error: the output {name} is not a string.")
    export = clean_json((declared.get("Export") or {}).get("Name"), stack.resource_map)
    return {
        "OutputKey": name,
        "OutputValue": str(value).lower() if isinstance(value, bool) else str(value),
        "Description": declared.get("Description"),
        "ExportName": export,
    }


def _owner(export: Export) -> str:
    return export.exporting_stack_id.split("/")[1]


def _stack_resources(stack: Stack) -> list[Any]:
    there = stack.resource_map._parsed_resources  # noqa: SLF001
    return [there[name] for name in applied(stack) if there.get(name) is not None]


Stack.outputs = property(lambda stack: vars(stack).get(_OUTPUTS) or None)  # type: ignore[method-assign, assignment]
Stack.exports = property(lambda stack: vars(stack).get(_EXPORTS, []))  # type: ignore[method-assign, assignment]
Stack.stack_resources = property(_stack_resources)  # type: ignore[method-assign, assignment]
