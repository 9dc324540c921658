"""The state of the control plane in the project's folder: saved after each change, loaded at the next start.

It is a snapshot, not a record of calls to be made again: it is as large as what there is, not as what ever was; ids, keys,
times and events come back as they were, whatever the order in which stacks were deployed at once; it takes no secret seed.
"""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import moto
from moto.core.base_backend import BackendDict
from moto.logs.models import LogEvent

from lambdastream.control.blobs import Blobs, write_private
from lambdastream.control.forgetting import SNAPSHOT
from lambdastream.control.moto_pickle import Caches, MotoPickler, MotoUnpickler, backends_name, find_backends
from lambdastream.errors import LocalAwsError

FORMAT: Final = 1
START_EMPTY: Final = "Start without it: lambdastream up --fresh. Then deploy again."
_EVERY_BACKENDS: Final = {"backend", "service_name", "_use_boto3_regions", "_additional_regions", "_id"}


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a snapshot: who can read the rest. Objects of another version may lack what this one looks for."""

    lambdastream: str = version("lambdastream")
    moto: str = moto.__version__
    format: int = FORMAT

    def __str__(self) -> str:
        return f"lambdastream {self.lambdastream} with moto {self.moto}, format {self.format}"


class Snapshot:
    """The snapshot in ``state``, the project's folder for state."""

    def __init__(self, state: Path) -> None:
        self._folder = state / SNAPSHOT
        self._file = self._folder / "snapshot"
        self._blobs = Blobs(self._folder / "blobs")
        self._caches = Caches()
        self._told: set[str] = set()

    def save(self) -> None:
        """Save everything that moto holds. What fails is told on standard error: a call must not fail with it."""
        try:
            self._save()
        except Exception as error:  # noqa: BLE001 - whatever it is, the local AWS goes on
            traceback.print_exc(file=sys.stderr)
            print(f"The state is not saved, and the next start will not have it: {error}", file=sys.stderr, flush=True)

    def load(self) -> bool:
        """Bring back what was saved last; whether there was anything. Raises ``LocalAwsError`` when that is not possible."""
        try:
            content = self._read()
            if content is None:
                return False
            _put_back(MotoUnpickler(io.BytesIO(content), self._blobs).load())
        except LocalAwsError:
            raise
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            raise LocalAwsError(f"The state in {self._file} cannot be read: {error}.", next_step=START_EMPTY) from error
        return True

    def _save(self) -> None:
        content = io.BytesIO()
        pickler = MotoPickler(content, self._blobs, self._caches)
        pickler.dump(_collected())
        pickler.finish()
        header = json.dumps(asdict(Header())).encode() + b"\n"
        write_private(self._file, header, content.getvalue())
        self._blobs.keep_only(pickler.used)
        for kind in sorted(pickler.not_kept - self._told):
            print(f"Not kept over a restart: {kind}", file=sys.stderr, flush=True)
        self._told |= pickler.not_kept

    def _read(self) -> bytes | None:
        """The snapshot after its header, which must be ours and of this moto."""
        with suppress(FileNotFoundError), self._file.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_uid != os.getuid() or status.st_mode & 0o077:
                raise LocalAwsError(
                    f"The state in {self._file} was not made by the local AWS of this user: others can write or read it.",
                    next_step=START_EMPTY,
                )
            self._check(Header(**json.loads(file.readline())))
            return file.read()
        return None

    def _check(self, header: Header) -> None:
        if header != Header():
            raise LocalAwsError(
                f"The state in {self._file} was made by another version: {header}. This is {Header()}.",
                next_step="Install that version again, or start without it: lambdastream up --fresh. Then deploy again.",
            )


def _collected() -> dict[str, Any]:
    services: list[BackendDict[Any]] = list(BackendDict._instances)  # type: ignore[misc] # noqa: SLF001 - moto's own list of what is in use
    names = [backends_name(backends) for backends in services]
    return {
        "backends": [
            (*name, account, region, backend)
            for name, backends in zip(names, services, strict=True)
            for account, region, backend in backends.iter_backends()
        ],
        # S3 keeps whose a bucket is beside its backends.
        "beside": [
            (*name, {key: value for key, value in vars(backends).items() if key not in _EVERY_BACKENDS})
            for name, backends in zip(names, services, strict=True)
        ],
        "log_events": LogEvent._event_id,  # noqa: SLF001 - so that no id comes twice
    }


def _put_back(state: dict[str, Any]) -> None:
    for module, name, values in state["beside"]:
        vars(find_backends(module, name)).update(values)
    for module, name, account, region, backend in state["backends"]:
        find_backends(module, name)[account][region] = backend
    LogEvent._event_id = state["log_events"]  # noqa: SLF001
