"""APIs, as they are described."""

import json
from dataclasses import replace

import pytest

from lambdastream.doors.api_description import ApiDescription, Cors
from lambdastream.doors.api_routes import FixedResponse, Route
from lambdastream.errors import DescriptionError

ROUTE = Route("ANY", "/{proxy+}", "f")
REST = ApiDescription("r1", "rest", "REST", "prod", (ROUTE,))
HTTP = ApiDescription("h1", "http", "HTTP", "$default", (ROUTE,))


@pytest.mark.parametrize(
    ("api", "path", "rest"),
    [
        pytest.param(REST, "/prod/a/b", "/a/b", id="REST"),
        pytest.param(REST, "/prod/", "/", id="REST, root"),
        pytest.param(REST, "/prod", "/", id="REST, stage alone"),
        pytest.param(REST, "//prod//a", "/a", id="REST, more slashes"),
        pytest.param(REST, "/prod/a/", "/a/", id="REST, trailing slash"),
        pytest.param(REST, "/", None, id="REST, no stage"),
        pytest.param(REST, "/a", None, id="REST, another stage"),
        pytest.param(REST, "/production", None, id="REST, a longer name"),
        pytest.param(REST, "/Prod/a", None, id="REST, another case"),
        pytest.param(HTTP, "/a", "/a", id="HTTP"),
        pytest.param(HTTP, "/", "/", id="HTTP, root"),
        pytest.param(HTTP, "//a", "//a", id="HTTP, more slashes"),
        pytest.param(replace(HTTP, stage="prod"), "/prod/a", "/a", id="HTTP, named stage"),
        pytest.param(replace(HTTP, stage="prod"), "/prod", "/", id="HTTP, named stage alone"),
        pytest.param(replace(HTTP, stage="prod"), "/a", None, id="HTTP, no stage"),
    ],
)
def test_the_stage_is_the_beginning_of_the_path(api, path, rest):
    assert api.without_stage(path) == rest


def test_each_type_finds_routes_in_its_own_way():
    assert REST.find("GET", "/a%20b/").parameters == {"proxy": "a%20b"}
    assert HTTP.find("GET", "/a%20b/").parameters == {"proxy": "a b/"}


@pytest.mark.parametrize(
    "api",
    [
        REST,
        replace(REST, binary_media_types=("*/*",), stage_variables={"color": "blue"}),
        replace(REST, routes=(Route("OPTIONS", "/", fixed=FixedResponse(200, (("a", "b"),), "{}")),)),
        replace(HTTP, cors=Cors(("*",), ("GET",), ("x-own",), ("x-e",), allow_credentials=True, max_age=5)),
    ],
    ids=["plain", "REST", "fixed", "CORS"],
)
def test_a_description_is_read_back_from_json(api):
    assert ApiDescription.from_json(json.loads(json.dumps(api.to_json()))) == api


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"routes": 1},
        REST.to_json() | {"other": 1},
        REST.to_json() | {"routes": [{"a": 1}]},
        HTTP.to_json() | {"cors": [1]},
    ],
    ids=["empty", "routes that are none", "unknown key", "route that is none", "CORS that is none"],
)
def test_what_is_no_description_is_refused(value):
    with pytest.raises(DescriptionError):
        ApiDescription.from_json(value)


@pytest.mark.parametrize(
    ("api", "settings", "says"),
    [
        pytest.param(REST, {"type": "WEBSOCKET"}, "type", id="unknown type"),
        pytest.param(REST, {"stage": "$default"}, "stage", id="REST without a stage's name"),
        pytest.param(HTTP, {"stage": "a/b"}, "stage", id="a stage with a slash"),
        pytest.param(HTTP, {"routes": (replace(ROUTE, streams=True),)}, "only REST APIs", id="HTTP that streams"),
        pytest.param(REST, {"routes": (replace(ROUTE, path="$default"),)}, "only HTTP APIs", id="REST with $default"),
        pytest.param(
            REST, {"routes": (replace(ROUTE, payload_format="2.0"),)}, "only HTTP", id="REST with payload 2.0"
        ),
        pytest.param(REST, {"routes": (ROUTE, ROUTE)}, "two routes", id="a route twice"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(api, settings, says):
    with pytest.raises(DescriptionError, match=says) as caught:
        replace(api, **settings)
    assert caught.value.next_step
