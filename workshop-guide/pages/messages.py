"""The messages of the package's errors and of the doctor's checks, read from the code that says them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lambdastream import errors as tree
from pages.source_texts import SOMETHING, calls

PACKAGE: Final = Path(tree.__file__).parent
LEVELS: Final = {"wrong": "✗", "warning": "!"}
CHECK_WHAT_FIX: Final = 3


@dataclass(frozen=True, slots=True)
class Said:
    """A message and what to do then. What differs from case to case is ``…``."""

    problem: str
    step: str


def errors() -> str:
    """Every kind of error with its messages, as Markdown, but for those of wrong bytes: programs make them, not people."""
    said = defaultdict(list)
    for name, message in raised(PACKAGE):
        said[name].append(message)
    classes = [each for each in vars(tree).values() if isinstance(each, type)]
    kinds = [each for each in classes if issubclass(each, tree.LambdastreamError)]
    return "\n\n".join(
        "\n\n".join([f"## {kind.__name__}", (kind.__doc__ or "").splitlines()[0], table(said[kind.__name__])])
        for kind in kinds
        if said[kind.__name__] and not issubclass(kind, tree.WireError)
    )


def raised(package: Path) -> Iterator[tuple[str, Said]]:
    """The name of the error and the message, for each that a module below a folder makes with a next step."""
    for call, reader in calls(package, {name for name in vars(tree) if name.endswith("Error")}):
        if call.args:
            step = next((reader.text(each.value) for each in call.keywords if each.arg == "next_step"), "")
            said = Said(reader.text(call.args[0]), step)
            if len(said.problem.replace(SOMETHING, "").split()) > 1 and step.strip(SOMETHING):
                yield getattr(call.func, "id", ""), said


def doctor_checks() -> str:
    """What the doctor says of each thing that it finds wrong or warns of, as Markdown."""
    said = defaultdict(list)
    for call, reader in calls(PACKAGE / "workshop" / "doctor", LEVELS.keys()):
        if len(call.args) == CHECK_WHAT_FIX:
            check, what, fix = map(reader.text, call.args)
            said[check].append(Said(f"{LEVELS[getattr(call.func, 'id', '')]} {what}", fix))
    return "\n\n".join(f"## {check}\n\n{table(found)}" for check, found in sorted(said.items()))


def table(found: list[Said]) -> str:
    """Messages and what to do, as a Markdown table without what is said twice."""
    lines = ["| it says | what to do |", "|---|---|"]
    lines += [f"| {cell(each.problem)} | {cell(each.step)} |" for each in dict.fromkeys(found)]
    return "\n".join(lines)


def cell(text: str) -> str:
    """A text as a cell of a Markdown table, with nothing in it that Markdown would read."""
    for character in "\\`*_[]<>|#$":
        text = text.replace(character, f"\\{character}")
    return "<br>".join(text.strip().splitlines()).replace(f"{SOMETHING}.", SOMETHING)
