"""E9501: the door streams, the adapter does not."""

from __future__ import annotations

from collections.abc import Iterator

from lambdastream.lint._functions import Function
from lambdastream.lint._rule import FunctionRule, Problem


class StreamingDoorBufferingAdapter(FunctionRule):
    """A streaming URL or API in front of an adapter that buffers."""

    id = "E9501"
    shortdesc = "A streaming URL needs an adapter that streams"
    description = "RESPONSE_STREAM at the door and AWS_LWA_INVOKE_MODE=response_stream in the function belong together"
    tags = ("lambda", "streaming")

    def problems(self, function: Function) -> Iterator[Problem]:
        for door in function.doors:
            if door.streams and function.adapter_streams is False:
                yield Problem(
                    door.path,
                    f"The {door.kind} in front of {function.name} streams, but the Lambda Web Adapter does not: "
                    'clients get its JSON as text, {"statusCode": 200, ..., all at once. '
                    "Set AWS_LWA_INVOKE_MODE: response_stream in the function's Environment.",
                )
