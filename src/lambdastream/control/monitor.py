"""One thread at a time inside moto.

moto keeps plain dictionaries, which threads must not change under each other. Every call holds ``MOTO``; while one waits
for something outside of moto, such as the data plane that deploys a function, the others go on.

Whoever leaves is taken to have changed something, which ``on_change`` saves before anybody else comes in, and before the
caller has its answer. Those who only read say so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

LATER: Final = 1.0


class Monitor:
    """A lock whose holder can step outside for a while. A thread takes it once.

    ``on_change`` is called inside, at the end of every ``with`` block.
    """

    def __init__(self) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self._holder: int | None = None
        self._saves_later = False

    def __enter__(self) -> None:
        self._take()

    def __exit__(self, *error: object) -> None:
        try:
            self.on_change()
        finally:
            self._leave()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Come in for a ``with`` block that changes nothing."""
        self._take()
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def writing_often(self) -> Iterator[None]:
        """Come in for a ``with`` block whose changes are many and small: they are saved a moment later."""
        with self.reading():
            yield
            if not self._saves_later:
                self._saves_later = True
                timer = threading.Timer(LATER, self._save)
                timer.daemon = True
                timer.start()

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Let others in for the time of a ``with`` block. A thread that is not inside just goes on."""
        if self._holder != threading.get_ident():
            yield
            return
        self._leave()
        try:
            yield
        finally:
            self._take()

    def _save(self) -> None:
        with self:
            self._saves_later = False

    def _take(self) -> None:
        self._lock.acquire()
        self._holder = threading.get_ident()

    def _leave(self) -> None:
        self._holder = None
        self._lock.release()


MOTO: Final = Monitor()
