"""W9508: everyone may call, without a bound."""

from __future__ import annotations

from collections.abc import Iterator

from lambdastream.lint._functions import Function
from lambdastream.lint._rule import FunctionRule, Problem


class OpenUrlConcurrency(FunctionRule):
    """An open function URL should have a bound on what it can cost."""

    id = "W9508"
    shortdesc = "An open function URL has no concurrency cap"
    description = "With AuthType NONE anyone may call; ReservedConcurrentExecutions bounds how many run at a time"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
    tags = ("lambda", "security")

    def problems(self, function: Function) -> Iterator[Problem]:
        for door in function.doors:
            if door.auth_type == "NONE" and function.is_absent("ReservedConcurrentExecutions"):
                yield Problem(
                    door.path,
                    f"Anyone may call {function.name} (AuthType NONE), and nothing bounds how many requests run at a time: "
                    "a stranger's loop runs up your bill, and takes the account's whole concurrency from other functions. "
                    "Set ReservedConcurrentExecutions, or AuthType: AWS_IAM.",
                )
