"""The results: as a file, and as a table to read. Meanwhile, what is going on."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from benchmarks.figures import Figure

TITLES: Final = ("figure", "ratio", "value", "peer", "", "wanted", "holds")
NUMBERS: Final = range(1, 4)
VERDICTS: Final = {True: "yes", False: "NO", None: ""}


def write(path: Path, machine: Mapping[str, Any], commit: str, figures: Sequence[Figure]) -> None:
    """Write the results as JSON: ``machine``, ``commit`` and ``figures``, each with the fields of ``Figure``."""
    results = {"machine": machine, "commit": commit, "figures": [asdict(figure) for figure in figures]}
    path.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def table(figures: Sequence[Figure]) -> str:
    """The figures as an aligned table."""
    rows = [TITLES, *(_cells(figure) for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_aligned(row, widths) for row in rows)


def say(line: str) -> None:
    """Tell whoever waits; the table alone goes to standard output."""
    print(line, file=sys.stderr, flush=True)


def _cells(figure: Figure) -> tuple[str, ...]:
    return (
        figure.figure,
        f"{figure.ratio:.2f}" if figure.ratio is not None else "",
        f"{_readable(figure.value)} {figure.unit}",
        f"{_readable(figure.peer.value)} {figure.unit}" if figure.peer else "",
        figure.peer.name if figure.peer else "",
        figure.wanted or "",
        VERDICTS[figure.holds],
    )


def _readable(number: float) -> str:
    return f"{number:.2f}" if number < 100 else f"{number:.0f}"


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    """Words to the left, numbers to the right."""
    cells = [
        cell.rjust(width) if column in NUMBERS else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()
