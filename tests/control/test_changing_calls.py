"""Calls that change something."""

import pytest

from lambdastream.control.changing_calls import changes

FORM = {"CONTENT_TYPE": "application/x-www-form-urlencoded; charset=utf-8"}


def call(method: str = "POST", path: str = "/", body: bytes = b"", **environ: str) -> bool:
    return changes({"REQUEST_METHOD": method, "PATH_INFO": path, **environ}, body)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (call("GET", "/2015-03-31/functions/a"), False),
        (call("HEAD", "/bucket/key"), False),
        (call("PUT", "/bucket/key", b"Action=DescribeStacks"), True),
        (call("DELETE", "/bucket/key"), True),
        (call("POST", "/2015-03-31/functions", b"{}"), True),
        (call(body=b"Action=DescribeStacks&Version=1", **FORM), False),
        (call(body=b"Version=1&Action=CreateChangeSet", **FORM), True),
        (call(body=b"Action=GetCallerIdentity", **FORM), False),
        (call(body=b"Action=GetSessionToken", **FORM), True),
        (call(body=b"Action=AssumeRole", **FORM), True),
        (call("GET", QUERY_STRING="Action=CreateQueue&QueueName=q"), True),
        (call(HTTP_X_AMZ_TARGET="Logs_20140328.FilterLogEvents"), False),
        (call(HTTP_X_AMZ_TARGET="Logs_20140328.PutLogEvents"), True),
        (call(HTTP_X_AMZ_TARGET="DynamoDB_20120810.Scan"), False),
        (call(HTTP_X_AMZ_TARGET="AmazonSQS.ReceiveMessage"), True),
        (call(HTTP_X_AMZ_TARGET="X.Gettysburg"), True),
        (call(path="/service/GraniteServiceVersion20100801/operation/ListMetrics"), False),
        (call(path="/service/GraniteServiceVersion20100801/operation/PutMetricData"), True),
        (call(), True),
    ],
)
def test_reading_is_told_from_changing(asked: bool, expected: bool) -> None:
    assert asked is expected
