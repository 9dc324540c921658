"""W9511: an exec wrapper where Lambda has no runtime to wrap."""

from __future__ import annotations

from collections.abc import Iterator

from lambdastream.lint._functions import Function
from lambdastream.lint._rule import FunctionRule, Problem


class OsOnlyWrapper(FunctionRule):
    """``AWS_LAMBDA_EXEC_WRAPPER`` on a runtime of the ``provided`` family, which ignores it."""

    id = "W9511"
    shortdesc = "OS-only runtimes ignore the exec wrapper"
    description = "AWS_LAMBDA_EXEC_WRAPPER is not supported on provided.al2023 and provided.al2, which run bootstrap"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html"
    tags = ("lambda",)

    def problems(self, function: Function) -> Iterator[Problem]:
        runtime = function.text("Runtime") or ""
        if runtime.startswith("provided") and function.variable("AWS_LAMBDA_EXEC_WRAPPER"):
            yield Problem(
                function.path("Environment", "Variables", "AWS_LAMBDA_EXEC_WRAPPER"),
                f"{function.name} declares {runtime}, an OS-only runtime: Lambda ignores AWS_LAMBDA_EXEC_WRAPPER there. "
                "It runs the program bootstrap of the code, or else of a layer: the adapter's starts the handler. "
                "Remove the variable. Use bootstrap (mode 755) as your script's name, or a managed runtime: python3.13.",
            )
