"""A stack's parameters as they were given: an update may keep them, and some name an entry of the Parameter Store.

moto keeps what they stand for in their place: when an update keeps a parameter, it looks for an entry of the name that the
value is, or takes a list for text. Of an entry that is not there it makes an error of its own. The cdk has both: its
stacks have a parameter for the version of what ``cdk bootstrap`` made, and its updates keep it.
Sources: CloudFormation user guide, "CloudFormation-supplied parameter types"; API reference, "Parameter".
"""

from __future__ import annotations

from typing import Any, Final

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.cloudformation.parsing import ResourceMap

from lambdastream.control.gaps.patching import wraps

STORED: Final = "AWS::SSM::Parameter::"


class GivenParameters(dict[str, str]):
    """The values of parameters by their names. Asked for another one, it raises CloudFormation's ``ValidationError``."""

    def __missing__(self, name: str) -> str:
        raise ValidationError(
            message=f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for a parameter key "
            "not in the previous template"
        )


def given_parameters(stack: Stack) -> GivenParameters:
    """The values that a stack was deployed with, its template's own among them. Those of numbers are texts, too."""
    resources = stack.resource_map
    declared = resources._template.get("Parameters") or {}  # noqa: SLF001 - it has no other name
    defaults = {name: parameter.get("Default") for name, parameter in declared.items()}
    given = {**defaults, **resources.input_parameters}
    return GivenParameters({name: _text(given[name]) for name in resources.resolved_parameters if name in given})


def parameter_list(stack: Stack) -> list[dict[str, Any]]:
    """What DescribeStacks says of a stack's parameters."""
    resources = stack.resource_map
    hidden = getattr(resources, "no_echo_parameter_keys", [])
    declared = resources._template.get("Parameters") or {}  # noqa: SLF001
    told = []
    for name, value in given_parameters(stack).items():
        one = {"ParameterKey": name, "ParameterValue": "****" if name in hidden else value}
        if str(declared[name].get("Type")).startswith(STORED):
            one["ResolvedValue"] = _text(resources.resolved_parameters[name])
        told.append(one)
    return told


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


@wraps(ResourceMap, "parse_ssm_parameter")
def _parse_ssm_parameter(original: Any, self: ResourceMap, value: str, value_type: str) -> Any:
    try:
        return original(self, value, value_type)
    except AttributeError as error:
        raise ValidationError(
            message=f"Unable to fetch parameters [{value}] from parameter store for this account."
        ) from error


@wraps(CloudFormationBackend, "_resolve_update_parameters")
def _resolve_update_parameters(
    original: Any, self: CloudFormationBackend, instance: Any, incoming_params: list[dict[str, Any]]
) -> dict[str, str]:
    if not isinstance(instance, Stack):
        resolved: dict[str, str] = original(self, instance, incoming_params)
        return resolved
    before = given_parameters(instance)
    return {
        it["ParameterKey"]: before[it["ParameterKey"]] if it.get("UsePreviousValue") else it["ParameterValue"]
        for it in incoming_params
    }


Stack.stack_parameters = property(given_parameters)  # type: ignore[method-assign, assignment]
Stack.parameter_list = property(parameter_list)  # type: ignore[method-assign, assignment]
