"""The endpoint: which programs may call it, and who answers them."""

import json

import httpx
import pytest
from botocore.exceptions import ClientError

from lambdastream.doors.authentication import Keys

OWN = "/_lambdastream/"


@pytest.fixture
def call(local, sign):
    """A signed call to AWS, with these headers beside it."""

    def go(method, path, *, content=b"", headers=()):
        url = local.endpoint_url + path
        signed = sign(local.plane.keys, method, url, content)
        return local.client.request(method, url, content=content, headers=signed | dict(headers))

    return go


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"host": "localhost"}, 200, id="localhost"),
        pytest.param({"host": "127.0.0.1:4566"}, 200, id="loopback"),
        pytest.param({"host": "[::1]:4566"}, 200, id="loopback, version 6"),
        pytest.param({"host": "example.com"}, 403, id="another name"),
        pytest.param({"host": "127.0.0.1.example.com"}, 403, id="a name that looks like it"),
        pytest.param({"origin": "http://example.com"}, 403, id="a page"),
        pytest.param({"origin": "null"}, 403, id="a page without a name"),
    ],
)
def test_pages_in_a_browser_do_not_get_in(ask, headers, status):
    assert ask("GET", f"{OWN}status", headers=headers).status_code == status


@pytest.mark.parametrize("headers", [{"origin": "http://example.com"}, {"origin": "null"}, {"host": "example.com"}])
def test_pages_in_a_browser_do_not_invoke(call, plain, headers):
    path = f"/2015-03-31/functions/{plain.name}/invocations"
    assert call("POST", path, headers=headers, content=b'{"do":"pid"}').status_code == 403
    assert call("POST", path, content=b'{"do":"pid"}').status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/2015-03-31/functions/plain/invocations"),
        ("POST", "/2015-03-31/functions/a/b/invocations"),
        ("POST", "/2020-06-30/functions/plain/code-signing-config"),
    ],
)
def test_without_a_control_plane_all_else_is_not_implemented(call, method, path):
    response = call(method, path)
    assert (response.status_code, response.headers["x-amzn-errortype"]) == (501, "NotImplemented")
    assert f"{method} {path}" in response.json()["Message"]


def test_a_client_without_a_host_is_no_client(local, connect):
    wire = connect(local.plane.port)
    wire.send(b"GET /_lambdastream/status HTTP/1.1\r\n\r\n")
    assert wire.answer().status == 400


MB = 1024 * 1024


@pytest.mark.parametrize("call_name", ["invoke", "invoke_with_response_stream"])
def test_a_call_over_6_mb_is_refused_though_the_endpoint_takes_more(new_client, local, plain, call_name):
    client = new_client(local)
    assert local.plane.limits.upload > 20 * MB
    with pytest.raises(ClientError) as caught:
        getattr(client, call_name)(FunctionName=plain.name, Payload=b"1" * (6 * MB + 1))
    assert caught.value.response["Error"]["Code"] == "RequestTooLargeException"
    client.invoke(FunctionName=plain.name, Payload=json.dumps({"do": "echo", "x": "x" * (6 * MB - 100)}))


def test_a_body_over_the_upload_limit_is_refused(start_local, sign, control_plane):
    local = start_local(control_plane=control_plane.socket, upload=MB)
    for size, status in ((MB, 200), (MB + 1, 413)):
        url, content = f"{local.endpoint_url}/bucket/key", b"x" * size
        headers = sign(local.plane.keys, "PUT", url, content, service="s3")
        assert local.client.put(url, content=content, headers=headers).status_code == status
    assert [len(seen.body) for seen in control_plane.seen] == [MB]


def test_a_call_to_invoke_is_signed_for_lambda(local, sign, plain):
    url = f"{local.endpoint_url}/2015-03-31/functions/{plain.name}/invocations"
    for service, status in (("lambda", 200), ("s3", 400), ("logs", 403)):
        headers = sign(local.plane.keys, "POST", url, b'{"do":"pid"}', service=service)
        assert local.client.post(url, content=b'{"do":"pid"}', headers=headers).status_code == status


def test_a_fault_of_our_own_ends_the_connection_and_is_reported(start_local, control_plane, sign):
    local = start_local(control_plane=control_plane.socket)
    control_plane.keys["ASIAODD"] = {"odd": "answer"}
    url = f"{local.endpoint_url}/bucket"
    headers = sign(Keys("ASIAODD", "secret"), "GET", url, service="s3")
    with pytest.raises(httpx.RemoteProtocolError):
        local.client.get(url, headers=headers)
    [fault] = local.loop.faults
    assert isinstance(fault["exception"], KeyError)
    local.loop.faults.clear()
