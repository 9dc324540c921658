"""E9503: nothing starts the script."""

from __future__ import annotations

from collections.abc import Iterator

from lambdastream.lint._functions import WRAPPER, Function
from lambdastream.lint._rule import FunctionRule, Problem


class ExecWrapper(FunctionRule):
    """The adapter's layer, or a script for a handler, without the wrapper that starts the script."""

    id = "E9503"
    shortdesc = "The adapter's layer needs its exec wrapper"
    description = "AWS_LAMBDA_EXEC_WRAPPER=/opt/bootstrap makes Lambda start the handler, a script, as a program"
    source_url = "https://aws.github.io/aws-lambda-web-adapter/"
    tags = ("lambda",)

    def problems(self, function: Function) -> Iterator[Problem]:
        wrapper = function.variable("AWS_LAMBDA_EXEC_WRAPPER")
        handler = function.text("Handler") or ""
        needs_it = function.adapter_layers or handler.endswith(".sh")
        if not function.is_managed_zip or not needs_it or wrapper is None or wrapper == WRAPPER:
            return
        # Another wrapper may start the adapter's by itself.
        if not wrapper or function.adapter_layers:
            yield Problem(
                function.path("Environment", "Variables", "AWS_LAMBDA_EXEC_WRAPPER"),
                f"Nothing starts {handler or 'the handler'} of {function.name}: Lambda would import it as a module, "
                "and every request would fail. "
                f"Set AWS_LAMBDA_EXEC_WRAPPER: {WRAPPER} in the function's Environment; the adapter's layer brings it.",
            )
