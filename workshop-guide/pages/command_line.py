"""The commands and their options, as the command line itself tells them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from lambdastream.cli import parser


def reference() -> str:
    """Every command as Markdown: what it does, how it is called, its options."""
    return "\n\n".join(command(each, what) for each, what in commands(parser()))


def commands(top: argparse.ArgumentParser) -> Iterator[tuple[argparse.ArgumentParser, str]]:
    """The parsers of all commands, those of commands below a command too, each with what it does."""
    for action in top._actions:  # noqa: SLF001 - argparse has no other way to ask
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
            says = {choice.dest: choice.help or "" for choice in action._choices_actions}  # noqa: SLF001 - as above
            for name, found in action.choices.items():
                yield found, says[name]
                yield from commands(found)


def command(found: argparse.ArgumentParser, what: str) -> str:
    """One command as Markdown."""
    found.color = False  # type: ignore[attr-defined]  # from Python 3.14 on
    usage = " ".join(found.format_usage().split()).removeprefix("usage: ")
    parts = [
        f"## {found.prog}",
        found.description or f"{what[0].upper()}{what[1:]}.",
        f"```text\n{wrapped(usage)}\n```",
    ]
    rows = [option(each) for each in found._actions if not hidden(each)]  # noqa: SLF001 - as above
    if rows:
        parts.append("\n".join(["| option | what it does |", "|---|---|", *rows]))
    if found.epilog:
        parts.append(f"```text\n{found.epilog}\n```")
    return "\n\n".join(parts)


def hidden(action: argparse.Action) -> bool:
    """Whether an option need not be told: ``--help``, and the commands below, which have headings of their own."""
    return isinstance(action, argparse._HelpAction | argparse._SubParsersAction)  # noqa: SLF001 - as above


def option(action: argparse.Action) -> str:
    """An option as a row of a Markdown table."""
    name = " ".join(filter(None, [", ".join(action.option_strings), value(action)]))
    says = (action.help or "") % {**vars(action), "prog": ""}
    return f"| `{cell(name)}` | {cell(says)} |"


def value(action: argparse.Action) -> str:
    """What is given to an option, in a word."""
    if action.nargs == 0:
        return ""
    return str(action.metavar or "|".join(map(str, action.choices or ())) or action.dest.upper())


def cell(text: str) -> str:
    """A text in a cell of a Markdown table."""
    return text.replace("|", "\\|")


def wrapped(usage: str, width: int = 76) -> str:
    """A usage line in lines, each option whole."""
    lines = [""]
    for part in re.findall(r"\([^)]*\)|\[[^\]]*\]\S*|\S+", usage):
        if len(lines[-1]) + len(part) >= width:
            lines.append("   ")
        lines[-1] += f" {part}" if lines[-1] else part
    return "\n".join(lines)
