"""``TemplateURL`` of any host."""

import json

import pytest
from botocore.exceptions import ClientError

TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})


def uploaded(aws, bucket: str) -> str:
    aws["s3"].create_bucket(Bucket=bucket)
    aws["s3"].put_object(Bucket=bucket, Key="a folder/template", Body=TEMPLATE)
    return f"{aws.endpoint}/{bucket}/a%20folder/template"


def test_a_template_is_read_from_the_endpoints_address(control_plane):
    url = uploaded(control_plane, "templates")
    control_plane["cloudformation"].create_stack(StackName="from-url", TemplateURL=url)
    assert control_plane.stack("from-url")["StackStatus"] == "CREATE_COMPLETE"


def test_a_template_is_read_from_its_bucket_at_amazon(control_plane):
    uploaded(control_plane, "templates-2")
    url = "https://templates-2.s3.us-east-1.amazonaws.com/a%20folder/template"
    control_plane["cloudformation"].create_stack(StackName="from-host", TemplateURL=url)
    assert control_plane.stack("from-host")["StackStatus"] == "CREATE_COMPLETE"


@pytest.mark.parametrize("path", ["templates-3/none", "no-such-bucket/none"])
def test_a_template_that_is_not_there_is_refused(control_plane, path):
    uploaded(control_plane, "templates-3")
    with pytest.raises(ClientError, match="S3 error") as refused:
        control_plane["cloudformation"].create_stack(StackName="none", TemplateURL=f"{control_plane.endpoint}/{path}")
    assert refused.value.response["Error"]["Code"] == "ValidationError"
