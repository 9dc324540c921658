"""E9510: the URL is declared open, and still closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from lambdastream.lint._functions import Function
from lambdastream.lint._rule import FunctionRule, Problem
from lambdastream.lint._values import mapping

# Both, for function URLs made since October 2025. Source: the Lambda developer guide, urls-auth.
ACTIONS: Final = ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")


class OpenUrlPermissions(FunctionRule):
    """An open function URL needs two permissions, which SAM adds for a literal ``AuthType: NONE`` alone."""

    id = "E9510"
    shortdesc = "An open function URL lacks its permissions"
    description = "With AuthType NONE a URL needs permissions for InvokeFunctionUrl and InvokeFunction for everyone"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
    tags = ("lambda", "security")

    def problems(self, function: Function) -> Iterator[Problem]:
        for door in function.doors:
            if door.auth_type != "NONE" or door.sam_opens:
                continue
            missing = [action for action in ACTIONS if action not in _everyone_may(function)]
            if missing:
                yield Problem(
                    door.path,
                    f"The function URL of {function.name} has AuthType NONE, but everyone gets 403 Forbidden: no "
                    f'AWS::Lambda::Permission allows {" and ".join(missing)} to Principal "*". SAM adds both for a '
                    "literal AuthType: NONE, and none for a parameter's. Add them, under a Condition where it may vary.",
                )


def _everyone_may(function: Function) -> set[str]:
    """What the template lets everyone do with the function; a permission for a function named by text counts, too."""
    world = function.world
    found = set()
    for resource in mapping(world.template.get("Resources")).values():
        if (
            isinstance(resource, Mapping)
            and resource.get("Type") == "AWS::Lambda::Permission"
            and world.exists(resource)
        ):
            properties = mapping(resource.get("Properties"))
            names = world.references(properties.get("FunctionName"))
            if (not names or function.name in names) and world.resolve(properties.get("Principal")) == "*":
                found.add(str(world.resolve(properties.get("Action"))))
    return found
