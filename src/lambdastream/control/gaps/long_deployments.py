"""A deployment that takes long goes on by itself, and its caller has an answer meanwhile.

moto makes its caller wait however long it takes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from lambdastream.control.monitor import MOTO

# Shorter than an SDK's patience (60 s), which would ask again; most deployments are over by then.
LONGEST_WAIT = 10.0


def carry_out(work: Callable[[], None]) -> None:
    """Work on a stack in a thread of its own; return when it is done, or goes on for longer than a caller waits."""

    def inside() -> None:
        with MOTO:
            work()

    thread = threading.Thread(target=inside, daemon=True)
    thread.start()
    with MOTO.outside():
        thread.join(LONGEST_WAIT)
