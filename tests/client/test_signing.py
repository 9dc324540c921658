"""Signed requests: for what service and region, with whose keys."""

import httpx
import pytest

from lambdastream.client import record
from lambdastream.client.signing import SignedByProfile, scope
from lambdastream.errors import SetupError


@pytest.fixture
def keys(monkeypatch, tmp_path):
    """Keys that are in use, and no files."""
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    return monkeypatch


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("abc.lambda-url.eu-west-3.on.aws", ("lambda", "eu-west-3")),
        ("abc.execute-api.us-east-2.amazonaws.com", ("execute-api", "us-east-2")),
        ("abc.execute-api.cn-north-1.amazonaws.com.cn", ("execute-api", "cn-north-1")),
        ("127.0.0.1", ("lambda", "")),
        ("lambda-url.eu-west-3.on.aws.example.test", ("lambda", "")),
    ],
)
def test_an_address_of_aws_names_its_service_and_region(host, expected):
    assert scope(host) == expected


@pytest.mark.parametrize(
    ("service", "expected"),
    [("", "eu-west-1/lambda/aws4_request"), ("execute-api", "eu-west-1/execute-api/aws4_request")],
)
def test_the_keys_and_the_region_of_the_environment_sign(keys, server, service, expected):
    said = record("POST", server.url("/echo"), json={"q": 1}, auth=SignedByProfile(service)).text
    assert "authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/" in said
    assert expected in said
    assert said.endswith('{"q":1}')


@pytest.mark.parametrize(
    ("missing", "problem"),
    [
        ("AWS_ACCESS_KEY_ID", "cannot be signed: no AWS keys are selected."),
        ("AWS_DEFAULT_REGION", "cannot be signed: no region is set."),
    ],
)
def test_without_keys_or_a_region_nothing_is_sent(keys, server, missing, problem):
    keys.delenv(missing)
    if missing == "AWS_ACCESS_KEY_ID":
        keys.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(SetupError, match=problem):
        record("GET", server.url("/echo"), auth=SignedByProfile())
    assert server.connections == 0


def test_a_profile_that_is_none_is_told_of(keys):
    keys.setenv("AWS_PROFILE", "nobody-s")
    with pytest.raises(SetupError, match="nobody-s"):
        next(SignedByProfile().auth_flow(httpx.Request("GET", "http://127.0.0.1/")))
