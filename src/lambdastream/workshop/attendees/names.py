"""Names of attendees and their stacks: what CloudFormation, IAM and CloudWatch Logs all take."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from lambdastream.errors import UsageError

LONGEST_PREFIX: Final = 32
LONGEST_ATTENDEE: Final = 32
MOST: Final = 500
PREFIX: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")
LETTERS: Final = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})


def numbered(count: int) -> list[str]:
    """Name so many attendees: ``01``, ``02``, ... Raises ``UsageError`` for none, or more than an account holds."""
    if not 1 <= count <= MOST:
        raise UsageError(f"{count} attendees cannot be.", next_step=f"Give a number from 1 to {MOST}.")
    return [f"{number:02}" for number in range(1, count + 1)]


def read_names(path: Path) -> list[str]:
    """Read attendees' names from a file, one a line, made safe. Empty lines and what follows ``#`` do not count.

    Raises ``UsageError`` for a file that cannot be read, a name of which nothing is left, and two that become one.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The file {path} cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8 text'}.",
            next_step="Give a text file with one name a line.",
        ) from error
    return safe_names(line.partition("#")[0] for line in lines)


def safe_names(texts: Iterable[str]) -> list[str]:
    """Make names safe, in their order, without the empty ones. Raises ``UsageError`` as ``read_names`` does."""
    found: dict[str, str] = {}
    for text in filter(None, map(str.strip, texts)):
        name = safe_name(text)
        if name in found:
            raise UsageError(
                f"“{found[name]}” and “{text}” would both be {name}.",
                next_step="Tell them apart, for example with a number or the initial of a last name.",
            )
        found[name] = text
    if not found:
        raise UsageError("There are no names.", next_step="Give one name a line.")
    return list(found)


def safe_name(text: str) -> str:
    """Make a name of ASCII letters, digits and single hyphens: ``Ada Lovelace`` is ``ada-lovelace``, ``Zoë`` is ``zoe``."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(LETTERS)).encode("ascii", "ignore").decode()
    # An apostrophe joins, all else parts.
    name = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")[:LONGEST_ATTENDEE].strip("-")
    if not name:
        raise UsageError(
            f"Of the name “{text}” nothing is left in a stack's name.",
            next_step="Stacks have letters a to z and digits: write it in these, or take a login or a number.",
        )
    return name


def check_prefix(prefix: str) -> str:
    """Give the prefix back. Raises ``UsageError`` when stacks cannot begin with it."""
    if not PREFIX.fullmatch(prefix) or len(prefix) > LONGEST_PREFIX:
        raise UsageError(
            f"“{prefix}” cannot be the beginning of a stack's name.",
            next_step=f"Take letters, digits and single hyphens, a letter first, at most {LONGEST_PREFIX}.",
        )
    return prefix


def stack_name(prefix: str, attendee: str) -> str:
    """Name an attendee's stack: ``streaming-chat-01``."""
    return f"{prefix}-{attendee}"


def in_order(attendee: str) -> tuple[object, ...]:
    """Sort by this: 99 comes before 100."""
    return tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", attendee) if part
    )
