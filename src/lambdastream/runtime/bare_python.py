"""Programs of this package that need the standard library alone: they start in a third of the time, and stay small."""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGES = Path(__file__).parents[2]


def bare_python(module: str) -> list[str]:
    """The command line that runs the ``main`` of a module of ``lambdastream``, without anything that is installed.

    Not by the file's path: Python keeps what it compiles of modules that are imported, and of no others.
    """
    start = f"import sys; sys.path.append(sys.argv[1]); from {module} import main; main()"
    return [sys.executable, "-I", "-S", "-c", start, str(PACKAGES)]
