"""What the doctor prints: every finding with its mark and fix, where a deploy goes, and a count."""

import pytest

from lambdastream.control import Destination
from lambdastream.workshop.doctor.finding import Finding, fine, warning, wrong
from lambdastream.workshop.doctor.report import Report

FINE, WARNING = (
    fine("platform", "Linux on x86_64"),
    warning("port", "Port <4566> is taken.", "up --port 0\nor ss -ltnp"),
)
WRONG = wrong("sam", "There is no sam.", "uv pip install aws-sam-cli")
NOWHERE = Destination("unclear", why="Nothing answers.", next_step="Start it.")


def report(*findings: Finding) -> Report:
    return Report(findings, NOWHERE)


@pytest.mark.parametrize(
    ("findings", "is_fine", "summary"),
    [
        pytest.param([FINE], True, "All is well.", id="fine"),
        pytest.param([FINE, WARNING], True, "0 wrong, 1 warning.", id="a warning"),
        pytest.param([WRONG, WARNING, WARNING], False, "1 wrong, 2 warnings.", id="wrong"),
    ],
)
def test_only_what_is_wrong_counts(findings: list[Finding], is_fine: bool, summary: str) -> None:
    assert (report(*findings).is_fine, report(*findings).summary()) == (is_fine, summary)


def test_the_text_has_a_line_a_finding_and_its_fix_below() -> None:
    assert str(report(FINE, WARNING, WRONG)).splitlines() == [
        "✓ Linux on x86_64",
        "! Port <4566> is taken.",
        "    → up --port 0",
        "      or ss -ltnp",
        "✗ There is no sam.",
        "    → uv pip install aws-sam-cli",
        "",
        "→ It is UNCLEAR where deploys go: Nothing answers. Start it.",
        "",
        "1 wrong, 1 warning.",
    ]


def test_json_has_the_same() -> None:
    told = report(WARNING, WRONG).to_json()
    assert told["fine"] is False
    assert told["destination"]["kind"] == "unclear"
    assert told["findings"][1] == {
        "level": "wrong",
        "check": "sam",
        "what": "There is no sam.",
        "fix": "uv pip install aws-sam-cli",
    }


def test_a_notebook_shows_a_table_of_text() -> None:
    page = report(WARNING, WRONG)._repr_html_()
    assert page.count("<tr>") == 2
    assert "Port &lt;4566&gt; is taken." in page
    assert "UNCLEAR" in page
