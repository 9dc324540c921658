"""Runs the rules in process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RULES: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What a rule found: where, which rule, and a message that says what would happen and how to mend it.

    ``line`` counts from 1. ``rule`` is the rule's id; E0000 is cfn-lint's own, for a file that is no template.
    """

    file: Path
    line: int
    rule: str
    message: str

    @property
    def is_error(self) -> bool:
        """Whether it cannot work as it stands; otherwise it is a warning."""
        return self.rule.startswith("E")

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule} {self.message}"


def lint(template: Path) -> list[Finding]:
    """What these rules find in a template, in the order of its lines. A file that is none is a finding, too.

    cfn-lint's own rules do not run here. Its configuration files and the directives in the template's ``Metadata`` count.
    """
    return sorted(_findings(template))


def _findings(template: Path) -> Iterator[Finding]:
    # Here, since it takes more than a second.
    from cfnlint.config import ConfigMixIn  # noqa: PLC0415
    from cfnlint.rules import Rules  # noqa: PLC0415
    from cfnlint.runner.template import run_template_by_file_path  # noqa: PLC0415

    config = ConfigMixIn(["--template", str(template)])
    rules = Rules.create_from_directory(str(RULES))
    for match in run_template_by_file_path(str(template), config, rules, ignore_bad_template=False):
        yield Finding(template, match.linenumber, match.rule.id, match.message)
