"""A function's ``LoggingConfig``: which log group its lines go to. moto drops it, and does not say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from moto.awslambda.models import LambdaFunction

from lambdastream.control.gaps.patching import wraps

KEPT: Final = "lambdastream_log_group"


def keep_log_group(function: LambdaFunction, settings: Mapping[str, Any]) -> None:
    """Keep the log group that the settings of a function name; without one it is the function's own again."""
    if "LoggingConfig" in settings:
        vars(function)[KEPT] = (settings["LoggingConfig"] or {}).get("LogGroup") or ""


def log_group(function: LambdaFunction) -> str:
    """The log group of a function: ``/aws/lambda/{name}`` unless it is configured."""
    return vars(function).get(KEPT) or f"/aws/lambda/{function.function_name}"


@wraps(LambdaFunction, "get_configuration")
def _get_configuration(original: Any, self: LambdaFunction, *arguments: Any, **named: Any) -> dict[str, Any]:
    configuration: dict[str, Any] = original(self, *arguments, **named)
    return configuration | {"LoggingConfig": {"LogFormat": "Text", "LogGroup": log_group(self)}}
