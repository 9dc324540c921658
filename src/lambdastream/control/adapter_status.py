"""Which Lambda Web Adapter functions get here, told without fetching it."""

from __future__ import annotations

import os
from pathlib import Path

from lambdastream.errors import SetupError
from lambdastream.runtime.cache import cache_folder
from lambdastream.runtime.web_adapter.adapter import BINARY_VARIABLE
from lambdastream.runtime.web_adapter.binary import machine_architecture
from lambdastream.runtime.web_adapter.cache import AdapterCache


def adapter_status() -> dict[str, str] | None:
    """The ``version`` and ``path`` of the named adapter, else the cache's; ``None`` when the first use has to get it."""
    try:
        cache = AdapterCache(cache_folder() / "adapter", machine_architecture())
        if named := os.environ.get(BINARY_VARIABLE):
            path = Path(named).expanduser().absolute()
            return {"version": cache.version_of(path) or "custom", "path": str(path)} if path.is_file() else None
        adapter = cache.newest()
    except (SetupError, OSError):
        return None
    return {"version": adapter.version, "path": str(adapter.path)} if adapter else None
