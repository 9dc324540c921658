"""How moto starts sooner: what it imports, or reads again and again, and the local AWS does not need for its start.

Together this is almost half of the time. Nothing is taken away: what is left out is there when it is first used.
"""

from __future__ import annotations

import functools
import gc
import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final

from botocore import session

_VALIDATOR: Final = "openapi_spec_validator"
_STAND_INS: Final = (_VALIDATOR, f"{_VALIDATOR}.validation", f"{_VALIDATOR}.validation.exceptions")


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import moto in this ``with`` block, and it takes a little more than half of the time."""
    # jsonschema does without it; importing it compiles a grammar, for seconds.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    for module in _validator_stand_ins():
        sys.modules[module.__name__] = module
    create = session.create_loader
    # moto.ec2 asks three new sessions for its regions; each reads the whole description of EC2, and all endpoints.
    session.create_loader = functools.cache(create)
    # Imports make objects that stay: to look among them for garbage, again and again, finds none.
    gc.disable()
    try:
        yield
    finally:
        session.create_loader = create
        gc.freeze()
        gc.enable()


class _OpenApiValidationError(Exception):
    """Stands for the validator's own error in moto's ``except`` clause."""


def _validate(document: Mapping[str, Any]) -> None:
    """The validator's ``validate``: moto calls it for a REST API that boto3 imports with ``failOnWarnings``."""
    for name in _STAND_INS:
        sys.modules.pop(name, None)
    validator = importlib.import_module(_VALIDATOR)
    errors = importlib.import_module(f"{_VALIDATOR}.validation.exceptions")
    try:
        validator.validate(document)
    except errors.OpenAPIValidationError as error:
        raise _OpenApiValidationError(str(error)) from error


def _validator_stand_ins() -> Iterator[ModuleType]:
    """openapi-spec-validator as moto imports it: that takes a second, and hardly a call needs it."""
    package, validation, exceptions = (ModuleType(name) for name in _STAND_INS)
    vars(package)["validate"] = _validate
    vars(exceptions)["OpenAPIValidationError"] = _OpenApiValidationError
    return iter((package, validation, exceptions))
