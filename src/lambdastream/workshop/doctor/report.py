"""All that the doctor has found, to be read by people and by programs."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any, Final

from lambdastream.control.deploy_destination import Destination
from lambdastream.workshop.doctor.finding import Finding, Level

COLOURS: Final[dict[Level, str]] = {"fine": "#2e7d32", "warning": "#b26a00", "wrong": "#c62828"}
CELL: Final = "padding: 0.2em 0.6em; text-align: left; vertical-align: top"


@dataclass(frozen=True, slots=True)
class Report:
    """The findings, in the order of the checks, and where a deploy goes."""

    findings: tuple[Finding, ...]
    destination: Destination

    @property
    def is_fine(self) -> bool:
        """Whether nothing is wrong. Warnings do not count."""
        return not any(finding.level == "wrong" for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values: the form that ``lambdastream doctor --json`` prints."""
        findings = [finding.to_json() for finding in self.findings]
        return {"fine": self.is_fine, "destination": self.destination.to_json(), "findings": findings}

    def summary(self) -> str:
        """One line that counts."""
        counts = {level: sum(each.level == level for each in self.findings) for level in ("wrong", "warning")}
        if not any(counts.values()):
            return "All is well."
        return f"{counts['wrong']} wrong, {_plural(counts['warning'], 'warning')}."

    def __str__(self) -> str:
        return "\n".join((*map(str, self.findings), "", str(self.destination), "", self.summary()))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(map(_row, self.findings))
        return f"<table>{rows}</table>{self.destination._repr_html_()}<p>{html.escape(self.summary())}</p>"


def _row(finding: Finding) -> str:
    fix = f'<pre style="margin: 0.2em 0">{html.escape(finding.fix)}</pre>' if finding.fix else ""
    mark = f'<td style="{CELL}; color: {COLOURS[finding.level]}; font-weight: 700">{finding.mark}</td>'
    return f'<tr>{mark}<td style="{CELL}">{html.escape(finding.what)}{fix}</td></tr>'


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
