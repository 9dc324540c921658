"""What our rules for cfn-lint find in the project's templates."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from lambdastream.workshop.doctor.finding import Finding, fine, warning, wrong

CHECK: Final = "template"
INSTALL: Final = "uv pip install 'lambdastream[lint]'"


def templates(paths: Iterable[Path]) -> list[Finding]:
    """What the rules find in these templates. Each message says what would happen and how to mend it."""
    paths = list(paths)
    if paths and importlib.util.find_spec("cfnlint") is None:
        return [warning(CHECK, "cfn-lint is not installed: the template is not checked.", INSTALL)]
    return [finding for path in paths for finding in _template(path)]


def _template(path: Path) -> list[Finding]:
    from lambdastream.lint import lint  # noqa: PLC0415 - cfn-lint is an extra, and takes a second to import

    found = lint(path)
    if not found:
        return [fine(CHECK, f"{path.name}: nothing to say ({path.parent})")]
    return [(wrong if each.is_error else warning)(CHECK, str(each), f"Edit {path}, line {each.line}") for each in found]
