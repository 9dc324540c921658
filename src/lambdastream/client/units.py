"""Numbers with their units, as they stand in tables and sentences."""

from __future__ import annotations

NOTHING = "-"
"""What a table shows where there is no number."""


def duration(seconds: float | None) -> str:
    """``0.0532`` as ``53 ms``, ``1.9`` as ``1.90 s``, ``None`` as ``-``."""
    if seconds is None:
        return NOTHING
    milliseconds = round(seconds * 1000)
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{seconds:.2f} s"  # noqa: PLR2004 - one second


def count(number: int, noun: str) -> str:
    """``count(1, "byte")`` as ``1 byte``, ``count(1200, "byte")`` as ``1,200 bytes``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
