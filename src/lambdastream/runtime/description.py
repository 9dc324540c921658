"""What the local Lambda has to know of a function: the settings of ``CreateFunction`` and ``CreateFunctionUrlConfig``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

from lambdastream.errors import DescriptionError
from lambdastream.runtime.arn import ACCOUNT, LATEST, REGION, FunctionReference
from lambdastream.runtime.cors import Cors

InvokeMode = Literal["BUFFERED", "RESPONSE_STREAM"]
AuthType = Literal["NONE", "AWS_IAM"]

NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
VARIABLE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]+")
RUNTIME: Final = re.compile(r"python3\.\d+")
LONGEST_TIMEOUT: Final = 900
MEMORY_RANGE: Final = range(128, 10241)


@dataclass(frozen=True, slots=True)
class FunctionUrlConfig:
    """A function URL: who may call it, whether it streams, and what pages of other origins may do."""

    auth_type: AuthType = "AWS_IAM"
    invoke_mode: InvokeMode = "BUFFERED"
    cors: Cors | None = None

    def __post_init__(self) -> None:
        _one_of("auth_type", self.auth_type, get_args(AuthType))
        _one_of("invoke_mode", self.invoke_mode, get_args(InvokeMode))

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> FunctionUrlConfig:
        """A configuration from plain JSON values. Raises ``TypeError`` for anything else."""
        cors = value.get("cors")
        return cls(**{**value, "cors": Cors.from_json(cors) if cors else None})


@dataclass(frozen=True, slots=True)
class FunctionDescription:
    """One function, as it is deployed.

    ``code`` is a folder with the handler and everything that the function's requirements installed (what ``sam build``
    makes); it becomes absolute. ``memory`` is in MB, ``timeout`` in seconds. ``layers`` are ARNs of the Lambda Web Adapter
    or folders on this machine, laid over each other at ``/opt`` in their order. ``url`` is ``None`` for a function
    without a function URL. ``log_group`` is ``/aws/lambda/{name}`` unless it is given.

    ``version`` says which code this is, ``qualifier`` by which version or alias it is invoked; without one it is
    ``$LATEST``, the function itself. ``role`` is the ARN of the role whose credentials it gets, one of its own name unless
    it is given. ``reserved_concurrency`` counts for all versions of the function, and is read where there is no
    ``qualifier``.

    Raises ``DescriptionError`` when a setting makes no sense.
    """

    name: str
    code: Path
    handler: str
    runtime: str
    environment: Mapping[str, str] = field(default_factory=dict)
    memory: int = 128
    timeout: float = 3
    layers: tuple[str, ...] = ()
    url: FunctionUrlConfig | None = None
    log_group: str = ""
    role: str = ""
    region: str = REGION
    version: str = LATEST
    qualifier: str = ""
    reserved_concurrency: int | None = None

    def __post_init__(self) -> None:
        _matches("name", self.name, NAME, "up to 64 letters, digits, hyphens and underscores")
        _matches("runtime", self.runtime, RUNTIME, "python3.x, such as python3.13")
        _require(
            bool(self.handler),
            "handler is empty.",
            "Give module.function, or the name of a script such as run.sh.",
        )
        _require(
            0 < self.timeout <= LONGEST_TIMEOUT,
            f"timeout is {self.timeout}.",
            f"Give 1 to {LONGEST_TIMEOUT} seconds.",
        )
        for name, value in self.environment.items():
            _matches("environment variable's name", name, VARIABLE, "letters, digits and underscores, a letter first")
            _require("\0" not in value, f"environment variable {name} holds a NUL.", "Remove it.")
        _require(self.memory in MEMORY_RANGE, f"memory is {self.memory}.", "Give 128 to 10240 MB.")
        _require(
            self.code.is_dir(),
            f"There is no folder {self.code}.",
            "Build the function first, then deploy what was built.",
        )
        # Another process, with another working directory, may read this.
        object.__setattr__(self, "code", self.code.absolute())
        object.__setattr__(self, "log_group", self.log_group or f"/aws/lambda/{self.name}")
        object.__setattr__(self, "role", self.role or f"arn:aws:iam::{ACCOUNT}:role/{self.name}")

    @property
    def reference(self) -> FunctionReference:
        """What it is invoked by."""
        return FunctionReference(self.name, self.qualifier, self.region)

    def to_json(self) -> dict[str, Any]:
        """The description as plain JSON values; ``from_json`` reads it back."""
        return asdict(self) | {"code": str(self.code), "environment": dict(self.environment)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> FunctionDescription:
        """A description from the values of ``to_json``. Raises ``DescriptionError`` for anything else."""
        try:
            url = value.get("url")
            return cls(
                **{
                    **value,
                    "code": Path(value["code"]),
                    "layers": tuple(value.get("layers", ())),
                    "url": FunctionUrlConfig.from_json(url) if url else None,
                }
            )
        except (TypeError, KeyError, AttributeError) as error:
            raise DescriptionError(
                f"This is not a function's description: {error}.",
                next_step="See FunctionDescription for its fields.",
            ) from error


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    _require(value in allowed, f"{name} is {value!r}.", f"Give one of {', '.join(allowed)}.")


def _matches(name: str, value: str, pattern: re.Pattern[str], allowed: str) -> None:
    _require(bool(pattern.fullmatch(value)), f"{name} is {value!r}.", f"Give {allowed}.")


def _require(condition: bool, problem: str, next_step: str) -> None:
    if not condition:
        raise DescriptionError(f"A function's {problem}", next_step=next_step)
