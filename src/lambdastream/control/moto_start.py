"""How moto starts sooner: what it imports, or reads again and again, and the local AWS does not need for its start.

Together this is almost half of the time. Nothing is taken away: what is left out is there when it is first used.
"""

from __future__ import annotations

import functools
import gc
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final

from botocore import session

_VALIDATOR: Final = "openapi_spec_validator"
_OFFERINGS: Final = "ec2/resources/instance_type_offerings/"
_STAND_INS: Final = (_VALIDATOR, f"{_VALIDATOR}.validation", f"{_VALIDATOR}.validation.exceptions")


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import moto in this ``with`` block, and it takes a little more than half of the time."""
    # jsonschema does without it; importing it compiles a grammar, for seconds.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    for module in _validator_stand_ins():
        sys.modules[module.__name__] = module
    # Later than what is above: it is a part of moto.
    from moto.utilities import utils  # noqa: PLC0415

    create, load = session.create_loader, utils.load_resource
    utils.load_resource = functools.partial(_load_resource, load)
    # moto.ec2 asks three new sessions for its regions; each reads the whole description of EC2, and all endpoints.
    session.create_loader = functools.cache(create)
    # Imports make objects that stay: to look among them for garbage, again and again, finds none.
    gc.disable()
    try:
        yield
    finally:
        session.create_loader, utils.load_resource = create, load
        gc.freeze()
        gc.enable()


class _Offerings:
    """Where EC2 offers which types of instances, for one region: read when it is asked for, and kept by nobody.

    All regions together are 150 000 entries, which moto reads while it is imported, for a quarter of a second.
    """

    def __init__(self, load: Callable[[str], list[dict[str, str]]], resource: str) -> None:
        self._load = load
        self._resource = resource
        self._is_asked_for = False

    def __iter__(self) -> Iterator[dict[str, str]]:
        if not self._is_asked_for:
            # moto.ec2 goes through them once while it is imported, to note in each what is noted below.
            self._is_asked_for = True
            return
        location_type = self._resource.removeprefix(_OFFERINGS).partition("/")[0]
        for offering in self._load(self._resource):
            yield offering | {"LocationType": location_type}


def _load_resource(load: Callable[[str], Any], resource: str) -> Any:
    """Load what moto asks for, but for the offerings."""
    return _Offerings(load, resource) if resource.startswith(_OFFERINGS) else load(resource)


class _OpenApiValidationError(Exception):
    """Stands for the validator's own error in moto's ``except`` clause."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@functools.cache
def _validator() -> tuple[Any, Any]:
    """The validator and its errors. Once: imported anew, they would be other classes than those that are raised."""
    for name in _STAND_INS:
        sys.modules.pop(name, None)
    return importlib.import_module(_VALIDATOR), importlib.import_module(f"{_VALIDATOR}.validation.exceptions")


def _validate(document: Mapping[str, Any]) -> None:
    """The validator's ``validate``: moto calls it for a REST API that boto3 imports with ``failOnWarnings``."""
    validator, errors = _validator()
    try:
        validator.validate(document)
    except errors.OpenAPIValidationError as error:
        raise _OpenApiValidationError(error.message) from error


def _validator_stand_ins() -> Iterator[ModuleType]:
    """openapi-spec-validator as moto imports it: that takes a second, and hardly a call needs it."""
    package, validation, exceptions = (ModuleType(name) for name in _STAND_INS)
    vars(package)["validate"] = _validate
    vars(exceptions)["OpenAPIValidationError"] = _OpenApiValidationError
    return iter((package, validation, exceptions))
