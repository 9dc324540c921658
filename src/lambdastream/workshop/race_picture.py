"""Takes the picture of the race out of a notebook, for the README: ``python -m lambdastream.workshop.race_picture``.

So the README shows what the notebook measured, and nothing else.
"""

from __future__ import annotations

import sys
from base64 import b64decode
from pathlib import Path

from lambdastream.errors import NotebookError
from lambdastream.workshop.notebooks import read


def first_picture(notebook: Path) -> bytes:
    """The first PNG among the outputs of a notebook. Raises ``NotebookError`` when it has none."""
    for cell in read(notebook).cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                return b64decode(output["data"]["image/png"])
    raise NotebookError(f"{notebook} has no picture.", next_step="Run it first: make notebooks")


def main(notebook: str, picture: str) -> None:
    """Write the first picture of ``notebook`` to the file ``picture``."""
    Path(picture).parent.mkdir(parents=True, exist_ok=True)
    Path(picture).write_bytes(first_picture(Path(notebook)))


if __name__ == "__main__":
    main(*sys.argv[1:])
