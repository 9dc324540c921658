"""One thing that the doctor has looked at: how it is, and the exact fix."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

Level = Literal["fine", "warning", "wrong"]
MARKS: Final[dict[Level, str]] = {"fine": "✓", "warning": "!", "wrong": "✗"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found. ``check`` names the check, ``what`` is a sentence, ``fix`` a command to copy or what to do."""

    level: Level
    check: str
    what: str
    fix: str = ""

    @property
    def mark(self) -> str:
        """✓, ! or ✗."""
        return MARKS[self.level]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        lines = self.fix.splitlines()
        fixes = [f"\n    → {lines[0]}", *(f"\n      {line}" for line in lines[1:])] if lines else []
        return f"{self.mark} {self.what}{''.join(fixes)}"


def fine(check: str, what: str) -> Finding:
    """All is well."""
    return Finding("fine", check, what)


def warning(check: str, what: str, fix: str) -> Finding:
    """It works, but not as one may think, or not for long."""
    return Finding("warning", check, what, fix)


def wrong(check: str, what: str, fix: str) -> Finding:
    """It does not work, or works somewhere else."""
    return Finding("wrong", check, what, fix)
