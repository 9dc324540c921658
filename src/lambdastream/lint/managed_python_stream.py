"""E9509: Lambda's own Python runtime is asked to stream."""

from __future__ import annotations

from collections.abc import Iterator

from lambdastream.lint._functions import Function
from lambdastream.lint._rule import FunctionRule, Problem


class ManagedPythonStream(FunctionRule):
    """A Python handler, Mangum for one, behind a URL or an API that streams."""

    id = "E9509"
    shortdesc = "Lambda's Python runtime cannot stream"
    description = "A Python handler returns one value; streaming from Python takes the Lambda Web Adapter"
    tags = ("lambda", "streaming")

    def problems(self, function: Function) -> Iterator[Problem]:
        handler = function.text("Handler")
        if not handler or handler.endswith(".sh") or not function.runs_managed_python or function.uses_adapter:
            return
        # With a wrapper of its own a layer may bring another runtime.
        if function.variable("AWS_LAMBDA_EXEC_WRAPPER") != "":
            return
        for door in function.doors:
            if door.streams:
                yield Problem(
                    door.path,
                    f"{function.name} is a Python handler ({handler}), and Lambda's Python runtime cannot stream: clients "
                    'get its result as raw JSON, {"statusCode": 200, ..., at the end. Mangum needs InvokeMode: BUFFERED. '
                    "To stream, add the Lambda Web Adapter's layer, and start your app from run.sh.",
                )
