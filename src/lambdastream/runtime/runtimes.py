"""The runtimes that functions declare, and what stands for each of them here.

- ``python3.x``: an interpreter with Lambda's interface client (``interpreter``).
- ``provided.al2023``, ``provided.al2``, the OS-only ones: the function's own program, ``bootstrap``.
- The managed runtimes of other languages: nothing of theirs is here. Such a function runs when an exec wrapper starts
  another program in the runtime's place, as the Lambda Web Adapter's layer does with the script that is the handler.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from lambdastream.errors import RuntimeNotFoundError
from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.init_error import InitError
from lambdastream.runtime.interpreter import available_runtimes, managed_runtime
from lambdastream.wire import function_error

WRAPPER: Final = "AWS_LAMBDA_EXEC_WRAPPER"
OS_ONLY: Final = ("provided.al2023", "provided.al2")
# No function can be created with it since 2024-02-08 (AWS Lambda developer guide, "Deprecated runtimes").
RETIRED: Final = "provided"
AWS_LIBRARIES: Final = Path("/var/runtime")
# What a wrapper gets for the command line that it is to start, where there is none.
_NOTHING_TO_START: Final = (
    "/bin/sh",
    "-c",
    'echo "lambdastream: There is no $1 here: the exec wrapper has to start a program of its own." >&2; exit 1',
    "sh",
)


class Runtime(Protocol):
    """What runs a function's code."""

    @property
    def name(self) -> str:
        """Its identifier, such as ``python3.13``."""

    @property
    def language(self) -> Path | None:
        """The folder that stands for AWS's ``/var/lang``, with ``bin`` and ``lib``; ``None`` for a runtime without one."""

    @property
    def libraries(self) -> Path:
        """The folder of the runtime's own libraries, ``LAMBDA_RUNTIME_DIR``."""

    @property
    def execution_env(self) -> str:
        """``AWS_EXECUTION_ENV``; empty when it is not defined."""

    def variables(self, description: FunctionDescription, opt: Path) -> Mapping[str, str]:
        """The environment variables of its language, which a function may declare otherwise."""

    def command(self, description: FunctionDescription, opt: Path, wrapper: str) -> list[str]:
        """The command line that starts it. ``wrapper`` is the exec wrapper's path, or empty. Raises ``InitError``."""


@dataclass(frozen=True, slots=True)
class OsOnlyRuntime:
    """A runtime of the ``provided`` family: an operating system, and the program ``bootstrap`` that a function brings."""

    name: str
    language: None = None
    libraries: Path = AWS_LIBRARIES
    execution_env: str = ""

    def variables(self, description: FunctionDescription, opt: Path) -> Mapping[str, str]:
        """None: there is no language."""
        del description, opt
        return {}

    def command(self, description: FunctionDescription, opt: Path, wrapper: str) -> list[str]:
        """``bootstrap`` of the function's code, else that of its layers.

        There is no wrapper here: it is "not supported on OS-only runtimes" (developer guide, "Wrapper scripts"). Raises
        ``InitError`` when there is no such file, in Lambda's words.
        """
        del wrapper
        for folder in (description.code, opt):
            bootstrap = folder / "bootstrap"
            if bootstrap.is_file():
                return [str(bootstrap)]
        raise InitError(
            function_error.RUNTIME_INVALID_ENTRYPOINT,
            reason=function_error.NO_BOOTSTRAP,
            advice=f"Put an executable file with the name bootstrap at the top of the function's code ({description.code}) "
            "or of a layer.",
        )


@dataclass(frozen=True, slots=True)
class WrappedRuntime:
    """A managed runtime of another language: its variables, and in its place what an exec wrapper starts.

    A script that names ``node`` or ``java`` gets this machine's, whatever its version.
    """

    name: str
    language: None = None
    libraries: Path = AWS_LIBRARIES

    @property
    def execution_env(self) -> str:
        """Its identifier, prefixed."""
        return f"AWS_Lambda_{self.name}"

    def variables(self, description: FunctionDescription, opt: Path) -> Mapping[str, str]:
        """Where Node.js and Ruby look for what layers and the function's code bring."""
        if self.name.startswith("nodejs"):
            major = self.name.removesuffix(".x").replace("nodejs", "node")
            modules = ("nodejs", major, "node_modules"), ("nodejs", "node_modules")
            return {"NODE_PATH": ":".join(str(opt.joinpath(*path)) for path in modules)}
        if self.name.startswith("ruby"):
            version = f"{self.name.removeprefix('ruby')}.0"
            gems = description.code / "vendor" / "bundle" / "ruby" / version, opt / "ruby" / "gems" / version
            return {"GEM_PATH": ":".join(map(str, gems))}
        return {}

    def command(self, description: FunctionDescription, opt: Path, wrapper: str) -> list[str]:
        """The wrapper. One that would start the runtime after all starts a program that says there is none."""
        del description, opt
        return [wrapper, *_NOTHING_TO_START, self.name]


def find_runtime(description: FunctionDescription) -> Runtime:
    """What runs the function here; a Python runtime is made first if need be.

    Raises ``RuntimeNotFoundError`` when nothing does, and what ``managed_runtime`` raises.
    """
    name = description.runtime
    if name.startswith("python"):
        return managed_runtime(name)
    if name in OS_ONLY:
        return OsOnlyRuntime(name)
    if name == RETIRED:
        raise RuntimeNotFoundError(
            f"The function declares the runtime {name}, and AWS takes no functions for it any more.",
            next_step=f"Declare {OS_ONLY[0]}: its bootstrap works in the same way.",
        )
    if description.environment.get(WRAPPER):
        return WrappedRuntime(name)
    here = ", ".join([*available_runtimes(), *OS_ONLY])
    raise RuntimeNotFoundError(
        f"The function declares the runtime {name}, and there is no {name} in the local AWS.",
        next_step=f"Declare a runtime that is here: {here}. Or let a script start the app, behind the Lambda Web Adapter's "
        f"layer: with {WRAPPER}=/opt/bootstrap and the handler run.sh any runtime works.",
    )
