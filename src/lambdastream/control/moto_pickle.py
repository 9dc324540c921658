"""moto's objects as bytes, and back.

Most of them can be pickled as they are, and ``reductions`` has what else they hold. The content of S3's objects and of code
goes to ``blobs``, and so do the events of log streams, in batches. What is left becomes ``NotKept``, and its type is told.

Unpickling runs what a file names, so it takes no more than classes of moto's and of the gaps, and plain values: a file of
somebody else's cannot make it do anything else.
"""

from __future__ import annotations

import copyreg
import json
import pickle
import sys
from importlib import import_module
from types import FunctionType
from typing import IO, Any, Final
from weakref import WeakKeyDictionary

from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.logs.models import LogEvent, LogStream
from moto.s3.models import FakeKey

from lambdastream.control import reductions
from lambdastream.control.blobs import Blobs
from lambdastream.control.reductions import PROTOCOL, NotKept, Reduced, is_known, is_known_module, reduced

LARGE: Final = 32 * 1024
BATCH: Final = 500
MOST_BATCHES: Final = 20


class Caches:
    """What need not be worked out at every save: the names of blobs, and the batches of log events."""

    def __init__(self) -> None:
        self.values: dict[int, tuple[bytes, str]] = {}
        self.objects: WeakKeyDictionary[FakeKey, str] = WeakKeyDictionary()
        self.batches: WeakKeyDictionary[LogStream, list[bytes]] = WeakKeyDictionary()


class Held:
    """A blob by its name."""

    def __init__(self, name: str) -> None:
        self.name = name


class MotoPickler(pickle.Pickler):
    """Writes to ``file``, large values to ``blobs``. ``used`` are the blobs' names, ``not_kept`` the types left out."""

    def __init__(self, file: IO[bytes], blobs: Blobs, caches: Caches) -> None:
        super().__init__(file, PROTOCOL)
        self._blobs, self._caches = blobs, caches
        self._values: dict[int, tuple[bytes, str]] = {}
        self.used: set[str] = set()
        self.not_kept: set[str] = set()

    def finish(self) -> None:
        """Remember the large values of this time alone."""
        self._caches.values = self._values

    def persistent_id(self, value: Any) -> Any:
        kind = type(value)
        if kind is bytes:
            return ("blob", self._large(value)) if len(value) >= LARGE else None
        if kind is Held:
            return ("blob", value.name)
        if kind is AccountSpecificBackend:
            return ("account", *backends_name(value), value.account_id)
        return ("backends", *backends_name(value)) if isinstance(value, BackendDict) else None

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if isinstance(value, type):
            return NotImplemented if is_known(value) else self._leave_out(value)
        if kind is FunctionType and value in FUNCTIONS:
            return NotImplemented
        try:
            if kind is FakeKey:
                return self._object(value)
            if kind is LogStream:
                return self._log_stream(value)
            return reduced(value)
        except (TypeError, AttributeError, pickle.PicklingError):
            # It holds something of the system's.
            pass
        return self._leave_out(kind)

    def _leave_out(self, kind: type) -> Reduced:
        name = f"{kind.__module__}.{kind.__qualname__}"
        self.not_kept.add(name)
        return NotKept, (name,)

    def _large(self, value: bytes) -> str:
        known = self._values.get(id(value)) or self._caches.values.get(id(value)) or (value, self._blobs.put(value))
        self._values[id(value)] = known
        self.used.add(known[1])
        return known[1]

    def _object(self, key: FakeKey) -> Reduced:
        if getattr(key, "contentsize", 0) < LARGE or key.disposed:
            return copyreg.__newobj__, (FakeKey,), key.__getstate__()  # type: ignore[attr-defined]
        name = self._caches.objects.get(key)
        if name is None:
            name = self._caches.objects[key] = self._blobs.put(key.value)
        self.used.add(name)
        kept = {it: value for it, value in vars(key).items() if it not in {"_value_buffer", "lock"}}
        return copyreg.__newobj__, (FakeKey,), kept | {"value": Held(name)}  # type: ignore[attr-defined]

    def _log_stream(self, stream: LogStream) -> Reduced:
        batches = self._caches.batches.setdefault(stream, [])
        while len(stream.events) >= (len(batches) + 1) * BATCH:
            first = len(batches) * BATCH
            batches.append(_encode_events(stream.events[first : first + BATCH]))
        last = _encode_events(stream.events[len(batches) * BATCH :])
        kept = vars(stream) | {"events": [*batches[-MOST_BATCHES:], last]}
        return copyreg.__newobj__, (LogStream,), kept, None, None, _set_log_stream  # type: ignore[attr-defined]


class MotoUnpickler(pickle.Unpickler):
    """Reads what ``MotoPickler`` wrote. Raises ``pickle.UnpicklingError`` for what that does not write."""

    def __init__(self, file: IO[bytes], blobs: Blobs) -> None:
        super().__init__(file)
        self._blobs = blobs
        self._values: dict[str, bytes] = {}

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name) if is_known_module(module) else None
        if found in FUNCTIONS or (isinstance(found, type) and is_known(found)):
            return found
        raise pickle.UnpicklingError(f"{module}.{name} does not belong there")

    def persistent_load(self, pid: Any) -> Any:
        match pid:
            case ("blob", str(name)):
                if name not in self._values:
                    self._values[name] = self._blobs.get(name)
                return self._values[name]
            case ("backends", str(module), str(name)):
                return find_backends(module, name)
            case ("account", str(module), str(name), str(account)):
                return find_backends(module, name)[account]
        raise pickle.UnpicklingError(f"{pid!r} does not belong there")


def backends_name(backends: Any) -> tuple[str, str]:
    """The module and the variable that hold the backends of a service, which are given, or those of an account."""
    module = backends.backend.__module__
    for name, value in vars(sys.modules[module]).items():
        if isinstance(value, BackendDict) and value.service_name == backends.service_name:
            return module, name
    raise pickle.PicklingError(f"{module} has no backends of its own")


def find_backends(module: str, name: str) -> BackendDict[Any]:
    """The backends of a service. Raises ``pickle.UnpicklingError``."""
    found = getattr(import_module(module), name, None) if module.startswith("moto.") else None
    if not isinstance(found, BackendDict):
        raise pickle.UnpicklingError(f"{module}.{name} does not belong there")
    return found


def _encode_events(events: list[LogEvent]) -> bytes:
    return json.dumps([[it.ingestion_time, it.timestamp, it.message, it.event_id] for it in events]).encode()


def _set_log_stream(stream: LogStream, state: dict[str, Any]) -> None:
    vars(stream).update(state, events=[_event(*told) for batch in state["events"] for told in json.loads(batch)])


def _event(ingestion_time: int, timestamp: int, message: str, event_id: int) -> LogEvent:
    event = LogEvent(ingestion_time, {"timestamp": timestamp, "message": message})
    event.event_id = event_id
    return event


FUNCTIONS: Final = (*reductions.FUNCTIONS, _set_log_stream)
