"""The notebooks: what their opening lines say, and how they become pages."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pages import links

ROOT: Final = Path(__file__).parents[2]
NOTEBOOKS: Final = ROOT / "notebooks"
NOTES: Final = "instructors/modules"
ALTERNATIVES: Final = ROOT / "workshop-guide" / "pictures.toml"
OPENING: Final = re.compile(
    r"# (?P<number>\d\d) (?P<name>[^:]+): (?P<question>.+?)\n.*?\*\*What you learn\.\*\* (?P<learn>.+?)\n\n"
    r".*?\*\*Time\.\*\* (?P<minutes>\d+) minutes\.",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Module:
    """A notebook as its first cell tells it. ``stem`` is its file's name without the suffix."""

    stem: str
    number: str
    name: str
    question: str
    learn: str
    minutes: int

    @property
    def title(self) -> str:
        """Its number and its name."""
        return f"{self.number} {self.name}"


class OpeningError(ValueError):
    """A notebook does not begin as all of them do."""


def modules(folder: Path = NOTEBOOKS) -> list[Module]:
    """All notebooks, in their order."""
    return [opening(path.stem, read(path)) for path in sorted(folder.glob("[0-9][0-9]-*.ipynb"))]


def read(path: Path) -> dict[str, Any]:
    """A notebook as it is in its file."""
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def opening(stem: str, notebook: dict[str, Any]) -> Module:
    """What a notebook's first cell says. Raises ``OpeningError`` when a part is missing."""
    found = OPENING.match("".join(notebook["cells"][0]["source"]))
    if not found:
        raise OpeningError(f"{stem}: its first cell lacks the number and question, What you learn, or Time.")
    parts = {name: " ".join(value.split()) for name, value in found.groupdict().items()}
    return Module(stem, parts["number"], parts["name"], parts["question"], parts["learn"], int(parts["minutes"]))


def modules_table(found: Sequence[Module]) -> str:
    """The course as a Markdown table."""
    lines = ["| notebook | the question it answers | minutes |", "|---|---|---:|"]
    lines += [
        f"| [{each.title}](/notebooks/{each.stem}.ipynb) | {each.question[0].upper()}{each.question[1:]} | {each.minutes} |"
        for each in found
    ]
    return "\n".join(lines)


def modules_contents(found: Sequence[Module]) -> str:
    """The notebooks as entries of a table of contents, by their short names."""
    return "\n".join(f"{each.title} <notebooks/{each.stem}>" for each in found)


def modules_learned(found: Sequence[Module]) -> str:
    """What each notebook teaches, as a Markdown list of definitions."""
    return "\n\n".join(
        f"[{each.title}](/notebooks/{each.stem}.ipynb), {each.minutes} minutes\n: {each.learn}" for each in found
    )


def as_page(
    stem: str, notebook: dict[str, Any], alternatives: Sequence[str], linked: AbstractSet[str]
) -> dict[str, Any]:
    """A notebook for the guide: its pictures have a text in their place, and its ``linked`` cells can be linked to.

    Raises ``ValueError`` when there are more or fewer texts than cells with pictures.
    """
    page = copy.deepcopy(notebook)
    cells = list(cells_with_pictures(page))
    if len(cells) != len(alternatives):
        raise ValueError(f"{len(cells)} cells have pictures, and there are {len(alternatives)} texts for them.")
    for cell, text in zip(cells, alternatives, strict=True):
        cell["metadata"]["mystnb"] = {"image": {"alt": text}}
    notes = f"/{NOTES}.md#{opening(stem, notebook).title.lower().replace(' ', '-')}"
    last = links.markdown_cell("notes", f"*For instructors: [what to say, and what people ask]({notes})*")
    page["cells"] = [*links.labelled(stem, page["cells"], linked), last]
    return page


def cells_with_pictures(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The cells whose outputs have pictures."""
    for cell in notebook["cells"]:
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
            yield cell


def alternatives() -> dict[str, list[str]]:
    """The texts in the place of pictures, by the notebook's stem, in the order of the cells."""
    return tomllib.loads(ALTERNATIVES.read_text(encoding="utf-8"))
