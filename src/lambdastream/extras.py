"""What the package does without until it is asked for: parts that are installed as extras."""

from __future__ import annotations

from typing import Final

from lambdastream.errors import SetupError

EXTRAS: Final = {
    "cfnlint": "lint",
    "IPython": "notebook",
    "matplotlib": "notebook",
    "nbclient": "notebook",
    "nbformat": "notebook",
    "fastapi": "lab",
    "ipykernel": "lab",
    "jupyterlab": "lab",
    "starlette": "lab",
    "uvicorn": "lab",
}
"""The extra that brings a module. ``pyproject.toml`` says what is in each."""


def missing(module: str) -> SetupError | None:
    """Give the error that names the extra of a module that is not installed; ``None`` for one that is no extra's."""
    name = module.partition(".")[0]
    if name not in EXTRAS:
        return None
    return SetupError(
        f"This needs {name}, which is not installed.", next_step=f"pip install 'lambdastream[{EXTRAS[name]}]'"
    )
