"""The sessions of functions' roles."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from lambdastream.doors.authentication import Authenticator, Keys
from lambdastream.doors.role_sessions import LIFE, SHARED, RoleSessions
from lambdastream.runtime.credentials import RoleCredentials
from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.interpreter import own_runtime

ROLE = "arn:aws:iam::123456789012:role/chat"


@pytest.fixture
def describe(tmp_path):
    return lambda name="one", **settings: FunctionDescription(
        name, tmp_path, "handler.handler", own_runtime(), role=ROLE, **settings
    )


@pytest.fixture
def sessions():
    return RoleSessions(Authenticator(Keys.at_random()))


def test_a_functions_environments_share_their_keys(sessions, describe):
    first = sessions.credentials(describe())
    assert sessions.credentials(describe()) == first
    assert sessions.credentials(describe("two")) != first
    assert first.access_key_id.startswith("ASIA")
    assert timedelta(hours=11) < first.expires - datetime.now(UTC) <= LIFE


def test_new_environments_get_new_keys_in_time(sessions, describe, monkeypatch):
    first = sessions.credentials(describe())
    monkeypatch.setattr("lambdastream.doors.role_sessions.SHARED", timedelta(0))
    assert sessions.credentials(describe()) != first
    assert SHARED < LIFE


def test_an_environment_whose_keys_are_about_to_end_takes_no_invocation_any_more(local, copy_of, monkeypatch):
    ended = set()
    monkeypatch.setattr(RoleCredentials, "last", lambda self, time: self.access_key_id not in ended)
    function = local.deploy(copy_of("plain"))
    before = local.invoke(function.name, do="pid")
    assert local.invoke(function.name, do="pid") == before
    ended.add(local.invoke(function.name, do="variables")["AWS_ACCESS_KEY_ID"])
    assert local.invoke(function.name, do="pid") != before
    assert local.invoke(function.name, do="variables")["AWS_ACCESS_KEY_ID"] not in ended


def test_sts_is_told_of_a_session(start_local, control_plane, copy_of):
    local = start_local(control_plane=control_plane.socket)
    function = local.deploy(copy_of("plain"), role=ROLE)
    seen = local.invoke(function.name, do="variables")
    [told] = [json.loads(call.body) for call in control_plane.seen if call.target == "/_lambdastream/sessions"]
    assert (told["role"], told["name"]) == (ROLE, function.name)
    assert {
        "AWS_ACCESS_KEY_ID": told["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": told["secret_access_key"],
        "AWS_SESSION_TOKEN": told["session_token"],
    }.items() <= seen.items()
