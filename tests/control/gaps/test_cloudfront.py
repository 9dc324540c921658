"""What is in front of functions on AWS alone is refused by name, and not deployed as if it were there."""

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

TEMPLATE = Path(__file__).parents[3] / "cloudfront" / "template.yaml"
FUNCTION = {
    "FunctionUrl": "https://abc123.lambda-url.us-east-1.on.aws/",
    "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:chat",
}


def test_a_distribution_fails_its_stack_by_name(control_plane):
    given = FUNCTION | {"OpenToEveryone": "at-my-expense"}
    assert control_plane.create("cloudfront", TEMPLATE.read_text(encoding="utf-8"), **given) == "ROLLBACK_COMPLETE"
    [reason] = [reason for _, status, reason in control_plane.events("cloudfront") if status == "CREATE_FAILED"]
    assert "AWS::CloudFront::" in reason
    assert "is not supported by the local AWS" in reason


def test_nobody_opens_a_function_by_accident(control_plane):
    with pytest.raises(ClientError, match="Everyone may call a distribution, and you pay"):
        control_plane.create("cloudfront-no-word", TEMPLATE.read_text(encoding="utf-8"), **FUNCTION)
