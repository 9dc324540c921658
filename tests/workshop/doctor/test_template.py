"""The doctor on templates: what our rules find, and nothing else."""

from pathlib import Path

from lambdastream.workshop.doctor.template import templates

ROOT = Path(__file__).parents[3]
HALF = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Runtime: python3.13
      InlineCode: "def handler(event, context): pass"
      FunctionUrlConfig: {AuthType: AWS_IAM, InvokeMode: RESPONSE_STREAM}
"""


def test_the_project_s_own_template_is_fine() -> None:
    (found,) = templates([ROOT / "template.yaml"])
    assert (found.level, found.what.split(":")[0]) == ("fine", "template.yaml")


def test_what_a_rule_finds_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(HALF, encoding="utf-8")
    found = templates([path])
    assert found
    assert {each.level for each in found} <= {"wrong", "warning"}
    assert all(str(path) in each.what and str(path) in each.fix for each in found)


def test_what_is_no_template_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text("Resources: [", encoding="utf-8")
    assert [each.level for each in templates([tmp_path / "template.yaml"])] == ["wrong"]


def test_no_template_is_no_finding() -> None:
    assert templates([]) == []
