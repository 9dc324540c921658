"""STS's temporary keys."""

import time

import boto3
import pytest
from botocore.config import Config

SESSION = {
    "access_key_id": "ASIAFUNCTIONSESSION1",
    "secret_access_key": "secret",
    "session_token": "token",
    "name": "chat",
}


def remember(control_plane, **settings):
    told = SESSION | {"role": "arn:aws:iam::123456789012:role/chat-role"} | settings
    return control_plane.own("POST", "/_lambdastream/sessions", json=told).status_code


def test_a_functions_session_is_its_role_assumed(control_plane):
    assert remember(control_plane, expires=time.time() + 60) == 200
    keys = {
        "aws_access_key_id": "ASIAFUNCTIONSESSION1",
        "aws_secret_access_key": "secret",
        "aws_session_token": "token",
    }
    sts = boto3.client("sts", endpoint_url=control_plane.endpoint, region_name="us-east-1", config=Config(), **keys)
    assert sts.get_caller_identity()["Arn"] == "arn:aws:sts::123456789012:assumed-role/chat-role/chat"
    sts.close()
    found = control_plane.own("GET", "/_lambdastream/credentials/ASIAFUNCTIONSESSION1")
    assert found.json()["secret_access_key"] == "secret"


@pytest.mark.parametrize(("ago", "status"), [(60, 200), (7200, 404)], ids=["a minute", "two hours"])
def test_keys_that_have_expired_are_forgotten(control_plane, ago, status):
    key = f"ASIAEXPIRED{ago}"
    assert remember(control_plane, access_key_id=key, expires=time.time() - ago) == 200
    assert remember(control_plane, access_key_id="ASIANEXT", expires=time.time() + 60) == 200
    assert control_plane.own("GET", f"/_lambdastream/credentials/{key}").status_code == status


@pytest.mark.parametrize("change", [{"role": "none"}, {"expires": "soon"}, {"expires": None}])
def test_what_is_no_session_is_refused(control_plane, change):
    assert remember(control_plane, **{"expires": 0} | change) == 400


def test_session_tokens_are_new_and_can_be_looked_up(control_plane):
    one, two = (control_plane["sts"].get_session_token()["Credentials"] for _ in range(2))
    assert one["AccessKeyId"] != two["AccessKeyId"]
    found = control_plane.own("GET", f"/_lambdastream/credentials/{one['AccessKeyId']}")
    assert found.json() == {
        "secret_access_key": one["SecretAccessKey"],
        "session_token": one["SessionToken"],
        "expires": pytest.approx(one["Expiration"].timestamp(), abs=1),
    }


def test_keys_of_an_assumed_role_can_be_looked_up(control_plane):
    role = control_plane.role()
    keys = control_plane["sts"].assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    found = control_plane.own("GET", f"/_lambdastream/credentials/{keys['AccessKeyId']}").json()
    assert (found["secret_access_key"], found["session_token"]) == (keys["SecretAccessKey"], keys["SessionToken"])
    assert found["expires"] == pytest.approx(keys["Expiration"].timestamp(), abs=1)


def test_other_keys_are_unknown(control_plane):
    assert control_plane.own("GET", "/_lambdastream/credentials/AKIDNONE").status_code == 404
