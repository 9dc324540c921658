"""Puts the guide's source together in a folder of its own: the pages as committed, what is made for them, the notebooks.

A line ``<!-- made: NAME -->`` in a page stands for what the function of that name makes. Who reads the page as it is
committed does not see it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

from pages import links, notebooks

ROOT: Final = Path(__file__).parents[2]
GUIDE: Final = ROOT / "workshop-guide"
RESULTS: Final = ROOT / "benchmarks" / "results.png"
MADE: Final = re.compile(r"^<!-- made: ([a-z-]+) -->$", re.MULTILINE)


class UnknownPartError(KeyError):
    """A page asks for a part that nothing makes."""


def assemble(folder: Path, parts: Mapping[str, Callable[[], str]]) -> None:
    """Write the whole source into a folder. What is as it was keeps its time, so Sphinx reads only what has changed.

    Raises ``UnknownPartError`` for a part that is not among ``parts``.
    """
    committed = {path.relative_to(GUIDE): path.read_text(encoding="utf-8") for path in sorted(GUIDE.rglob("*.md"))}
    pages = {path.as_posix(): filled(text, parts).encode() for path, text in committed.items()}
    wanted = {**pages, **notebook_pages(links.linked_cells(committed.values())), **pictures()}
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if path.relative_to(folder).as_posix() not in wanted:
            path.unlink()
    for name, content in wanted.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def filled(text: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """A page's text with its made parts, and with links to notebooks as they are in the source."""

    def made(found: re.Match[str]) -> str:
        if found[1] not in parts:
            raise UnknownPartError(found[1])
        return parts[found[1]]()

    return MADE.sub(made, links.in_page(text))


def notebook_pages(linked: Mapping[str, AbstractSet[str]]) -> dict[str, bytes]:
    """The notebooks as pages, with labels at the cells that are linked to."""
    texts = notebooks.alternatives()
    found = {}
    for path in sorted(notebooks.NOTEBOOKS.glob("*.ipynb")):
        try:
            notebook = notebooks.read(path)
            page = notebooks.as_page(path.stem, notebook, texts.get(path.stem, []), linked.get(path.stem, set()))
        except ValueError as error:
            place = notebooks.ALTERNATIVES.relative_to(ROOT)
            raise ValueError(f"{path.name}: {error} They are in {place}.") from None
        found[f"notebooks/{path.name}"] = links.in_notebook(json.dumps(page)).encode()
    return found


def pictures() -> dict[str, bytes]:
    """The pictures that pages and notebooks show."""
    found = {path: f"notebooks/images/{path.name}" for path in (notebooks.NOTEBOOKS / "images").glob("*.png")}
    return {name: path.read_bytes() for path, name in {**found, RESULTS: "benchmarks/results.png"}.items()}
