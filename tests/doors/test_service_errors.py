"""Errors in the shapes of AWS services: what a request tells of its service."""

import json

import pytest

from lambdastream.doors.service_errors import error_response, protocol
from lambdastream.wire.http_message import HttpRequest

FORM = ("content-type", "application/x-www-form-urlencoded; charset=utf-8")


def signed_for(service):
    credential = f"Credential=AKIA/20260101/us-east-1/{service}/aws4_request"
    return "authorization", f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=a"


PRESIGNED = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20260101%2Fus-east-1%2F{}%2Faws4_request"


@pytest.mark.parametrize(
    ("target", "headers", "expected"),
    [
        pytest.param("/", [signed_for("cloudformation"), FORM], "query", id="a query API"),
        pytest.param("/", [FORM], "query", id="a query API, unsigned"),
        pytest.param(f"/?Action=GetCallerIdentity&{PRESIGNED.format('sts')}", [], "query", id="a query API, presigned"),
        pytest.param("/2015-03-31/functions", [signed_for("lambda")], "json", id="REST with JSON"),
        pytest.param("/2015-03-31/functions", [], "json", id="Lambda, unsigned"),
        pytest.param("/v2/apis", [], "json", id="API Gateway v2, unsigned"),
        pytest.param("/restapis", [], "json", id="API Gateway, unsigned"),
        pytest.param("/", [("x-amz-target", "Logs_20140328.DescribeLogGroups")], "json", id="JSON, unsigned"),
        pytest.param("/bucket", [signed_for("s3")], "s3", id="S3"),
        pytest.param("/2015-03-31/key", [signed_for("s3")], "s3", id="S3, and a bucket that is a date"),
        pytest.param("/bucket/key", [], "s3", id="S3, unsigned"),
        pytest.param(f"/bucket/key?{PRESIGNED.format('s3')}", [], "s3", id="S3, presigned"),
        pytest.param("/bucket/key", [("authorization", "AWS AKIA:c2ln")], "s3", id="S3, signature version 2"),
    ],
)
def test_a_request_tells_how_its_service_speaks(target, headers, expected):
    assert protocol(HttpRequest("POST", target, tuple(headers))) == expected


@pytest.mark.parametrize("headers", [[FORM], [signed_for("s3")]])
def test_xml_is_escaped(headers):
    response = error_response(HttpRequest("POST", "/", tuple(headers)), 400, "A", "<&>")
    assert b"<Message>&lt;&amp;&gt;</Message>" in response.body


def test_json_names_the_error_in_a_header_too():
    response = error_response(HttpRequest("GET", "/2015-03-31/functions", ()), 403, "A", "why")
    assert dict(response.headers)["x-amzn-errortype"] == "A"
    assert json.loads(response.body)["message"] == "why"


@pytest.mark.parametrize(("status", "whose"), [(400, b"Sender"), (500, b"Receiver")])
def test_a_query_api_says_whose_fault_it_is(status, whose):
    response = error_response(HttpRequest("POST", "/", (FORM,)), status, "A", "why")
    assert b"<Type>" + whose + b"</Type>" in response.body
