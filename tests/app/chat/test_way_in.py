"""Which way a request has come, and the root path that follows from it."""

import json

import pytest
from fastapi.testclient import TestClient

import way_in
from main import app
from way_in import rooted, stage_path, way

URL = {"stage": "$default", "http": {"path": "/docs"}}
HTTP_API = {"stage": "prod", "http": {"path": "/prod/docs"}}
REST_API = {"stage": "prod", "path": "/prod/docs"}
CUSTOM_DOMAIN = {"stage": "prod", "path": "/docs"}


def scope(path="/docs", **more):
    return {"type": "http", "path": path, "root_path": "", "headers": [], **more}


@pytest.mark.parametrize(
    ("context", "root"),
    [
        pytest.param({}, "", id="no Lambda"),
        pytest.param(URL, "", id="a function URL"),
        pytest.param(HTTP_API, "/prod", id="an HTTP API's stage"),
        pytest.param(REST_API, "/prod", id="a REST API's stage"),
        pytest.param(REST_API | {"path": "/prod"}, "/prod", id="a stage and nothing else"),
        pytest.param(REST_API | {"path": "/production"}, "", id="a path that begins like the stage"),
        pytest.param(CUSTOM_DOMAIN, "", id="a custom domain"),
    ],
)
def test_the_root_path_is_the_stage_when_the_address_has_it(context, root):
    assert stage_path(context) == root


@pytest.mark.parametrize(
    ("path", "whole"),
    [("/docs", "/prod/docs"), ("/prod/docs", "/prod/docs"), ("/", "/prod/"), ("/production", "/prod/production")],
)
def test_the_path_begins_with_the_root_path(path, whole):
    assert rooted(scope(path), "/prod") == scope(whole, root_path="/prod")


def test_without_a_root_path_nothing_changes():
    before = scope()
    assert rooted(before, "") is before


def test_mangum_leaves_its_event():
    event = {"aws.event": {"requestContext": REST_API}}
    header = {"headers": [(b"x-amzn-request-context", b'{"stage": "forged"}')]}
    assert way(scope(**event, **header)) == ("Mangum", REST_API)
    assert way(scope(**{"aws.event": {"requestContext": None}})) == ("Mangum", {})


@pytest.mark.parametrize(
    ("on_lambda", "expected"), [(True, ("Lambda Web Adapter", REST_API)), (False, ("uvicorn", {}))]
)
def test_the_adapters_header_is_believed_on_lambda_alone(monkeypatch, on_lambda, expected):
    monkeypatch.setattr(way_in, "ON_LAMBDA", on_lambda)
    assert way(scope(headers=[(b"x-amzn-request-context", json.dumps(REST_API).encode())])) == expected


def test_the_answer_says_which_way_it_came(chat):
    for path, status in (("/tasks", 200), ("/nothing", 404), ("/stream/lines", 200)):
        response = chat.get(path, headers={"x-amzn-request-context": json.dumps(REST_API)})
        assert (response.status_code, response.headers["x-served-by"]) == (status, "uvicorn")


def test_the_openapi_page_works_behind_a_proxy_that_the_server_knows():
    """As with uvicorn's `--root-path`: a proxy takes away a prefix that nobody but the server knows."""
    client = TestClient(app, root_path="/prefix")
    assert '"/prefix/openapi.json"' in client.get("/docs").text.replace("'", '"')
    assert client.get("/openapi.json").json()["servers"] == [{"url": "/prefix"}]


def test_the_openapi_page_works_behind_a_stage(monkeypatch):
    monkeypatch.setattr(way_in, "ON_LAMBDA", True)
    client = TestClient(app, headers={"x-amzn-request-context": json.dumps(REST_API)})
    assert '"/prod/openapi.json"' in client.get("/docs").text.replace("'", '"')
    assert client.get("/openapi.json").json()["servers"] == [{"url": "/prod"}]
    assert "servers" not in TestClient(app).get("/openapi.json").json()
