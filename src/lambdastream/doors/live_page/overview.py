"""What is deployed, as the page shows it: functions with their URLs and environments, and APIs. Plain JSON values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from weakref import WeakKeyDictionary

from lambdastream.doors.api_gateway import ApiGateway
from lambdastream.doors.function_deployments import Deployment
from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.function import Function

WRAPPER_VARIABLE: Final = "AWS_LAMBDA_EXEC_WRAPPER"
MODE_VARIABLE: Final = "AWS_LWA_INVOKE_MODE"
WRAPPER: Final = "/opt/bootstrap"
"""The Lambda Web Adapter's, as its documentation has it."""

_ANSWERS: Final[WeakKeyDictionary[Function, dict[str, str]]] = WeakKeyDictionary()


def overview(deployments: Iterable[Deployment], apis: Iterable[ApiGateway]) -> dict[str, Any]:
    """All of it."""
    return {"functions": [_function(each) for each in deployments], "apis": [_api(each) for each in apis]}


def _function(deployment: Deployment) -> dict[str, Any]:
    function = deployment.function
    description, url = function.description, function.description.url
    return {
        "name": description.reference.label,
        "url": deployment.url.address if deployment.url else None,
        "invokeMode": url.invoke_mode if url else None,
        "authType": url.auth_type if url else None,
        "runtime": "container image" if description.image else description.runtime,
        "handler": description.handler,
        "memory": description.memory,
        "timeout": description.timeout,
        "answers": _ANSWERS.get(function) or _ANSWERS.setdefault(function, answers(description)),
        "environments": [
            {"id": environment.log_stream[-8:], "state": state} for environment, state in function.environments
        ],
    }


def answers(description: FunctionDescription) -> dict[str, str]:
    """Who answers, and in which way: the adapter in its mode, or Lambda's own runtime, maybe with Mangum.

    A container image may have the adapter inside, which only its mode tells.
    """
    variables = description.environment
    adapter = variables.get(WRAPPER_VARIABLE) == WRAPPER or MODE_VARIABLE in variables
    if adapter:
        return {"by": "Lambda Web Adapter", "mode": variables.get(MODE_VARIABLE, "buffered").lower()}
    if WRAPPER_VARIABLE in variables:
        return {"by": "a wrapper script", "mode": ""}
    if description.image is not None:
        return {"by": "its container", "mode": ""}
    if description.runtime.startswith("python"):
        mangum = (description.code / "mangum").is_dir()
        return {"by": "Mangum" if mangum else "awslambdaric", "mode": "buffered"}
    return {"by": "a runtime of its own", "mode": ""}


def _api(api: ApiGateway) -> dict[str, Any]:
    description = api.description
    routes = [route for route in description.routes if route.function]
    return {
        "name": description.name or description.id,
        "url": api.url,
        "type": description.type,
        "authType": "NONE" if any(route.authorization == "NONE" for route in routes) else "AWS_IAM",
        "functions": sorted({route.function for route in routes}),
        "streams": any(route.streams for route in routes),
        "buffers": any(not route.streams for route in routes),
    }
