"""Compiles the pinned, hashed requirements: ``make requirements``.

Each ``.in`` file names what is wanted, each ``.txt`` beside it is the whole closure with hashes, for every Python from 3.11
on. No download address is written. ``--upgrade`` takes newer versions where the ``.in`` files allow it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
UV = Path(sys.executable).with_name("uv")
OPTIONS = ["--universal", "--python-version=3.11", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
WITHOUT_ADDRESSES = ["--no-emit-index-url", "--no-emit-find-links"]

FILES = {
    "requirements/lab.in": "requirements/lab.txt",
    "requirements/bench.in": "requirements/bench.txt",
    "requirements/guide.in": "requirements/guide.txt",
    "requirements/uv.in": "requirements/uv.txt",
    "app/chat/requirements.txt": "requirements/chat.txt",
    "app/agent/requirements.txt": "requirements/agent.txt",
    "src/lambdastream/runtime/python_runtime.in": "src/lambdastream/runtime/python_runtime.txt",
}
# cargo-lambda runs functions without the compiler that it would build them with.
ALONE = ["requirements/bench.txt"]


def main() -> None:
    """Compile every file, in the order that lets later ones agree with the first."""
    for wanted, pinned in FILES.items():
        agreeing = [] if pinned == "requirements/lab.txt" else ["-c", "requirements/lab.txt"]
        depth = ["--no-deps"] if pinned in ALONE else []
        command = [str(UV), "pip", "compile", wanted, "-o", pinned, *agreeing, *depth, *OPTIONS, *WITHOUT_ADDRESSES]
        subprocess.run([*command, *sys.argv[1:]], cwd=ROOT, check=True)
        print(f"{wanted} -> {pinned}")


if __name__ == "__main__":
    main()
