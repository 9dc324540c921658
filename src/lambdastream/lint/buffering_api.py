"""W9506: an API that collects stands in front of a function that streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lambdastream.lint._functions import Function
from lambdastream.lint._rule import FunctionRule, Problem

FIX: Final = {
    "HTTP API": "No HTTP API streams. Call the function URL, or use a REST API with ResponseTransferMode.",
    "REST API": "Set ResponseTransferMode: RESPONSE_STREAM at the Api event (STREAM at an integration), or call the "
    "function URL.",
}


class BufferingApi(FunctionRule):
    """An HTTP API, or a REST API that buffers, in front of a function that streams."""

    id = "W9506"
    shortdesc = "An API that buffers stands in front of a function that streams"
    description = "HTTP APIs never stream; REST APIs do with ResponseTransferMode"
    source_url = "https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html"
    tags = ("lambda", "streaming", "apigateway")

    def problems(self, function: Function) -> Iterator[Problem]:
        # A Python handler streams nowhere: another rule tells.
        by_url = not function.runs_managed_python and any(
            door.streams and door.kind == "function URL" for door in function.doors
        )
        for door in function.doors:
            if door.kind == "function URL" or door.streams is not False:
                continue
            if function.adapter_streams:
                yield Problem(
                    door.path,
                    f"The {door.kind} in front of {function.name} does not stream, and cannot read what the adapter sends "
                    "in the mode response_stream: a prelude and NUL bytes, no JSON. Clients get an error. "
                    + FIX[door.kind],
                )
            elif by_url and function.adapter_streams is None:
                yield Problem(
                    door.path,
                    f"The {door.kind} in front of {function.name} does not stream: what its function URL sends piece by "
                    "piece arrives here at once, at the end, if at all. " + FIX[door.kind],
                )
