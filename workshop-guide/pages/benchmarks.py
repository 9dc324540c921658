"""The benchmarks as the last run has measured them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path(__file__).parents[2] / "benchmarks" / "results.json"
HOLDS: Final = {True: "yes", False: "no", None: ""}
RELATIONS: Final = {"<=": "at most", "<": "less than", ">=": "at least"}


def tables(results: Path = RESULTS) -> str:
    """What was measured on which machine, as Markdown."""
    found = json.loads(results.read_text(encoding="utf-8"))
    machine = found["machine"]
    cores = f"{machine['cores']} cores of {machine['cpu']}, {machine['ram_gb']} GB"
    where = f"{cores}, {machine['os']}, Python {machine['python']}"
    head = ["| figure | here | beside it | times that | wanted | holds |", "|---|---:|---:|---:|---|---|"]
    return "\n".join([f"Measured on {where}, at commit `{found['commit']}`.", "", *head, *map(row, found["figures"])])


def row(figure: dict[str, Any]) -> str:
    """A figure as a row of a Markdown table."""
    peer = figure["peer"]
    cells = (
        figure["figure"],
        f"{number(figure['value'])} {figure['unit']}",
        f"{peer['name']}: {number(peer['value'])} {figure['unit']}" if peer else "",
        number(figure["ratio"]) if figure["ratio"] is not None else "",
        wanted(figure["wanted"] or "", figure["unit"]),
        HOLDS[figure["holds"]],
    )
    return f"| {' | '.join(cells)} |"


def wanted(text: str, unit: str) -> str:
    """A target in words: ``ratio <= 1.3`` is "at most 1.3 times that"."""
    if not text:
        return ""
    judged, relation, limit = text.split()
    return f"{RELATIONS[relation]} {limit} {'times that' if judged == 'ratio' else unit}"


def number(value: float) -> str:
    """A number with three digits that count."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits
