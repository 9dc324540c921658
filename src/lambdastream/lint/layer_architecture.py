"""E9505: the adapter's layer is for another processor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lambdastream.lint._functions import Function
from lambdastream.lint._rule import FunctionRule, Problem
from lambdastream.lint._values import known_text

NAMES: Final = {"x86_64": "LambdaAdapterLayerX86", "arm64": "LambdaAdapterLayerArm64"}


class LayerArchitecture(FunctionRule):
    """The adapter's layer and the function must be for the same processor."""

    id = "E9505"
    shortdesc = "The adapter's layer must be for the function's architecture"
    description = "LambdaAdapterLayerX86 belongs to x86_64, LambdaAdapterLayerArm64 to arm64"
    source_url = "https://aws.github.io/aws-lambda-web-adapter/"
    tags = ("lambda",)

    def problems(self, function: Function) -> Iterator[Problem]:
        architecture = _architecture(function)
        for layer in function.adapter_layers:
            if layer and architecture in NAMES and layer != architecture:
                yield Problem(
                    function.path("Layers"),
                    f"{function.name} runs on {architecture}, but its adapter, {NAMES[layer]}, is for {layer}: "
                    "it ends with an exec format error, and no request is answered. "
                    f"Use {NAMES[architecture]}, or set Architectures: [{layer}].",
                )


def _architecture(function: Function) -> str:
    """The function's architecture, by default Lambda's own default; empty when it is not known."""
    architectures = function.properties.get("Architectures", ["x86_64"])
    one = architectures[0] if isinstance(architectures, list) and architectures else None
    return known_text(one) or ""
