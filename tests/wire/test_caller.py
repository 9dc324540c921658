"""How the events of API Gateway tell who signed. Those of function URLs are in `test_url_event`."""

import json
from datetime import UTC, datetime

import pytest

from lambdastream.wire.caller import Caller
from lambdastream.wire.gateway_event import GatewayRequest, http_api_event, http_api_event_1, rest_api_event
from lambdastream.wire.http_message import HttpRequest

CALLER = Caller("AKIAKEY", "123456789012", "arn:aws:iam::123456789012:user/reader", "AIDAREADER")
SIX = datetime(2026, 11, 21, 6, tzinfo=UTC)


def context(event, caller):
    request = HttpRequest("GET", "/a", (("host", "localhost"),))
    call = GatewayRequest(request, "a1", "123456789012", "prod", "GET", "/a", "/a", "id-1", SIX, caller=caller)
    return json.loads(event(call))["requestContext"]


@pytest.mark.conformance("api-iam-caller")
def test_payload_2_has_it_as_its_authorizer():
    iam = context(http_api_event, CALLER)["authorizer"]["iam"]
    assert (iam["accessKey"], iam["callerId"], iam["userId"]) == ("AKIAKEY", "AIDAREADER", "AIDAREADER")
    assert iam["userArn"] == "arn:aws:iam::123456789012:user/reader"
    assert "authorizer" not in context(http_api_event, None)


@pytest.mark.conformance("api-iam-caller")
@pytest.mark.parametrize("event", [http_api_event_1, rest_api_event])
def test_payload_1_has_it_as_its_identity(event):
    identity, nobody = context(event, CALLER)["identity"], context(event, None)["identity"]
    assert (identity["accessKey"], identity["caller"], identity["user"]) == ("AKIAKEY", "AIDAREADER", "AIDAREADER")
    assert identity["userArn"] == "arn:aws:iam::123456789012:user/reader"
    assert identity["sourceIp"] == nobody["sourceIp"] == "127.0.0.1"
    assert identity.keys() == nobody.keys()
    assert {nobody[name] for name in ("accessKey", "accountId", "caller", "user", "userArn")} == {None}
