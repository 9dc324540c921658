"""Links between pages and notebooks: in the project's files they are JupyterLab's, in the guide's source Sphinx's.

``NAME.ipynb#cell-id=ID`` leads to a cell. JupyterLab finds it as soon as the notebook is open; a heading only when it is
drawn already (tried with 4.6.6). In the guide such a cell gets a label, and the link leads there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final

TO_CELL: Final = re.compile(r"\]\([\w./-]*?(?P<stem>[\w-]+)\.ipynb#cell-id=(?P<cell>[\w-]+)\)")
# Pages are one folder nearer to the project's other folders in the guide's source than in the project.
TO_FOLDER: Final = re.compile(r"\]\(\.\./((?:\.\./)*(?:benchmarks|notebooks)/)")


def in_page(text: str) -> str:
    """A page's text, its links to notebooks and their cells as they are in the guide's source."""
    return TO_FOLDER.sub(r"](\1", TO_CELL.sub(lambda found: f"](#{label(found['stem'], found['cell'])})", text))


def in_notebook(text: str) -> str:
    """A notebook's text, its links to the guide's pages as they are in the source."""
    return text.replace("](../workshop-guide/", "](../")


def linked_cells(texts: Iterable[str]) -> Mapping[str, set[str]]:
    """The cells that texts link to, by the notebook's stem."""
    found: dict[str, set[str]] = defaultdict(set)
    for text in texts:
        for link in TO_CELL.finditer(text):
            found[link["stem"]].add(link["cell"])
    return found


def labelled(stem: str, cells: Iterable[dict[str, Any]], linked: AbstractSet[str]) -> Iterator[dict[str, Any]]:
    """The cells of a notebook, a label before each that is linked to."""
    for cell in cells:
        if cell["id"] in linked:
            yield markdown_cell(f"label-{cell['id']}", f"({label(stem, cell['id'])})=")
        yield cell


def label(stem: str, cell: str) -> str:
    """The guide's own name for a cell: notebooks may have cells of the same name."""
    return f"cell-{stem[:2]}-{cell}"


def markdown_cell(name: str, text: str) -> dict[str, Any]:
    """A cell of Markdown."""
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text}
