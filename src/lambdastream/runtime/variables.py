"""The environment variables of a function's processes.

Source: AWS Lambda developer guide, "Defined runtime environment variables". What differs from AWS, all of it:

- ``PORT`` and ``AWS_LWA_PORT`` are a free port of the environment's own when the function has extensions: on one machine
  the fixed ports that every example declares would collide. A readiness check declared on the same fixed port moves along.
- ``AWS_ENDPOINT_URL`` points at the local AWS.
- Where functions have no mount namespaces (``sandbox``), ``/opt`` and ``/var/task`` at the start of a declared value become
  the folders that stand for them, and ``TMPDIR`` names the environment's own ``/tmp``. ``LAMBDA_TASK_ROOT``,
  ``LAMBDA_RUNTIME_DIR``, ``PATH``, ``LD_LIBRARY_PATH`` and ``PYTHONPATH`` name those folders, too.
- ``LD_LIBRARY_PATH`` leaves out ``/lib64`` and ``/usr/lib64``, which this machine's loader searches by itself.
- ``PYTHONPATH`` has the layers' folders before ``/var/runtime``, and a declared one has all of them behind it: on AWS the
  runtime itself adds the layers' to ``sys.path``.
- X-Ray is not simulated: there is no ``AWS_XRAY_DAEMON_ADDRESS``.

``_X_AMZN_TRACE_ID`` changes with each invocation: the runtime sets it, not we.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lambdastream.runtime import arn
from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.runtimes import Runtime

ACCOUNT: Final = arn.ACCOUNT
PORTS: Final = ("PORT", "AWS_LWA_PORT")
READINESS_PORTS: Final = ("AWS_LWA_READINESS_CHECK_PORT", "READINESS_CHECK_PORT")
EVERYWHERE: Final = {"TZ": ":UTC", "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR"}
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
    """The folders that stand for a function's ``/opt`` and one environment's ``/tmp``; no ``tmp`` is ``/tmp`` itself."""

    opt: Path
    tmp: Path | None


def runtime_variables(
    description: FunctionDescription,
    runtime: Runtime,
    folders: Folders,
    *,
    runtime_api: str,
    log_stream: str,
    port: int | None,
    endpoint_url: str | None,
) -> dict[str, str]:
    """What the runtime's process gets: the function's own variables, and over them those that Lambda sets."""
    declared = {name: _mapped(value, description, folders) for name, value in description.environment.items()}
    language = runtime.variables(description, folders.opt)
    if declared.get("PYTHONPATH") and "PYTHONPATH" in language:
        declared["PYTHONPATH"] += f":{language['PYTHONPATH']}"
    own_ports = {} if port is None else _own_ports(description.environment, str(port))
    endpoint = {} if endpoint_url is None else {"AWS_ENDPOINT_URL": endpoint_url}
    return {
        "LANG": "en_US.UTF-8",
        **EVERYWHERE,
        **_search_paths(description, runtime, folders),
        **language,
        **endpoint,
        **declared,
        **own_ports,
        **({"TMPDIR": str(folders.tmp)} if folders.tmp else {}),
        "LAMBDA_TASK_ROOT": str(description.code),
        "LAMBDA_RUNTIME_DIR": str(runtime.libraries),
        "_HANDLER": description.handler,
        **({"AWS_EXECUTION_ENV": runtime.execution_env} if runtime.execution_env else {}),
        **_lambdas_own(description, runtime_api, log_stream),
    }


def container_variables(
    description: FunctionDescription,
    image: Mapping[str, str],
    *,
    runtime_api: str,
    log_stream: str,
    port: int | None,
    endpoint_url: str | None,
) -> dict[str, str]:
    """What the runtime's process gets in a container, over the variables of its ``image``.

    The image says by itself where its language, its libraries and its handler are, and no runtime is declared.
    """
    own_ports = {} if port is None else _own_ports({**image, **description.environment}, str(port))
    endpoint = {} if endpoint_url is None else {"AWS_ENDPOINT_URL": endpoint_url}
    own = _lambdas_own(description, runtime_api, log_stream)
    return {**EVERYWHERE, **endpoint, **description.environment, **own_ports, **own}


def _lambdas_own(description: FunctionDescription, runtime_api: str, log_stream: str) -> dict[str, str]:
    """What no function can declare."""
    return {
        "AWS_REGION": description.region,
        "AWS_DEFAULT_REGION": description.region,
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


def _search_paths(description: FunctionDescription, runtime: Runtime, folders: Folders) -> dict[str, str]:
    """Where programs and shared libraries are looked for: the language's, the machine's, the function's, its layers'."""
    language, libraries = runtime.language, runtime.libraries
    programs = [Path("/usr/local/bin"), Path("/usr/bin"), Path("/bin"), folders.opt / "bin"]
    shared = [libraries, libraries / "lib", description.code, description.code / "lib", folders.opt / "lib"]
    if language is not None:
        programs.insert(0, language / "bin")
        shared.insert(0, language / "lib")
    return {"PATH": ":".join(map(str, programs)), "LD_LIBRARY_PATH": ":".join(map(str, shared))}


def _own_ports(declared: Mapping[str, str], port: str) -> dict[str, str]:
    fixed = {declared.get(name) for name in PORTS} - {None}
    moved = [name for name in READINESS_PORTS if declared.get(name) in fixed]
    return dict.fromkeys((*PORTS, *moved), port)


def _mapped(value: str, description: FunctionDescription, folders: Folders) -> str:
    """The value with Lambda's folders replaced, wherever a path in a colon-separated list begins with one."""
    for folder, stand_in in (("/opt", folders.opt), ("/var/task", description.code)):
        value = re.sub(rf"(^|:){folder}(?=/|:|$)", lambda found, path=stand_in: f"{found[1]}{path}", value)  # type: ignore[misc]
    return value
