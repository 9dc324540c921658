"""What a template's values are in each world: one combination of its parameters' values.

CloudFormation's functions are worked out as far as they can be. What only a deployment knows is ``UNKNOWN``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

MOST_CONDITIONS_DEEP: Final = 20  # conditions that name each other in a circle end here

_VARIABLE: Final = re.compile(r"\$\{([^!}][^}]*)\}")


class Unknown:
    """A value that only a deployment knows."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


def mapping(value: object) -> Mapping[str, Any]:
    """The value, if it is a mapping; else an empty one."""
    return value if isinstance(value, Mapping) else {}


def known_text(value: object) -> str | None:
    """A scalar as CloudFormation's text of it; ``None`` for what is absent, no scalar, or not wholly known."""
    if not isinstance(value, str | int | float) or _VARIABLE.search(str(value)):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def function_of(value: object) -> tuple[str, Any] | None:
    """The name and argument of a CloudFormation function; ``None`` for any other value."""
    if isinstance(value, Mapping) and len(value) == 1:
        (name, argument), *_ = value.items()
        if name == "Ref" or (isinstance(name, str) and name.startswith("Fn::")):
            return name, argument
    return None


@dataclass(frozen=True, slots=True)
class World:
    """One combination of values: ``values`` by the names of parameters and pseudo parameters."""

    template: Mapping[str, Any]
    values: Mapping[str, Any]

    def resolve(self, value: Any) -> Any:
        """The value, with functions worked out: ``UNKNOWN`` for what is not known, ``None`` for ``AWS::NoValue``.

        In a text, a part that is not known stays as ``${Name}``.
        """
        if function := function_of(value):
            return self._call(*function)
        if isinstance(value, Mapping):
            resolved = {key: self.resolve(item) for key, item in value.items()}
            return {key: item for key, item in resolved.items() if item is not None}
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not None]
        return value

    def condition(self, name: object, depth: int = 0) -> bool | None:
        """Whether a condition of the template holds; ``None`` when that is not known."""
        conditions = mapping(self.template.get("Conditions"))
        if not isinstance(name, str) or depth > MOST_CONDITIONS_DEEP:
            return None
        return self._holds(conditions.get(name), depth + 1)

    def exists(self, resource: Mapping[str, Any]) -> bool:
        """Whether a resource is made."""
        return "Condition" not in resource or self.condition(resource["Condition"]) is True

    def references(self, value: Any) -> set[str]:
        """The logical names that a value refers to."""
        if function := function_of(value):
            name, argument = function
            if name == "Fn::If":
                return self.references(self._branch(argument))
            return names_in(name, argument) | self.references(argument)
        if isinstance(value, Mapping):
            return set().union(*map(self.references, value.values()))
        if isinstance(value, list):
            return set().union(*map(self.references, value))
        return set()

    def _call(self, name: str, argument: Any) -> Any:
        if name == "Ref":
            return None if argument == "AWS::NoValue" else self.values.get(str(argument), UNKNOWN)
        if name == "Fn::If":
            return self.resolve(self._branch(argument))
        if name == "Fn::Sub":
            return self._sub(argument)
        if name == "Fn::Join":
            return self._join(argument)
        if name == "Fn::FindInMap":
            return self._find_in_map(argument)
        return UNKNOWN

    def _branch(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) != 3:  # noqa: PLR2004 - condition, then, else
            return UNKNOWN
        holds = self.condition(argument[0])
        return UNKNOWN if holds is None else argument[1 if holds else 2]

    def _sub(self, argument: Any) -> Any:
        text, given = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})  # noqa: PLR2004
        if not isinstance(text, str):
            return UNKNOWN
        names = {**self.values, **mapping(self.resolve(given))}

        def value_of(variable: re.Match[str]) -> str:
            known = known_text(names.get(variable[1].strip()))
            return variable[0] if known is None else known

        return _VARIABLE.sub(value_of, text)

    def _join(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) != 2 or not isinstance(argument[0], str):  # noqa: PLR2004
            return UNKNOWN
        parts = self.resolve(argument[1])
        if not isinstance(parts, list):
            return UNKNOWN
        return argument[0].join(part if isinstance(part, str) else "${Unknown}" for part in parts)

    def _find_in_map(self, argument: Any) -> Any:
        found: Any = mapping(self.template.get("Mappings"))
        for key in argument if isinstance(argument, list) else [UNKNOWN]:
            known = known_text(self.resolve(key))
            found = None if known is None else mapping(found).get(known)
        return UNKNOWN if found is None else found

    def _holds(self, body: Any, depth: int) -> bool | None:
        (name, argument), *others = mapping(body).items() or [("", None)]
        if others:
            return None
        if name == "Condition":
            return self.condition(argument, depth)
        if not isinstance(argument, list):
            return None
        if name == "Fn::Equals":
            return self._equal(argument)
        return _combined(name, [self._holds(part, depth) for part in argument])

    def _equal(self, sides: list[Any]) -> bool | None:
        if len(sides) != 2:  # noqa: PLR2004
            return None
        values = [self.resolve(side) for side in sides]
        if values.count(UNKNOWN) == 1 and any(
            value is UNKNOWN and _is_ref(side) for value, side in zip(values, sides, strict=True)
        ):
            # A parameter that is not known is none of the texts that it is compared with: those are worlds of their own.
            return False
        one, other = map(known_text, values)
        return None if one is None or other is None else one == other


def names_in(function: str, argument: Any) -> set[str]:
    """The logical names in the argument of ``Ref``, ``Fn::GetAtt`` or ``Fn::Sub``."""
    if function == "Fn::Sub":
        text = argument[0] if isinstance(argument, list) and argument else argument
        return {name.strip().partition(".")[0] for name in _VARIABLE.findall(str(text))}
    name = argument[0] if function == "Fn::GetAtt" and isinstance(argument, list) and argument else argument
    return {name.partition(".")[0]} if function in {"Ref", "Fn::GetAtt"} and isinstance(name, str) else set()


def _is_ref(value: object) -> bool:
    function = function_of(value)
    return function is not None and function[0] == "Ref"


def _combined(operator: str, parts: list[bool | None]) -> bool | None:
    """What an operator makes of conditions; ``None`` when those that are not known could change it."""
    if operator == "Fn::Not" and len(parts) == 1 and parts[0] is not None:
        return not parts[0]
    # The part that decides alone: a false one for And, a true one for Or.
    decisive = {"Fn::And": False, "Fn::Or": True}.get(operator)
    if decisive is None or decisive in parts:
        return decisive
    return None if None in parts else not decisive
