"""Builds the guide: ``make guide``. Nothing is run or fetched for it; a warning is an error.

python workshop-guide/build.py [FOLDER]     where to: build/guide
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from pages.assembly import GUIDE, ROOT, assemble
from pages.parts import PARTS
from sphinx.cmd.build import build_main

PLACE: Final = ROOT / "build" / "guide"


def main(argv: list[str]) -> int:
    """Build into the folder given. Its source and what Sphinx remembers stay beside it. Returns the exit code."""
    site = Path(argv[0]) if argv else PLACE
    source, memory = (site.with_name(f"{site.name}-{part}") for part in ("source", "doctrees"))
    assemble(source, PARTS)
    options = ["-W", "--keep-going", "-q", "-j", "2", "-c", str(GUIDE), "-d", str(memory)]
    code: int = build_main([*options, "-b", "html", str(source), str(site)])
    if not code:
        print(f"The guide: {site / 'index.html'}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
