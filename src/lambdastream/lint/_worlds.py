"""The worlds of a template: the combinations of its parameters' values in which it is judged."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from lambdastream.lint._values import UNKNOWN, World, function_of, known_text, mapping, names_in

# A template with many parameters has more combinations than can be looked at; the first is that of the defaults.
MOST_WORLDS: Final = 256


def worlds(template: Mapping[str, Any], *values: object) -> Iterator[World]:
    """The worlds in which the values can differ, that of the parameters' defaults first; at most ``MOST_WORLDS``.

    A parameter takes each of its allowed values. One without takes what the conditions compare it with, or is not known.
    """
    parameters = mapping(template.get("Parameters"))
    varying = sorted(_dependencies(template, values))
    defaults = {name: _default(mapping(parameters.get(name))) for name in varying}
    compared = _compared(template)
    choices = (_choices(mapping(parameters.get(name)), compared.get(name, ())) for name in varying)
    combinations = (dict(zip(varying, chosen, strict=True)) for chosen in itertools.product(*choices))
    for world in itertools.islice(itertools.chain([defaults], combinations), MOST_WORLDS):
        yield World(template, world)


def _default(parameter: Mapping[str, Any]) -> Any:
    if _is_looked_up(parameter):
        return UNKNOWN
    return parameter.get("Default", next(iter(_choices(parameter, ()))))


def _choices(parameter: Mapping[str, Any], compared: Iterable[str]) -> list[Any]:
    allowed = parameter.get("AllowedValues")
    if isinstance(allowed, list) and not _is_looked_up(parameter):
        return list(allowed)
    return [*dict.fromkeys(compared), UNKNOWN]


def _is_looked_up(parameter: Mapping[str, Any]) -> bool:
    """Whether the parameter names an entry of the Parameter Store, whose value is somewhere else."""
    return str(parameter.get("Type")).startswith("AWS::SSM::Parameter::Value")


def _dependencies(template: Mapping[str, Any], values: Iterable[object]) -> set[str]:
    """The parameters, and pseudo parameters, on which values depend, by way of conditions too."""
    conditions, parameters = mapping(template.get("Conditions")), mapping(template.get("Parameters"))
    found: set[str] = set()
    waiting = [name for value in values for name in names(value)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(names(conditions.get(name)))
    return {name for name in found if name in parameters or name.startswith("AWS::")} - {"AWS::NoValue"}


def names(value: object) -> Iterator[str]:
    """Every logical name that a value mentions: of parameters, conditions and resources."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(item, str) and key in {"Ref", "Condition"}:
                yield item
            elif key == "Fn::If" and isinstance(item, list) and item and isinstance(item[0], str):
                yield item[0]
            elif key in {"Fn::Sub", "Fn::GetAtt"}:
                yield from names_in(key, item)
            yield from names(item)
    elif isinstance(value, list):
        for item in value:
            yield from names(item)


def _compared(template: Mapping[str, Any]) -> dict[str, list[str]]:
    """What the conditions compare each parameter with."""
    found: dict[str, list[str]] = {}
    for left, right in _comparisons(template.get("Conditions")):
        for one, other in ((left, right), (right, left)):
            function, text = function_of(one), known_text(other)
            if function and function[0] == "Ref" and isinstance(function[1], str) and text is not None:
                found.setdefault(function[1], []).append(text)
    return found


def _comparisons(value: object) -> Iterator[tuple[Any, Any]]:
    function = function_of(value)
    if function and function[0] == "Fn::Equals" and isinstance(function[1], list) and len(function[1]) == 2:  # noqa: PLR2004
        yield function[1][0], function[1][1]
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    for item in items:
        yield from _comparisons(item)
