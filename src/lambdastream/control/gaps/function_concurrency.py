"""Reserved concurrency reaches the data plane. moto keeps the number alone, and does not show it when it is 0."""

from __future__ import annotations

from typing import Any

from moto.awslambda.models import LambdaBackend, LambdaFunction

from lambdastream.control.gaps.function_deployment import deployment, reserved_concurrency
from lambdastream.control.gaps.patching import wraps
from lambdastream.control.monitor import MOTO


def _tell(function: LambdaFunction) -> None:
    reserved = reserved_concurrency(function)
    with MOTO.outside():
        deployment().data_plane.reserve_concurrency(function.function_arn, reserved)


@wraps(LambdaBackend, "put_function_concurrency")
def _put(original: Any, self: LambdaBackend, function_name: str, reserved_concurrency: Any) -> Any:
    kept = original(self, function_name, reserved_concurrency)
    _tell(self.get_function(function_name))
    return kept


@wraps(LambdaBackend, "delete_function_concurrency")
def _delete(original: Any, self: LambdaBackend, function_name: str) -> Any:
    kept = original(self, function_name)
    _tell(self.get_function(function_name))
    return kept


@wraps(LambdaFunction, "get_code")
def _get_code(original: Any, self: LambdaFunction) -> dict[str, Any]:
    told: dict[str, Any] = original(self)
    reserved = reserved_concurrency(self)
    return told if reserved is None else told | {"Concurrency": {"ReservedConcurrentExecutions": reserved}}
