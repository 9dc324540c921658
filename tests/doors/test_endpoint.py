"""The endpoint: what it answers itself, and whom it lets in."""

import json

import pytest

from lambdastream.runtime.description import FunctionDescription, FunctionUrlConfig
from lambdastream.runtime.interpreter import own_runtime

OWN = "/_lambdastream/"


@pytest.fixture
def ask(local):
    """A request to the endpoint, with the token unless another is given."""

    def go(method, path, *, token=local.plane.token, **options):
        headers = {"authorization": f"Bearer {token}".strip().encode()} | options.pop("headers", {})
        return local.client.request(method, local.endpoint_url + path, headers=headers, **options)

    return go


@pytest.fixture
def description(copy_of):
    url = FunctionUrlConfig("NONE", "BUFFERED")
    return FunctionDescription("by-http", copy_of("plain"), "handler.handler", own_runtime(), url=url).to_json()


def test_a_function_is_deployed_called_and_removed_over_http(ask, local, description):
    deployed = ask("PUT", f"{OWN}functions/by-http", json=description)
    assert deployed.status_code == 200
    assert (deployed.json()["name"], deployed.json()["environments"]) == ("by-http", [])
    assert local.client.get(deployed.json()["url"] + "pid").status_code == 200
    names = [function["name"] for function in ask("GET", f"{OWN}status").json()["functions"]]
    assert "by-http" in names
    assert ask("DELETE", f"{OWN}functions/by-http").status_code == 204
    assert local.invoke("by-http")["Message"].startswith("Function not found")


@pytest.mark.parametrize(
    ("change", "error", "problem"),
    [
        pytest.param({"runtime": "python3.99"}, "RuntimeNotFoundError", "python3.99", id="no runtime"),
        pytest.param({"layers": ["arn:none"]}, "DescriptionError", "arn:none", id="no layer"),
        pytest.param({"code": "/no/such/folder"}, "DescriptionError", "/no/such/folder", id="no code"),
        pytest.param({"other": 1}, "DescriptionError", "not a function's description", id="no description"),
    ],
)
def test_a_deployment_that_cannot_be_says_why_and_what_to_do(ask, description, change, error, problem):
    response = ask("PUT", f"{OWN}functions/by-http", json=description | change)
    assert response.status_code == 400
    assert response.json()["error"] == error
    assert problem in response.json()["problem"]
    assert response.json()["next_step"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b"1"])
def test_a_deployment_that_is_no_json_object_is_refused(ask, body):
    response = ask("PUT", f"{OWN}functions/x", content=body)
    assert response.status_code == 400
    assert response.json()["problem"]


def test_what_is_not_deployed_cannot_be_removed(ask):
    response = ask("DELETE", f"{OWN}functions/nothing")
    assert (response.status_code, response.json()["error"]) == (400, "FunctionNotFoundError")


@pytest.mark.parametrize("token", ["", "wrong", "ż"])
@pytest.mark.parametrize(("method", "path"), [("GET", "status"), ("PUT", "functions/x"), ("DELETE", "functions/x")])
def test_without_the_token_nobody_deploys(ask, method, path, token):
    response = ask(method, OWN + path, token=token, content=b"{}")
    assert (response.status_code, response.json()) == (403, {"message": "Wrong token"})


@pytest.mark.parametrize(("method", "path"), [("GET", "other"), ("POST", "functions/x"), ("GET", "functions/x")])
def test_there_is_nothing_else_of_its_own(ask, method, path):
    assert ask(method, OWN + path).status_code == 404


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


def test_pages_in_a_browser_do_not_invoke(ask, plain):
    path = f"/2015-03-31/functions/{plain.name}/invocations"
    assert ask("POST", path, headers={"origin": "http://example.com"}, content=b'{"do":"pid"}').status_code == 403
    assert ask("POST", path, content=b'{"do":"pid"}').status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/2015-03-31/functions/plain/invocations"),
        ("POST", "/2015-03-31/functions/a/b/invocations"),
        ("POST", "/2020-06-30/functions/plain/code-signing-config"),
    ],
)
def test_what_it_does_not_know_is_not_implemented(ask, method, path):
    response = ask(method, path)
    assert (response.status_code, response.headers["x-amzn-errortype"]) == (501, "NotImplemented")
    assert f"{method} {path}" in response.json()["Message"]


def test_the_token_is_another_one_for_every_data_plane(start_local, local):
    assert len(local.plane.token) > 30
    assert start_local().plane.token != local.plane.token


def test_a_client_without_a_host_is_no_client(local, connect):
    wire = connect(local.plane.port)
    wire.send(b"GET /_lambdastream/status HTTP/1.1\r\n\r\n")
    answer = wire.answer()
    assert answer.status == 403
    assert "Only programs" in json.loads(answer.body)["message"]
