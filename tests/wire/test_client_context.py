"""The client context of an invocation."""

import json
from base64 import b64encode

import pytest

from lambdastream.errors import WireError
from lambdastream.wire.client_context import LONGEST, client_context


def encoded(text):
    return b64encode(text.encode()).decode()


def test_a_call_without_one_has_none():
    assert client_context("") == ""


@pytest.mark.conformance("invoke-client-context")
def test_it_is_a_json_object_for_a_header():
    told = client_context(encoded('{"custom": {"who": "żółw"}}'))
    assert told.isascii()
    assert json.loads(told) == {"custom": {"who": "żółw"}}


@pytest.mark.conformance("invoke-client-context-bad")
@pytest.mark.parametrize(
    "header",
    [
        pytest.param("string", id="no base64"),
        pytest.param("żółw", id="not ASCII"),
        pytest.param(encoded("{"), id="no JSON"),
        pytest.param(encoded("[]"), id="no object"),
        pytest.param(encoded('"text"'), id="a string"),
        pytest.param(encoded('{"a": 1e999}'), id="an endless number"),
        pytest.param(b64encode(b'{"a": "\xff"}').decode(), id="not UTF-8"),
        pytest.param(encoded(json.dumps({"a": "x" * LONGEST})), id="too long"),
    ],
)
def test_anything_else_is_refused_in_the_services_words(header):
    with pytest.raises(WireError) as caught:
        client_context(header)
    assert caught.value.problem == "Client context must be a valid Base64-encoded JSON object."


@pytest.mark.conformance("invoke-client-context-bad")
def test_it_may_be_as_long_as_the_limit():
    text = '{"a":"' + "x" * 2677 + '"}'
    assert LONGEST - 4 < len(encoded(text)) <= LONGEST
    assert client_context(encoded(text)) == text
