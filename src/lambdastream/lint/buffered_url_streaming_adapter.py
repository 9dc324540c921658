"""E9502: the adapter streams, the function URL does not."""

from __future__ import annotations

from collections.abc import Iterator

from lambdastream.lint._functions import Function
from lambdastream.lint._rule import FunctionRule, Problem


class BufferedUrlStreamingAdapter(FunctionRule):
    """A buffered function URL in front of an adapter that streams."""

    id = "E9502"
    shortdesc = "An adapter that streams needs a streaming URL"
    description = "AWS_LWA_INVOKE_MODE=response_stream in the function and RESPONSE_STREAM at the URL belong together"
    tags = ("lambda", "streaming")

    def problems(self, function: Function) -> Iterator[Problem]:
        for door in function.doors:
            if door.kind == "function URL" and door.streams is False and function.adapter_streams:
                yield Problem(
                    door.path,
                    f"The Lambda Web Adapter in {function.name} streams, but its function URL is BUFFERED: clients get "
                    "the stream's raw bytes at the end, with a status of 200 whatever the app said. "
                    "Set InvokeMode: RESPONSE_STREAM at the URL.",
                )
