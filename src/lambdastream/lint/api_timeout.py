"""W9507: the function may take longer than the API waits."""

from __future__ import annotations

from collections.abc import Iterator

from lambdastream.lint._functions import Function
from lambdastream.lint._rule import FunctionRule, Problem


class ApiTimeout(FunctionRule):
    """A function's timeout should be shorter than the patience of the API in front of it."""

    id = "W9507"
    shortdesc = "The function's timeout is longer than the API in front of it waits"
    description = "An HTTP API waits 30 s, a REST API 29 s unless it streams or its quota is raised"
    source_url = "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"
    tags = ("lambda", "apigateway")

    def problems(self, function: Function) -> Iterator[Problem]:
        for door in function.doors:
            if door.waits is not None and function.timeout > door.waits:
                yield Problem(
                    function.path("Timeout"),
                    f"{function.name} may take {function.timeout:g} s, but the {door.kind} in front of it gives up after "
                    f"{door.waits:g} s: clients get an error, while the function runs on and is billed. "
                    f"Set its Timeout below {door.waits:g}, or stream from a function URL.",
                )
