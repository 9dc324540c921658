"""What can be chosen with ``cdk deploy -c NAME=VALUE``: what ``template.yaml`` has as parameters, by the same names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self

RUNTIMES: Final = ("python3.11", "python3.12", "python3.13", "python3.14")
ARCHITECTURES: Final = ("x86_64", "arm64")
AUTH_TYPES: Final = ("AWS_IAM", "NONE")
CONSENT: Final = "at-my-expense"
MOST_CONCURRENCY: Final = 100
_FIELDS: Final = {
    "PythonRuntime": "python_runtime",
    "Architecture": "architecture",
    "AuthType": "auth_type",
    "OpenToEveryone": "open_to_everyone",
    "AllowedOrigins": "allowed_origins",
}


class SettingError(Exception):
    """A value that cannot be; the message says which ones can."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the app is deployed.

    ``auth_type`` says who may call the API and the function URL. Where everyone may (NONE), ``open_to_everyone`` has to
    say that this is meant, and each function answers no more than ``open_concurrency`` requests at a time.
    ``allowed_origins`` are those of pages that may read the answers, with spaces between; ``*`` stands for all.

    Raises ``SettingError``.
    """

    python_runtime: str = "python3.13"
    architecture: str = "x86_64"
    auth_type: str = "AWS_IAM"
    open_to_everyone: str = "no"
    open_concurrency: int = 5
    allowed_origins: str = "*"

    def __post_init__(self) -> None:
        for name, value, allowed in (
            ("PythonRuntime", self.python_runtime, RUNTIMES),
            ("Architecture", self.architecture, ARCHITECTURES),
            ("AuthType", self.auth_type, AUTH_TYPES),
            ("OpenToEveryone", self.open_to_everyone, ("no", CONSENT)),
        ):
            if value not in allowed:
                raise SettingError(f"{name} is {value!r}. It can be {', '.join(allowed)}.")
        if not 1 <= self.open_concurrency <= MOST_CONCURRENCY:
            raise SettingError(f"OpenConcurrency is {self.open_concurrency}. It can be 1 to {MOST_CONCURRENCY}.")
        if self.is_open and self.open_to_everyone != CONSENT:
            raise SettingError(
                f"With AuthType=NONE everyone may call, and you pay. If you mean it, add -c OpenToEveryone={CONSENT}"
            )

    @classmethod
    def from_context(cls, look_up: Callable[[str], Any]) -> Self:
        """The settings of a CDK app; ``look_up`` gives a value of its context, or ``None``. Raises ``SettingError``."""
        given = {name: look_up(name) for name in _FIELDS}
        fields: dict[str, Any] = {_FIELDS[name]: str(value) for name, value in given.items() if value is not None}
        concurrency = look_up("OpenConcurrency")
        return cls(**fields) if concurrency is None else cls(**fields, open_concurrency=_number(concurrency))

    @property
    def is_open(self) -> bool:
        """Whether everyone may call."""
        return self.auth_type == "NONE"

    @property
    def python_version(self) -> str:
        """``3.13``."""
        return self.python_runtime.removeprefix("python")


def _number(value: Any) -> int:
    # From cdk.json jsii gives a float, from the command line a text.
    text = str(value).removesuffix(".0")
    if not text.isdecimal():
        raise SettingError(f"OpenConcurrency is {value!r}. It has to be a whole number.")
    return int(text)
