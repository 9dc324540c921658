"""The endpoint's own calls: functions and APIs deployed and removed over HTTP, by who has the token."""

import httpx
import pytest

from lambdastream.runtime.description import FunctionDescription, FunctionUrlConfig
from lambdastream.runtime.interpreter import own_runtime

OWN = "/_lambdastream/"
URI = (
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:us-east-1:123456789012:function:{}/invocations"
)
ORIGIN = {"origin": "https://a.example"}


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
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "status"), ("PUT", "functions/x"), ("DELETE", "functions/x"), ("PUT", "apis/x"), ("DELETE", "apis/x")],
)
def test_without_the_token_nobody_deploys(ask, method, path, token):
    response = ask(method, OWN + path, token=token, content=b"{}")
    assert (response.status_code, response.json()) == (403, {"message": "Wrong token"})


@pytest.mark.parametrize(("method", "path"), [("GET", "other"), ("POST", "functions/x"), ("GET", "functions/x")])
def test_there_is_nothing_else_of_its_own(ask, method, path):
    assert ask(method, OWN + path).status_code == 404


def test_the_token_is_another_one_for_every_data_plane(start_local, local):
    assert len(local.plane.token) > 30
    assert start_local().plane.token != local.plane.token


def body(function, title="first"):
    integration = {"type": "aws_proxy", "uri": URI.format(function), "payloadFormatVersion": "2.0"}
    operation = {"x-amazon-apigateway-integration": integration}
    return {"info": {"title": title}, "paths": {"/$default": {"x-amazon-apigateway-any-method": operation}}}


@pytest.fixture
def deploy_api(ask):
    """Deploy an API in the control plane's words; it is removed in the end."""
    made = set()

    def go(api_id="a1", *, stage="$default", **settings):
        value = {"id": api_id, "name": "api", "type": "HTTP", "stage": stage, "cors": None, **settings}
        made.add(api_id)
        return ask("PUT", f"{OWN}apis/{api_id}", json=value)

    yield go
    for api_id in made:
        ask("DELETE", f"{OWN}apis/{api_id}")


def apis(ask):
    return [api["name"] for api in ask("GET", f"{OWN}status").json()["apis"]]


def test_an_api_is_deployed_replaced_and_removed(ask, deploy_api, local, plain, write_function):
    other = local.deploy(write_function({"handler.py": "def handler(event, context):\n    return 'other'\n"}))
    url = deploy_api(body=body(plain.name)).json()["url"]
    assert url.startswith("http://127.0.0.1:")
    assert url.endswith("/")
    assert local.client.get(url + "pid").json() in plain.pids
    assert apis(ask) == ["api"]

    assert deploy_api(body=body(other.name), name="replaced").json() == {"url": url}
    assert local.client.get(url + "pid").text == "other"
    assert apis(ask) == ["replaced"]

    assert ask("DELETE", f"{OWN}apis/a1").status_code == 204
    assert apis(ask) == []
    with pytest.raises(httpx.ConnectError):
        local.client.get(url)
    assert ask("DELETE", f"{OWN}apis/a1").json()["error"] == "FunctionNotFoundError"


def test_apis_have_addresses_of_their_own(deploy_api, plain):
    first, second = (deploy_api(api_id, body=body(plain.name)).json()["url"] for api_id in ("a1", "a2"))
    assert first != second


def test_a_rest_api_is_deployed_at_its_stage(deploy_api, local, plain):
    document = body(plain.name)
    document["paths"] = {"/{proxy+}": document["paths"]["/$default"]}
    url = deploy_api(type="REST", stage="prod", body=document).json()["url"]
    assert local.client.get(f"{url}other/pid").status_code == 403
    assert local.client.get(f"{url}prod/pid").headers["x-amzn-requestid"]


def test_an_api_without_a_stage_has_an_address_and_answers_nothing(deploy_api, local, plain):
    url = deploy_api(stage="", body=body(plain.name)).json()["url"]
    for path in ("", "pid", "no-stage", "no-stage/pid"):
        assert local.client.get(url + path).status_code == 404
    assert deploy_api(body=body(plain.name)).json()["url"] == url
    assert local.client.get(url + "pid").status_code == 200


@pytest.mark.parametrize("credentials", [True, "true", False, "false"])
def test_cors_is_in_cloudformations_spelling(deploy_api, local, plain, credentials):
    cors = {
        "AllowOrigins": ["https://a.example"],
        "AllowMethods": ["GET"],
        "AllowHeaders": ["x-one"],
        "ExposeHeaders": ["x-two"],
        "MaxAge": 60,
        "AllowCredentials": credentials,
    }
    url = deploy_api(body=body(plain.name), cors=cors).json()["url"]
    asked = {**ORIGIN, "access-control-request-method": "GET"}
    preflight = local.client.options(url + "pid", headers=asked).headers
    assert preflight["access-control-allow-origin"] == "https://a.example"
    assert preflight["access-control-allow-methods"] == "GET"
    assert preflight["access-control-allow-headers"] == "x-one"
    assert preflight["access-control-max-age"] == "60"
    assert ("access-control-allow-credentials" in preflight) == (credentials in (True, "true"))
    answer = local.client.get(url + "pid", headers=ORIGIN)
    assert answer.headers["access-control-expose-headers"] == "x-two"


def test_the_cors_of_the_openapi_body_comes_first(deploy_api, local, plain):
    document = body(plain.name) | {"x-amazon-apigateway-cors": {"allowOrigins": ["https://a.example"]}}
    url = deploy_api(body=document, cors={"AllowOrigins": ["https://b.example"]}).json()["url"]
    answer = local.client.get(url + "pid", headers=ORIGIN)
    assert answer.headers["access-control-allow-origin"] == "https://a.example"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"type": "WEBSOCKET"}, id="no such type"),
        pytest.param({"stage": "no stage"}, id="no such stage"),
        pytest.param({"body": 1}, id="a number for a body"),
        pytest.param({"body": {"paths": []}}, id="no paths"),
        pytest.param({"body": {"paths": {"/": {"get": {}}}}}, id="a route without an integration"),
        pytest.param({"cors": ["AllowOrigins"]}, id="no CORS settings"),
        pytest.param({"cors": {"AllowOrigins": None}}, id="no origins"),
    ],
)
def test_an_api_that_cannot_be_says_why_and_what_to_do(ask, deploy_api, plain, change):
    response = deploy_api("wrong", **{"body": body(plain.name)} | change)
    assert (response.status_code, response.json()["error"]) == (400, "DescriptionError")
    assert response.json()["problem"]
    assert response.json()["next_step"]
    assert apis(ask) == []


def test_an_api_without_an_id_is_refused(ask):
    response = ask("PUT", f"{OWN}apis/x", json={"body": {}, "stage": "prod"})
    assert (response.status_code, response.json()["error"]) == (400, "DescriptionError")
