"""The environment variables of a function's processes.

Source: AWS Lambda developer guide, "Defined runtime environment variables". What differs from AWS, all of it:

- ``PORT`` and ``AWS_LWA_PORT`` are a free port of the environment's own when the function has extensions: on one machine
  the fixed ports that every example declares would collide. A readiness check declared on the same fixed port moves along.
- ``AWS_ENDPOINT_URL`` points at the local AWS.
- ``/opt`` and ``/var/task`` at the start of a declared value become the folders that stand for them; ``TMPDIR`` names the
  environment's own ``/tmp``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lambdastream.runtime import arn
from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.interpreter import ManagedRuntime

ACCOUNT: Final = arn.ACCOUNT
PORTS: Final = ("PORT", "AWS_LWA_PORT")
READINESS_PORTS: Final = ("AWS_LWA_READINESS_CHECK_PORT", "READINESS_CHECK_PORT")
NOT_FOR_EXTENSIONS: Final = frozenset(
    {
        "_HANDLER",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
    }
)


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders that stand for a function's ``/opt`` and one environment's ``/tmp``."""

    opt: Path
    tmp: Path


def runtime_variables(
    description: FunctionDescription,
    runtime: ManagedRuntime,
    folders: Folders,
    *,
    runtime_api: str,
    log_stream: str,
    port: int | None,
    endpoint_url: str | None,
) -> dict[str, str]:
    """What the runtime's process gets: the function's own variables, and over them those that Lambda sets."""
    declared = {name: _mapped(value, description, folders) for name, value in description.environment.items()}
    own_ports = {} if port is None else _own_ports(description.environment, str(port))
    endpoint = {} if endpoint_url is None else {"AWS_ENDPOINT_URL": endpoint_url}
    path = [runtime.folder / "bin", "/usr/local/bin", "/usr/bin", "/bin", folders.opt / "bin"]
    return {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": ":".join(map(str, path)),
        "PYTHONPATH": f"{folders.opt / 'python'}",
        **endpoint,
        **declared,
        **own_ports,
        "TMPDIR": str(folders.tmp),
        "LAMBDA_TASK_ROOT": str(description.code),
        "LAMBDA_RUNTIME_DIR": str(runtime.folder / "bin"),
        "_HANDLER": description.handler,
        "AWS_REGION": description.region,
        "AWS_DEFAULT_REGION": description.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{description.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": description.name,
        "AWS_LAMBDA_FUNCTION_VERSION": description.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(description.memory),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": description.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
    }


def extension_variables(runtime_variables: Mapping[str, str]) -> dict[str, str]:
    """What an extension's process gets: the same, without what is the runtime's alone (Extensions API, "Environment")."""
    return {name: value for name, value in runtime_variables.items() if name not in NOT_FOR_EXTENSIONS}


def _own_ports(declared: Mapping[str, str], port: str) -> dict[str, str]:
    fixed = {declared.get(name) for name in PORTS} - {None}
    moved = [name for name in READINESS_PORTS if declared.get(name) in fixed]
    return dict.fromkeys((*PORTS, *moved), port)


def _mapped(value: str, description: FunctionDescription, folders: Folders) -> str:
    """The value with Lambda's folders replaced, wherever a path in a colon-separated list begins with one."""
    for folder, stand_in in (("/opt", folders.opt), ("/var/task", description.code)):
        value = re.sub(rf"(^|:){folder}(?=/|:|$)", lambda found, path=stand_in: f"{found[1]}{path}", value)  # type: ignore[misc]
    return value
