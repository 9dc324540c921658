"""The conformance table for a page that is also read on a phone: two columns."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from lambdastream import conformance


def tables() -> str:
    """All rows as Markdown, a table for each part."""
    parts = groupby(conformance.rows(), key=lambda each: each["part"])
    return "\n\n".join(f"## {part}\n\n{table(list(found))}" for part, found in parts)


def table(rows: list[dict[str, str]]) -> str:
    """Rows as a Markdown table."""
    return "\n".join(["| behaviour | known from, and where it is |", "|---|---|", *map(row, rows)])


def row(each: Mapping[str, str]) -> str:
    """A row of the table: the behaviour with its name, the source with the module."""
    cells = (f"{each['behaviour']}<br>`{each['id']}`", f"{each['source']}<br>`{each['module']}`")
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
