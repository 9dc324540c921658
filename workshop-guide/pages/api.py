"""The public API: what users may import, with its docstrings."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Sequence
from typing import Final

PACKAGES: Final = (
    "lambdastream.client",
    "lambdastream.control",
    "lambdastream.workshop",
    "lambdastream.workshop.attendees",
    "lambdastream.workshop.doctor",
    "lambdastream.lint",
    "lambdastream.conformance",
)
MODULES: Final = {"lambdastream.conformance": ("rows", "markdown")}


def reference(packages: Sequence[str] = PACKAGES) -> str:
    """Every public name of every package as Markdown, with directives that read the docstrings."""
    return "\n\n".join(map(section, packages))


def section(package: str) -> str:
    """One package: its docstring, then its names."""
    names = MODULES.get(package) or importlib.import_module(package).__all__
    directives = [directive(package, name) for name in names]
    return "\n\n".join(
        [f"## `{package}`", f"```{{eval-rst}}\n.. automodule:: {package}\n   :no-members:\n```", *directives]
    )


def directive(package: str, name: str) -> str:
    """A name's docstring, and its members'."""
    found = getattr(importlib.import_module(package), name)
    kind = "autoclass" if isinstance(found, type) else "autofunction" if inspect.isroutine(found) else "autodata"
    return f"```{{eval-rst}}\n.. {kind}:: {package}.{name}\n```"
