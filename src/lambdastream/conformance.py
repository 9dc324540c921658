"""The conformance table: what the local AWS does as AWS does, where that is known from, and where it lives here.

Each row is proven by tests that name it: ``@pytest.mark.conformance("url-cookies")``. A test holds that no row is without
one and that no mark names a row that is not there, so the table says nothing but what passes.

    python -m lambdastream.conformance     prints it as Markdown
"""

from __future__ import annotations

import tomllib
from importlib import resources
from itertools import groupby
from typing import Any, Final

FILE: Final = "conformance.toml"


def rows() -> list[dict[str, str]]:
    """Return the rows in their order, those of one part together.

    Each has ``id``, ``part`` (a door or another part of Lambda), ``behaviour`` (one sentence), ``source`` and ``module``
    (below ``lambdastream``). Raises ``KeyError`` when a row names a source that the table does not have.
    """
    table = tomllib.loads(resources.files("lambdastream").joinpath(FILE).read_text(encoding="utf-8"))
    return [_row(row, part, table["sources"]) for part, found in table["rows"].items() for row in found]


def markdown() -> str:
    """Return the table as Markdown: a heading and a table for each part."""
    parts = groupby(rows(), key=lambda row: row["part"])
    return "\n".join(_section(part, list(found)) for part, found in parts)


def _row(row: dict[str, Any], part: str, sources: dict[str, str]) -> dict[str, str]:
    source = "; ".join(sources[key] for key in row["sources"])
    return {"id": row["id"], "part": part, "behaviour": row["behaviour"], "source": source, "module": row["module"]}


def _section(part: str, found: list[dict[str, str]]) -> str:
    lines = [f"## {part}", "", "| behaviour | source | module | row |", "|---|---|---|---|"]
    for row in found:
        cells = (row["behaviour"], row["source"], f"`{row['module']}`", f"`{row['id']}`")
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    print(markdown())
