"""What a template asks of its parameters: their constraints, and the section ``Rules``.

moto looks at neither, so what AWS refuses before it touches anything is a success. Sources: the CloudFormation user guide,
"Parameters" and "Rules"; its "Rule-specific intrinsic functions". AWS does not document in which words a rule refuses:
those here are our own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import ResourceMap, clean_json

# They ask AWS for what a value names (a VPC, a subnet), of which there is nothing here.
_ASKING: Final = re.compile(r"Fn::(RefAll|ValueOf(All)?)\b")


def check_parameters(template: Mapping[str, Any], resources: ResourceMap) -> None:
    """Raises CloudFormation's ``ValidationError`` for a parameter's value that the template does not allow."""
    for name, declared in (template.get("Parameters") or {}).items():
        # The constraints of a parameter that is looked up are for the name of the entry, not for what it holds.
        if not str(declared.get("Type")).startswith("AWS::SSM::Parameter::"):
            _check_constraints(name, declared, resources.resolved_parameters[name])
    for name, rule in (template.get("Rules") or {}).items():
        _check_rule(name, rule, resources)


def _check_constraints(name: str, declared: Mapping[str, Any], value: Any) -> None:
    for each in value if isinstance(value, list) else [value]:
        for refusal in _refusals(declared, each):
            raise ValidationError(message=f"Parameter '{name}' {declared.get('ConstraintDescription') or refusal}")


def _refusals(declared: Mapping[str, Any], value: Any) -> Iterator[str]:
    text = _text(value)
    if "AllowedValues" in declared and text not in map(_text, declared["AllowedValues"]):
        yield "must be one of AllowedValues"
    if "AllowedPattern" in declared and not _matches(declared["AllowedPattern"], text):
        yield f"must match pattern {declared['AllowedPattern']}"
    if len(text) < int(declared.get("MinLength", 0)):
        yield f"must contain at least {declared['MinLength']} characters"
    if len(text) > int(declared.get("MaxLength", len(text))):
        yield f"must contain at most {declared['MaxLength']} characters"
    if "MinValue" in declared and float(text) < float(declared["MinValue"]):
        yield f"must be a number not less than {declared['MinValue']}"
    if "MaxValue" in declared and float(text) > float(declared["MaxValue"]):
        yield f"must be a number not greater than {declared['MaxValue']}"


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error as error:
        # AWS reads it as Java does.
        raise ValidationError(
            message=f"AllowedPattern {pattern} is not simulated by the local AWS: {error}."
        ) from error


def _check_rule(name: str, rule: Mapping[str, Any], resources: ResourceMap) -> None:
    if "RuleCondition" in rule and not _holds(rule["RuleCondition"], resources):
        return
    for assertion in rule.get("Assertions") or ():
        if not _holds(assertion["Assert"], resources):
            raise ValidationError(message=f"Rule {name}: {assertion.get('AssertDescription', 'an assertion failed')}")


def _holds(expression: Any, resources: ResourceMap) -> bool:
    """Whether a condition of a rule, or an assertion, holds."""
    ((function, argument),) = expression.items()
    if function == "Fn::Not":
        return not _holds(argument[0], resources)
    if function in {"Fn::And", "Fn::Or"}:
        return (all if function == "Fn::And" else any)(_holds(each, resources) for each in argument)
    asking = _ASKING.search(str(argument))
    if function not in _COMPARISONS or asking:
        used = asking[0] if asking else function
        raise ValidationError(
            message=f"Rules with {used} are not simulated by the local AWS. Leave the rule out locally."
        )
    one, other = (clean_json(each, resources) for each in argument)
    return _COMPARISONS[function](one, other)


def _list(value: Any) -> list[str]:
    """A list of texts. moto keeps the default of a list parameter as it is written."""
    return [_text(each) for each in (value if isinstance(value, list) else str(value).split(","))]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "Fn::Equals": lambda one, other: _text(one) == _text(other),
    "Fn::Contains": lambda some, value: _text(value) in _list(some),
    "Fn::EachMemberEquals": lambda some, value: set(_list(some)) == {_text(value)},
    "Fn::EachMemberIn": lambda some, others: set(_list(some)) <= set(_list(others)),
}
