"""What the rules have in common: a rule looks at one function at a time and says what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template.template import Template

from lambdastream.lint._functions import Function, functions


class Problem(NamedTuple):
    """What is wrong: its place in the template, and a message that says what would happen and how to mend it."""

    path: Sequence[str | int]
    message: str


@lru_cache(maxsize=1)
def _functions_of(cfn: Template) -> tuple[Function, ...]:
    """Worked out once for all rules, which cfn-lint runs one after the other on one template."""
    return tuple(functions(cfn.template, cfn.filename))


class FunctionRule(CloudFormationLintRule):  # type: ignore[misc]  # cfn-lint tells no types
    """A rule about functions and the doors in front of them. cfn-lint passes over it, since it has no id."""

    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html"

    def problems(self, function: Function) -> Iterator[Problem]:
        """Each problem of a function in one world."""
        raise NotImplementedError

    def match(self, cfn: Template) -> list[RuleMatch]:
        """What cfn-lint calls: the problems of every function in every world, each once."""
        found = {
            (tuple(path), message): RuleMatch(list(path), message)
            for function in _functions_of(cfn)
            for path, message in self.problems(function)
        }
        return list(found.values())
