"""How values are taken apart that Python cannot pickle, and which may be put together again.

Locks come back free. Functions and methods of moto's are named; so are small functions within others, by their place.
"""

from __future__ import annotations

import copyreg
import pickle
import re
import threading
import types
from collections import defaultdict
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, Final, NoReturn
from weakref import WeakValueDictionary

PROTOCOL: Final = 5
MOTO: Final = "moto."
GAPS: Final = "lambdastream.control.gaps."
PLAIN: Final = {
    "builtins": {"bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "object", "set"}
    | {"str", "tuple", "range", "slice"},
    "collections": {"Counter", "OrderedDict", "defaultdict", "deque"},
    "datetime": {"date", "datetime", "time", "timedelta", "timezone"},
    "dateutil.tz.tz": {"tzutc", "tzlocal", "tzoffset"},
    "decimal": {"Decimal"},
    "ipaddress": {"IPv4Address", "IPv4Network", "IPv6Address", "IPv6Network"},
    "requests.structures": {"CaseInsensitiveDict"},
    "threading": {"Condition", "Event"},
    "uuid": {"SafeUUID", "UUID"},
    "weakref": {"WeakValueDictionary"},
}
Reduced = tuple[Any, ...]


class NotKept:
    """Stands for what cannot be kept over a restart. ``kind`` is its type."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(f"A {self.kind} was not kept over a restart of the local AWS")


def is_known_module(module: str) -> bool:
    """Whether something in this module may be named."""
    return module.startswith((MOTO, GAPS)) or module in {*PLAIN, __name__, "lambdastream.control.moto_pickle"}


def is_known(kind: type) -> bool:
    """Whether objects of this class may be put together again."""
    if kind.__module__.startswith((MOTO, GAPS)) or kind is NotKept:
        return "<locals>" not in kind.__qualname__
    return kind.__qualname__ in PLAIN.get(kind.__module__, ())


def reduced(value: Any) -> Any:
    """A value taken apart, as ``object.__reduce_ex__`` does it.

    Raises ``pickle.PicklingError``, ``TypeError`` or ``AttributeError`` when that is not possible.
    """
    kind = type(value)
    reduce = REDUCERS.get(kind) or LATE_REDUCERS.get((kind.__module__, kind.__name__))
    if reduce is not None:
        return reduce(value)
    if not is_known(kind):
        raise pickle.PicklingError(f"{kind} is not known")
    return _reduce_defaultdict(value) if issubclass(kind, defaultdict) else value.__reduce_ex__(PROTOCOL)


def _reduce_function(function: types.FunctionType) -> Any:
    outer, _, inner = function.__qualname__.rpartition(".<locals>.")
    if not outer:
        name = (function.__module__, function.__qualname__)
        if _named_function(*name) is not function:
            raise pickle.PicklingError(f"{function.__qualname__} cannot be found again")
        return _named_function, name
    if function.__closure__:
        raise pickle.PicklingError(f"{function.__qualname__} cannot be found again")
    there = list(_inner_codes(function.__module__, outer, inner))
    return _inner_function, (function.__module__, outer, inner, there.index(function.__code__))


def _inner_codes(module: str, outer: str, inner: str) -> Iterator[types.CodeType]:
    codes = _named_function(module, outer).__code__.co_consts
    return (it for it in codes if isinstance(it, types.CodeType) and it.co_name == inner)


def _named_function(module: str, name: str) -> types.FunctionType:
    found: Any = import_module(module) if module.startswith((MOTO, GAPS)) else None
    for part in name.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, types.FunctionType) or not found.__module__.startswith((MOTO, GAPS)):
        raise pickle.PicklingError(f"{module}.{name} does not belong there")
    return found


def _inner_function(module: str, outer: str, inner: str, number: int) -> types.FunctionType:
    return types.FunctionType(list(_inner_codes(module, outer, inner))[number], vars(import_module(module)))


def _reduce_defaultdict(value: defaultdict[Any, Any]) -> Any:
    if type(value) is defaultdict:
        return value.__reduce_ex__(PROTOCOL)
    # Its own way would call the class with arguments that are not its.
    state = (vars(value), {"default_factory": value.default_factory})
    return copyreg.__newobj__, (type(value),), state, None, iter(value.items())  # type: ignore[attr-defined]


def _reduce_method(method: types.MethodType) -> Any:
    owner = method.__self__
    if not is_known(owner if isinstance(owner, type) else type(owner)):
        raise pickle.PicklingError(f"{method} is not known")
    return _method, (owner, method.__name__)


def _method(owner: Any, name: str) -> Any:
    found = getattr(owner, name)
    if not isinstance(found, types.MethodType) or not is_known(owner if isinstance(owner, type) else type(owner)):
        raise pickle.UnpicklingError(f"{name} does not belong there")
    return found


def _reduce_private_key(key: Any) -> Any:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - late: few states hold a key

    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return _private_key, (key.private_bytes(*form),)


def _private_key(text: bytes) -> Any:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - late, as above

    return serialization.load_pem_private_key(text, None)


def _web_key(fields: dict[str, Any]) -> Any:
    from joserfc.jwk import RSAKey  # noqa: PLC0415 - late, as above

    return RSAKey.import_key(fields)


def _lock() -> Any:
    return threading.Lock()


def _reentrant_lock() -> Any:
    return threading.RLock()


def _pattern(text: str, flags: int) -> Any:
    return re.compile(text, flags)


REDUCERS: Final[dict[type, Callable[[Any], Any]]] = {
    types.FunctionType: _reduce_function,
    type(threading.Lock()): lambda _: (_lock, ()),
    type(threading.RLock()): lambda _: (_reentrant_lock, ()),
    types.MethodType: _reduce_method,
    threading.Condition: lambda it: (threading.Condition, (it._lock,)),  # noqa: SLF001 - it has no other name
    re.Pattern: lambda it: (_pattern, (it.pattern, it.flags)),
    WeakValueDictionary: lambda it: (WeakValueDictionary, (), None, None, iter(it.items())),
}
# By their names: to import them takes long, and few states hold one.
LATE_REDUCERS: Final[dict[tuple[str, str], Callable[[Any], Any]]] = {
    ("joserfc._rfc7518.rsa_key", "RSAKey"): lambda it: (_web_key, (it.as_dict(private=True),)),
    ("cryptography.hazmat.bindings._rust.openssl.rsa", "RSAPrivateKey"): _reduce_private_key,
    ("cryptography.hazmat.bindings._rust.openssl.ec", "ECPrivateKey"): _reduce_private_key,
}
FUNCTIONS: Final = (
    *(_named_function, _inner_function, _method),
    *(_private_key, _web_key, _lock, _reentrant_lock, _pattern),
)
