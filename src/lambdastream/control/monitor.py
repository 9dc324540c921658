"""One thread at a time inside moto.

moto keeps plain dictionaries, which threads must not change under each other. Every call holds ``MOTO``; while one waits
for something outside of moto, such as the data plane that deploys a function, the others go on.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final


class Monitor:
    """A lock whose holder can step outside for a while. A thread takes it once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: int | None = None

    def __enter__(self) -> None:
        self._lock.acquire()
        self._holder = threading.get_ident()

    def __exit__(self, *error: object) -> None:
        self._holder = None
        self._lock.release()

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Let others in for the time of a ``with`` block. A thread that is not inside just goes on."""
        if self._holder != threading.get_ident():
            yield
            return
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()


MOTO: Final = Monitor()
