"""Free ports on loopback, outside the range from which the system itself takes ports for outgoing connections."""

from __future__ import annotations

import json
import random
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

from lambdastream.errors import PortTakenError

RANGE: Final = range(20000, 32000)
ATTEMPTS: Final = 200


class Ports:
    """Hands out ports, none twice until it is given back.

    Those that are taken for an owner, a text, are remembered in the file ``memory``, if there is one: the owner gets the
    same one again, also after a restart, until it is given back.
    """

    def __init__(self, memory: Path | None = None) -> None:
        self._memory = memory
        self._taken: set[int] = set()
        self._owners = _remembered(memory)

    def take(self, owner: str | None = None) -> int:
        """A port on which nothing listens now. Raises ``PortTakenError`` when none is found.

        An owner whose port another program has taken gets a new one.
        """
        mine = self._owners.get(owner) if owner is not None else None
        port = mine if mine is not None and self._is_left(mine) else self._free()
        self._taken.add(port)
        if owner is not None and port != mine:
            self._owners[owner] = port
            self._remember()
        return port

    def give_back(self, port: int) -> None:
        """The port is not needed any more."""
        self._taken.discard(port)
        owners = {owner: owned for owner, owned in self._owners.items() if owned != port}
        if owners != self._owners:
            self._owners = owners
            self._remember()

    def _free(self) -> int:
        owned = set(self._owners.values())
        for _ in range(ATTEMPTS):
            port = random.choice(RANGE)  # noqa: S311 - not a secret
            if port not in owned and self._is_left(port):
                return port
        raise PortTakenError(
            f"No free port between {RANGE.start} and {RANGE.stop}.",
            next_step="Stop programs that listen there.",
        )

    def _is_left(self, port: int) -> bool:
        return port not in self._taken and is_free(port)

    def _remember(self) -> None:
        if self._memory is not None:
            temporary = self._memory.with_suffix(".new")
            temporary.write_text(json.dumps(self._owners, indent=2), encoding="utf-8")
            temporary.replace(self._memory)


def _remembered(memory: Path | None) -> dict[str, int]:
    """What the file says. One that is damaged says nothing: the owners get new ports."""
    with suppress(OSError, ValueError, TypeError, AttributeError):
        owners = json.loads(memory.read_text(encoding="utf-8")) if memory is not None else {}
        return {str(owner): port for owner, port in owners.items() if isinstance(port, int) and port in RANGE}
    return {}


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now, on loopback and on all addresses."""
    for address in ("127.0.0.1", "0.0.0.0"):  # noqa: S104 - bound, never listened on
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True
