"""What the data plane takes while nobody asks anything of it, and no function is there."""

from __future__ import annotations

import time
from functools import partial
from typing import Final

from benchmarks.figures import Spec, Wanted
from benchmarks.measurement import Measurement, Server
from benchmarks.process_figures import cpu_seconds, resident_mb

MEMORY: Final = "data plane idle: resident memory"
CPU: Final = "data plane idle: CPU time in 10 s"
# No CPU: less than one tick of the kernel's clock, which is the least that `ps` and `top` can show.
SPECS: Final = (Spec(MEMORY, "MB", Wanted("value", "<=", 50)), Spec(CPU, "ms", Wanted("value", "<", 10)))


def measurement(*, seconds: float) -> Measurement[Server]:
    """Memory and CPU time over so many seconds, the latter as that of ten."""
    return Measurement(SPECS, partial(_measure, seconds))


def _measure(seconds: float, server: Server) -> dict[str, float]:
    before = cpu_seconds(server.pid)
    time.sleep(seconds)
    return {MEMORY: resident_mb(server.pid), CPU: (cpu_seconds(server.pid) - before) * 10 / seconds * 1000}
