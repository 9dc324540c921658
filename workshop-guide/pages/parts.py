"""The parts of pages that are made, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pages import api, benchmarks, command_line, conformance, messages, notebooks, way

PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "api": api.reference,
    "benchmarks": benchmarks.tables,
    "command-line": command_line.reference,
    "conformance": conformance.tables,
    "doctor-checks": messages.doctor_checks,
    "errors": messages.errors,
    "modules": lambda: notebooks.modules_table(notebooks.modules()),
    "modules-contents": lambda: notebooks.modules_contents(notebooks.modules()),
    "modules-learned": lambda: notebooks.modules_learned(notebooks.modules()),
    "way": way.picture,
}
