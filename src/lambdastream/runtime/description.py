"""What the local Lambda has to know of a function: the settings of ``CreateFunction`` and ``CreateFunctionUrlConfig``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
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
# Lambda's runtimes, those that are deprecated and those to come: a newer one needs no newer list.
RUNTIME: Final = re.compile(
    r"python\d\.\d+|provided(\.al2(023)?)?|nodejs\d+\.x|ruby\d+\.\d+|java\d+(\.al2(023)?)?|dotnet(core)?\d+(\.\d+)?|go1\.x"
)
# AWS Lambda developer guide, "Defined runtime environment variables": Lambda sets them, and refuses a function that does.
# Those that begin with an underscore are no names for variables anyway.
RESERVED_VARIABLES: Final = frozenset(
    {
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
# What the reference grammar of container images allows at most; no option of a command line begins so.
IMAGE_URI: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*")
LONGEST_TIMEOUT: Final = 900
MEMORY_RANGE: Final = range(128, 10241)
SMALLEST_EPHEMERAL_STORAGE: Final = 512
EPHEMERAL_STORAGE_RANGE: Final = range(SMALLEST_EPHEMERAL_STORAGE, 10241)


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
class ContainerImage:
    """The container image that a function is, in place of code, handler and runtime.

    ``uri`` is what Docker pulls; with a digest (``NAME@sha256:...``) it is not pulled again where it is known. The others,
    if they are given, stand for the image's own ENTRYPOINT, CMD and WORKDIR (``ImageConfig`` of ``CreateFunction``).
    """

    uri: str
    entry_point: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_directory: str = ""

    def __post_init__(self) -> None:
        _matches("image", self.uri, IMAGE_URI, "a name that Docker knows, such as 127.0.0.1:5000/agent:latest")

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ContainerImage:
        """An image from plain JSON values. Raises ``TypeError`` for anything else."""
        lists = {name: tuple(value.get(name) or ()) for name in ("entry_point", "command")}
        return cls(**{**value, **lists})


@dataclass(frozen=True, slots=True)
class FunctionDescription:
    """One function, as it is deployed: a folder with its code, with ``handler`` and ``runtime``, or else an ``image``.

    ``code`` is a folder with the handler and everything that the function's requirements installed (what ``sam build``
    makes); it becomes absolute. ``memory`` and ``ephemeral_storage``, the size of ``/tmp``, are in MB, ``timeout`` is in
    seconds. ``layers`` are ARNs of the Lambda Web Adapter or folders on this machine, laid over each other at ``/opt`` in
    their order. ``url`` is ``None`` for a function without a function URL. ``log_group`` is ``/aws/lambda/{name}`` unless it
    is given.

    ``version`` says which code this is, ``qualifier`` by which version or alias it is invoked; without one it is
    ``$LATEST``, the function itself. ``role`` is the ARN of the role whose credentials it gets, one of its own name unless
    it is given. ``reserved_concurrency`` counts for all versions of the function, and is read where there is no
    ``qualifier``.

    Raises ``DescriptionError`` when a setting makes no sense.
    """

    name: str
    code: Path = Path()
    handler: str = ""
    runtime: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    memory: int = 128
    ephemeral_storage: int = SMALLEST_EPHEMERAL_STORAGE
    timeout: float = 3
    layers: tuple[str, ...] = ()
    url: FunctionUrlConfig | None = None
    log_group: str = ""
    role: str = ""
    region: str = REGION
    version: str = LATEST
    qualifier: str = ""
    reserved_concurrency: int | None = None
    image: ContainerImage | None = None

    def __post_init__(self) -> None:
        _matches("name", self.name, NAME, "up to 64 letters, digits, hyphens and underscores")
        if self.image is None:
            self._check_package()
        else:
            _require(not self.layers, "image cannot have layers.", "Put the layers' files into the image.")
        _require(
            0 < self.timeout <= LONGEST_TIMEOUT,
            f"timeout is {self.timeout}.",
            f"Give 1 to {LONGEST_TIMEOUT} seconds.",
        )
        _refuse_reserved(self.environment)
        for name, value in self.environment.items():
            _matches("environment variable's name", name, VARIABLE, "letters, digits and underscores, a letter first")
            _require("\0" not in value, f"environment variable {name} holds a NUL.", "Remove it.")
        _require(self.memory in MEMORY_RANGE, f"memory is {self.memory}.", "Give 128 to 10240 MB.")
        _require(
            self.ephemeral_storage in EPHEMERAL_STORAGE_RANGE,
            f"ephemeral storage is {self.ephemeral_storage}.",
            "Give 512 to 10240 MB.",
        )
        object.__setattr__(self, "log_group", self.log_group or f"/aws/lambda/{self.name}")
        object.__setattr__(self, "role", self.role or f"arn:aws:iam::{ACCOUNT}:role/{self.name}")

    def _check_package(self) -> None:
        _matches("runtime", self.runtime, RUNTIME, "one of Lambda's, such as python3.13 or provided.al2023")
        _require(
            bool(self.handler),
            "handler is empty.",
            "Give module.function, or the name of a script such as run.sh.",
        )
        _require(
            self.code.is_dir(),
            f"There is no folder {self.code}.",
            "Build the function first, then deploy what was built.",
        )
        # Another process, with another working directory, may read this.
        object.__setattr__(self, "code", self.code.absolute())

    @property
    def reference(self) -> FunctionReference:
        """What it is invoked by."""
        return FunctionReference(self.name, self.qualifier, self.region)

    def with_timeout(self, seconds: float) -> FunctionDescription:
        """The same function with another timeout, also one that is longer than AWS has them."""
        other = copy(self)
        object.__setattr__(other, "timeout", seconds)
        return other

    def with_code(self, folder: Path) -> FunctionDescription:
        """The same function with its code elsewhere: where its programs see it, which need not be here."""
        other = copy(self)
        object.__setattr__(other, "code", folder)
        return other

    def to_json(self) -> dict[str, Any]:
        """The description as plain JSON values; ``from_json`` reads it back."""
        return asdict(self) | {"code": str(self.code), "environment": dict(self.environment)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> FunctionDescription:
        """A description from the values of ``to_json``. Raises ``DescriptionError`` for anything else."""
        try:
            url, image = value.get("url"), value.get("image")
            return cls(
                **{
                    **value,
                    "code": Path(value["code"]),
                    "layers": tuple(value.get("layers", ())),
                    "url": FunctionUrlConfig.from_json(url) if url else None,
                    "image": ContainerImage.from_json(image) if image else None,
                }
            )
        except (TypeError, KeyError, AttributeError) as error:
            raise DescriptionError(
                f"This is not a function's description: {error}.",
                next_step="See FunctionDescription for its fields.",
            ) from error


def _refuse_reserved(environment: Mapping[str, str]) -> None:
    if reserved := ", ".join(sorted(RESERVED_VARIABLES & environment.keys())):
        raise DescriptionError(
            "Lambda was unable to configure your environment variables because the environment variables you have provided "
            f"contains reserved keys that are currently not supported for modification. Reserved keys used: {reserved}.",
            next_step="Give them other names; Lambda sets these itself.",
        )


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    _require(value in allowed, f"{name} is {value!r}.", f"Give one of {', '.join(allowed)}.")


def _matches(name: str, value: str, pattern: re.Pattern[str], allowed: str) -> None:
    _require(bool(pattern.fullmatch(value)), f"{name} is {value!r}.", f"Give {allowed}.")


def _require(condition: bool, problem: str, next_step: str) -> None:
    if not condition:
        raise DescriptionError(f"A function's {problem}", next_step=next_step)
