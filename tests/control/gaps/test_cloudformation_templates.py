"""Templates are read safely and fast."""

import pytest
from botocore.exceptions import ClientError

RUNS_CODE = """
Resources:
  Topic: {Type: AWS::SNS::Topic}
Description: !!python/object/apply:os.getenv [HOME]
"""
SHORT_FORMS = """
Parameters: {Word: {Type: String, Default: word}}
Resources:
  Topic: {Type: AWS::SNS::Topic}
Outputs:
  Attribute: {Value: !GetAtt Topic.TopicName}
  Sub: {Value: !Sub ["${Word}-${Own}", {Own: !Join ["+", [a, !Ref Word]]}]}
"""


def test_short_forms_are_understood(control_plane):
    assert control_plane.create("forms", SHORT_FORMS) == "CREATE_COMPLETE"
    outputs = control_plane.outputs("forms")
    assert outputs["Sub"] == "word-a+word"
    assert outputs["Attribute"].startswith("forms-Topic")


def test_a_template_does_not_run_code(control_plane):
    with pytest.raises(ClientError, match="Template format error"):
        control_plane.create("runs-code", RUNS_CODE)


@pytest.mark.parametrize(
    "template",
    ["not a template", "a: [", "Resources: {}", "{}", "[]"],
    ids=["text", "broken", "no resources", "empty", "a list"],
)
def test_what_is_no_template_is_refused(control_plane, template):
    with pytest.raises(ClientError, match="Template format error") as refused:
        control_plane.create("broken", template)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    with pytest.raises(ClientError, match="does not exist"):
        control_plane.stack("broken")


def test_a_template_is_summarized(control_plane):
    summary = control_plane["cloudformation"].get_template_summary(TemplateBody=SHORT_FORMS)
    assert summary["ResourceTypes"] == ["AWS::SNS::Topic"]
    assert summary["Parameters"][0]["DefaultValue"] == "word"
