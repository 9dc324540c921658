"""The limits as the command line names them: ``--limit stream-rate=512KB``, ``--limit timeout=none``.

A name is a field of ``Limits``. A size is a number of bytes, or has a unit; a time is in seconds; ``none`` lifts a limit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any, Final, TypeAlias

from lambdastream.errors import UsageError
from lambdastream.runtime.limits import LIFTED, LIFTED_TIME, Limits

Value: TypeAlias = int | float | None

NONE: Final = "none"
SWITCH: Final = {"on": True, "off": False, NONE: False}
UNITS: Final = {"": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}
SIZE: Final = re.compile(r"(\d+)\s*(KB|MB|GB|)", re.IGNORECASE)
TIME: Final = re.compile(r"(\d+(?:\.\d+)?)\s*s?", re.IGNORECASE)
DEFAULTS: Final[dict[str, Value]] = {field.name: getattr(Limits(), field.name) for field in fields(Limits)}
MEANINGS: Final = {
    "request_payload": "the most that an invocation may bring",
    "event_payload": "the same of an asynchronous one",
    "response_payload": "the most that a buffered answer may have",
    "init": "the time that an execution environment has to start",
    "shutdown": "the time that it has to end by itself",
    "environments": "how many execution environments a function may have at once",
    "idle": "the time after which one that is not used ends",
    "memory": "end a function that takes more memory than it has",
    "freeze": "stop a function's processes between invocations",
    "upload": "the most that a request for another service may bring",
    "stream_payload": "the most that a streamed answer may have",
    "stream_full_speed": "how much of it goes as fast as it can",
    "stream_rate": "how much a second comes after that",
    "timeout": "the time that an invocation may take, for every function",
    "api_timeout": "the time that an API waits for a function, for every route",
    "api_request": "the largest body of a request to an API",
    "request_head": "the time that a client has for a request's head, and for each pause",
}


def parse_limit(text: str) -> tuple[str, Value]:
    """The field of ``Limits`` and its value that ``name=value`` means. Raises ``UsageError``."""
    written, _, value = (part.strip() for part in text.partition("="))
    name = written.replace("-", "_").lower()
    if name not in DEFAULTS:
        raise UsageError(
            f"{written or repr(text)} is no limit.", next_step=f"There are: {', '.join(map(_option, DEFAULTS))}"
        )
    default = DEFAULTS[name]
    if isinstance(default, bool):
        return name, _switch(name, value)
    if isinstance(default, int):
        return name, LIFTED if value == NONE else _positive(name, value, _size(value), "10MB")
    return name, LIFTED_TIME if value == NONE else _positive(name, value, _time(value), "30s")


def with_limits(pairs: Iterable[tuple[str, Value]]) -> Limits:
    """The limits with these values in place of AWS's own; the last one of a name counts."""
    changed: Any = dict(pairs)
    return replace(Limits(), **changed)


def changed_limits(limits: Limits) -> dict[str, str]:
    """The limits that are not as on AWS: their names and values, as ``parse_limit`` reads them."""
    return {
        _option(name): _text(value)
        for name, value in ((name, getattr(limits, name)) for name in DEFAULTS)
        if value != DEFAULTS[name]
    }


def limits_table() -> str:
    """Every limit, a line each: its name, what it is by default, what it means."""
    return "\n".join(
        f"  {_option(name):18} {_text(value):12} {MEANINGS.get(name, '')}".rstrip() for name, value in DEFAULTS.items()
    )


def _option(name: str) -> str:
    return name.replace("_", "-")


def _text(value: Value) -> str:
    if value is None:
        return "as declared"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return NONE if value in {LIFTED_TIME, math.inf} else f"{value!r}".removesuffix(".0") + "s"
    if value == LIFTED:
        return NONE
    for unit in ("GB", "MB", "KB"):
        if value and value % UNITS[unit] == 0:
            return f"{value // UNITS[unit]}{unit}"
    return str(value)


def _switch(name: str, value: str) -> bool:
    if value not in SWITCH:
        raise _wrong(name, value, "on or off")
    return SWITCH[value]


def _size(text: str) -> int:
    found = SIZE.fullmatch(text)
    return min(int(found[1]) * UNITS[found[2].upper()], LIFTED) if found else 0


def _time(text: str) -> float:
    found = TIME.fullmatch(text)
    return min(float(found[1]), LIFTED_TIME) if found else 0.0


def _positive(name: str, text: str, value: Value, example: str) -> Value:
    if not value:
        raise _wrong(name, text, f"a number above 0, such as {example}, or {NONE}")
    return value


def _wrong(name: str, value: str, wanted: str) -> UsageError:
    return UsageError(f"{value!r} is no value of the limit {_option(name)}.", next_step=f"Give {wanted}.")
