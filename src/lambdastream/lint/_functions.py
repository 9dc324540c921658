"""The functions of a template, as the rules see them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lambdastream.lint import _doors
from lambdastream.lint._doors import Door
from lambdastream.lint._values import UNKNOWN, World, function_of, known_text, mapping
from lambdastream.lint._worlds import names, worlds

TYPES: Final = ("AWS::Serverless::Function", "AWS::Lambda::Function")
WRAPPER: Final = "/opt/bootstrap"
VARIABLES: Final = ("AWS_LAMBDA_EXEC_WRAPPER", "AWS_LWA_INVOKE_MODE", "AWS_LWA_PORT")
# The adapter's layers in all accounts that publish them end alike. Source: the adapter's guide, "Zip Packages".
_ADAPTER_LAYER: Final = re.compile(r":layer:LambdaAdapterLayer(X86|Arm64)?(?=:|\$|[A-Z]|$)")
_RELEVANT: Final = (
    *("Architectures", "AuthType", "Code", "CodeUri", "Environment", "Events", "FunctionUrlConfig", "Handler"),
    *("Layers", "ReservedConcurrentExecutions", "Runtime", "Timeout"),
)


@dataclass(frozen=True, slots=True)
class Function:
    """One function in one world: its logical ``name``, its ``properties`` with functions worked out, its doors.

    ``folder`` is the template's, ``None`` when it came from no file; ``resource`` is as the template has it.
    """

    name: str
    resource: Mapping[str, Any]
    properties: Mapping[str, Any]
    doors: tuple[Door, ...]
    folder: Path | None
    world: World

    def path(self, *below: str | int) -> list[str | int]:
        """The place of one of its properties in the template; that of the nearest one above it which is there."""
        path: list[str | int] = ["Resources", self.name, "Properties"]
        here: Any = mapping(self.resource.get("Properties"))
        for key in below:
            if key not in mapping(here):
                break
            here = here[key]
            path.append(key)
        return path

    def text(self, name: str) -> str | None:
        """A property's text; ``None`` when it is absent or not known."""
        return known_text(self.properties.get(name))

    def is_absent(self, name: str) -> bool:
        """Whether a property is certainly not there."""
        return name not in self.properties

    @property
    def runs_managed_python(self) -> bool:
        """Whether Lambda's own Python runtime runs it, so that its handler is a Python function."""
        return (self.text("Runtime") or "").startswith("python3.")

    @property
    def is_managed_zip(self) -> bool:
        """Whether it is a zip for a runtime of Lambda's, which ``AWS_LAMBDA_EXEC_WRAPPER`` wraps."""
        runtime = self.text("Runtime")
        return runtime is not None and not runtime.startswith("provided")

    @property
    def timeout(self) -> float:
        """Its timeout in seconds; 0 when it is not known. Lambda's default is 3 s."""
        text = known_text(self.properties.get("Timeout", 3))
        return float(text) if text and text.isdigit() else 0

    def variable(self, name: str) -> str | None:
        """The text of an environment variable; empty when it is certainly not set, ``None`` when that is not known."""
        environment = self.properties.get("Environment", {})
        variables = environment.get("Variables", {}) if isinstance(environment, Mapping) else UNKNOWN
        if not isinstance(variables, Mapping) or any(str(key).startswith("Fn::") for key in variables):
            return None
        return known_text(variables.get(name, ""))

    @property
    def adapter_layers(self) -> list[str]:
        """The architectures of the adapter's layers that it has: ``x86_64``, ``arm64``, or empty when not known."""
        layers = self.properties.get("Layers")
        texts = [layer for layer in layers if isinstance(layer, str)] if isinstance(layers, list) else []
        names = {"X86": "x86_64", "Arm64": "arm64", None: ""}
        return [names[match[1]] for match in map(_ADAPTER_LAYER.search, texts) if match]

    @property
    def uses_adapter(self) -> bool:
        """Whether the Lambda Web Adapter certainly is in front of its app."""
        wrapper, mode, port = map(self.variable, VARIABLES)
        return bool(self.adapter_layers or mode or port or wrapper == WRAPPER)

    @property
    def adapter_streams(self) -> bool | None:
        """Whether the adapter sends a stream; ``None`` without an adapter, or when that is not known.

        An image may set the variable itself. The adapter reads the mode in any case. Source: its ``src/lib.rs``.
        """
        mode = self.variable("AWS_LWA_INVOKE_MODE")
        if mode is None or not self.uses_adapter or (not mode and not self.is_managed_zip):
            return None
        return mode.lower() == "response_stream"


def functions(template: Mapping[str, Any], filename: str | None) -> Iterator[Function]:
    """Each function of a template, once for each world in which it can differ."""
    folder = Path(filename).resolve().parent if filename else None
    resources = mapping(template.get("Resources"))
    mentioned = {name: set(names(resource)) for name, resource in resources.items()}
    for name, resource in resources.items():
        if mapping(resource).get("Type") not in TYPES:
            continue
        raw = mapping(resource.get("Properties"))
        targets = {name, *_doors.aliases(resources, name)}
        in_front = {other: resources[other] for other, named in mentioned.items() if targets & named}
        for world in worlds(template, _relevant(resource), *in_front.values()):
            if world.exists(resource):
                ways_in = tuple(_doors.doors(world, name, in_front))
                yield Function(name, resource, mapping(world.resolve(raw)), ways_in, folder, world)


def _relevant(resource: Mapping[str, Any]) -> list[Any]:
    """The parts of a function's resource that the rules look at: no others make worlds."""
    properties = mapping(resource.get("Properties"))
    variables = mapping(mapping(properties.get("Environment")).get("Variables"))
    looked_at = {key: properties[key] for key in _RELEVANT if key in properties}
    if variables and not function_of(variables):
        looked_at["Environment"] = [variables.get(name) for name in VARIABLES]
    return [looked_at, {"Condition": resource.get("Condition")}]
