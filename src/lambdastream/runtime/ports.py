"""Free ports on loopback, outside the range from which the system itself takes ports for outgoing connections."""

from __future__ import annotations

import random
import socket
from typing import Final

from lambdastream.errors import PortTakenError

RANGE: Final = range(20000, 32000)
ATTEMPTS: Final = 200


class Ports:
    """Hands out ports, none twice until it is given back."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def take(self) -> int:
        """A port on which nothing listens now. Raises ``PortTakenError`` when none is found."""
        for _ in range(ATTEMPTS):
            port = random.choice(RANGE)  # noqa: S311 - not a secret
            if port not in self._taken and is_free(port):
                self._taken.add(port)
                return port
        raise PortTakenError(
            f"No free port between {RANGE.start} and {RANGE.stop}.",
            next_step="Stop programs that listen there.",
        )

    def give_back(self, port: int) -> None:
        """The port is not needed any more."""
        self._taken.discard(port)


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
