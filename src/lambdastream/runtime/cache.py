"""Where downloads and builds are kept between projects: one folder in the user's cache."""

from __future__ import annotations

import os
from pathlib import Path

from lambdastream.errors import SetupError


def cache_folder() -> Path:
    """The user's cache folder for this package; it need not exist yet.

    ``LAMBDASTREAM_CACHE`` names it. Otherwise it is ``lambdastream`` in ``XDG_CACHE_HOME`` (ignored when it is
    relative, as the XDG Base Directory Specification wants) or in ``~/.cache``. Raises ``SetupError`` for a user
    without a home.
    """
    if named := os.environ.get("LAMBDASTREAM_CACHE"):
        return Path(named).expanduser().absolute()
    caches = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (caches if caches.is_absolute() else _home() / ".cache") / "lambdastream"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError as error:
        raise SetupError(
            "This user has no home folder, so there is no place for a cache.",
            next_step="Set LAMBDASTREAM_CACHE to a folder that can be written.",
        ) from error
