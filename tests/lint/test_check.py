"""The rules in process, and in cfn-lint itself."""

import logging
import re
import sys
from pathlib import Path

import pytest

import lambdastream.lint
from lambdastream.lint import Finding, lint

RULES = Path(lambdastream.lint.__file__).parent
WRONG = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Chat:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: app
      Handler: handler.handler
      Runtime: python3.13
      FunctionUrlConfig:
        AuthType: NONE
        InvokeMode: RESPONSE_STREAM
"""


def test_findings_come_in_the_order_of_the_lines(lint_template, tmp_path):
    findings = lint_template(WRONG + "      Timeout: 60\n      Events: {Web: {Type: HttpApi}}\n")
    assert [(finding.line, finding.rule) for finding in findings] == [(9, "E9509"), (9, "W9508"), (12, "W9507")]
    assert str(findings[0]).startswith(f"{tmp_path}/template.yaml:9: E9509 Chat is a Python handler (handler.handler)")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Resources: [", id="no YAML"),
        pytest.param("just text", id="no template"),
    ],
)
def test_a_file_that_is_no_template_is_a_finding(lint_template, text):
    findings = lint_template(text)
    assert [finding.rule for finding in findings] == ["E0000"]
    assert findings[0].is_error


def test_a_file_that_is_not_there_is_a_finding(tmp_path):
    [finding] = lint(tmp_path / "template.yaml")
    assert isinstance(finding, Finding)
    assert finding.rule == "E0000"


def test_a_resource_can_switch_a_rule_off(lint_template):
    silenced = WRONG.replace(
        "    Properties:", "    Metadata: {cfn-lint: {config: {ignore_checks: [W9508]}}}\n    Properties:"
    )
    assert [finding.rule for finding in lint_template(silenced)] == ["E9509"]


def test_cfn_lint_takes_the_rules_from_their_folder(tmp_path, app, monkeypatch, capsys):
    """The program itself, in this process: it takes four seconds to start, and most of it is imported here."""
    from cfnlint.runner import main

    path = tmp_path / "template.yaml"
    path.write_text(WRONG)
    monkeypatch.setattr(sys, "argv", ["cfn-lint", "--append-rules", str(RULES), "--", str(path)])
    monkeypatch.setattr(logging.getLogger("cfnlint"), "handlers", [])
    with pytest.raises(SystemExit) as ended:
        sys.exit(main())
    found = capsys.readouterr().out
    assert set(re.findall(r"^[EWI]\d{4}", found, re.MULTILINE)) == {"E9509", "W9508"}
    assert ended.value.code
