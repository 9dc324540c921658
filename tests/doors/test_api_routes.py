"""Which route a request takes."""

import pytest

from lambdastream.doors.api_routes import FixedResponse, Route, find_http_route, find_rest_route
from lambdastream.errors import DescriptionError

FINDERS = {"HTTP": find_http_route, "REST": find_rest_route}
EXAMPLE = ("GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "ANY $default")

both_types = pytest.mark.parametrize("find", FINDERS.values(), ids=FINDERS)


def routes(*keys):
    return tuple(Route(*key.split(" "), function="f") for key in keys)


def found(find, keys, request):
    match = find(routes(*keys), *request.split(" "))
    return match and (f"{match.route.method} {match.route.path}", dict(match.parameters))


@pytest.mark.conformance("http-routes")
@pytest.mark.parametrize(
    ("request_line", "route", "parameters"),
    [
        ("GET /pets/dog/1", "GET /pets/dog/1", {}),
        ("GET /pets/dog/2", "GET /pets/dog/{id}", {"id": "2"}),
        ("GET /pets/cat/1", "GET /pets/{proxy+}", {"proxy": "cat/1"}),
        ("POST /test/5", "ANY /{proxy+}", {"proxy": "test/5"}),
        ("POST /pets/dog/1", "ANY /{proxy+}", {"proxy": "pets/dog/1"}),
        ("GET /", "ANY $default", {}),
    ],
)
def test_an_http_api_routes_as_the_developer_guides_example_says(request_line, route, parameters):
    for keys in (EXAMPLE, EXAMPLE[::-1]):
        assert found(find_http_route, keys, request_line) == (route, parameters)


@pytest.mark.conformance("http-routes")
@both_types
@pytest.mark.parametrize(
    ("keys", "request_line", "expected"),
    [
        pytest.param(["GET /"], "GET /", ("GET /", {}), id="root"),
        pytest.param(["GET /a"], "GET /a/b", None, id="longer"),
        pytest.param(["GET /a/b"], "GET /a", None, id="shorter"),
        pytest.param(["GET /a"], "POST /a", None, id="another method"),
        pytest.param(["GET /a"], "GET /A", None, id="another case"),
        pytest.param(["GET /a", "ANY /a"], "GET /a", ("GET /a", {}), id="a method before ANY"),
        pytest.param(["GET /a", "ANY /a"], "PUT /a", ("ANY /a", {}), id="ANY is every other method"),
        pytest.param(["ANY /a"], "OPTIONS /a", ("ANY /a", {}), id="ANY takes OPTIONS too"),
        pytest.param(["ANY /{x}", "ANY /a"], "GET /a", ("ANY /a", {}), id="fixed before a parameter"),
        pytest.param(["ANY /{x+}", "ANY /{x}"], "GET /a", ("ANY /{x}", {"x": "a"}), id="a parameter before greedy"),
        pytest.param(
            ["ANY /a/{x+}", "ANY /{x}/{y}"], "GET /a/b", ("ANY /{x}/{y}", {"x": "a", "y": "b"}), id="full before greedy"
        ),
        pytest.param(["ANY /{x+}", "ANY /a/{x+}"], "GET /a/b", ("ANY /a/{x+}", {"x": "b"}), id="longer greedy first"),
        pytest.param(["ANY /{x+}"], "GET /", None, id="greedy is never empty"),
        pytest.param(["ANY /a/{x+}"], "GET /a", None, id="greedy is never missing"),
        pytest.param(["ANY /a/{x}"], "GET /a/", None, id="a parameter is never empty"),
        pytest.param(["ANY /{x+}"], "GET /a//b", ("ANY /{x+}", {"x": "a//b"}), id="greedy keeps slashes"),
        pytest.param(["ANY /{a}/b/{c}"], "GET /1/b/2", ("ANY /{a}/b/{c}", {"a": "1", "c": "2"}), id="two parameters"),
        pytest.param([], "GET /", None, id="no routes"),
    ],
)
def test_the_most_specific_route_is_taken(find, keys, request_line, expected):
    assert found(find, keys, request_line) == expected
    assert found(find, keys[::-1], request_line) == expected


@pytest.mark.conformance("http-path-parameters")
def test_an_http_api_decodes_path_parameters_and_a_rest_api_does_not():
    keys, line = ["GET /{x}/{y+}"], "GET /a%2Bb/c%20d@e+f"
    assert found(find_http_route, keys, line) == (keys[0], {"x": "a+b", "y": "c d@e+f"})
    assert found(find_rest_route, keys, line) == (keys[0], {"x": "a%2Bb", "y": "c%20d@e+f"})


@pytest.mark.conformance("rest-routes")
def test_a_rest_api_ignores_a_trailing_slash_and_an_http_api_does_not():
    assert found(find_rest_route, ["GET /a"], "GET /a/") == ("GET /a", {})
    assert found(find_rest_route, ["GET /{x+}"], "GET /a/b/") == ("GET /{x+}", {"x": "a/b"})
    assert found(find_http_route, ["GET /a"], "GET /a/") is None
    assert found(find_http_route, ["GET /{x+}"], "GET /a/b/") == ("GET /{x+}", {"x": "a/b/"})


@pytest.mark.conformance("rest-method")
def test_a_rest_api_decides_for_a_path_first_and_an_http_api_goes_on_to_the_next():
    keys = ["GET /a", "ANY /{x+}"]
    assert found(find_rest_route, keys, "POST /a") is None
    assert found(find_http_route, keys, "POST /a") == ("ANY /{x+}", {"x": "a"})


def test_the_default_route_may_have_a_method():
    assert found(find_http_route, ["GET $default"], "GET /a/b") == ("GET $default", {})
    assert found(find_http_route, ["GET $default"], "POST /a/b") is None


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        pytest.param({"method": "get"}, "method as 'get'", id="lower case"),
        pytest.param({"method": "TRACE"}, "method as 'TRACE'", id="unknown method"),
        pytest.param({"path": ""}, "path", id="empty path"),
        pytest.param({"path": "a"}, "path", id="no slash"),
        pytest.param({"path": "/a{b}"}, "path", id="a parameter that is no segment"),
        pytest.param({"path": "/{a+}/b"}, "path", id="greedy in the middle"),
        pytest.param({"path": "/{}"}, "path", id="no name"),
        pytest.param({"function": ""}, "no function", id="no function"),
        pytest.param({"payload_format": "3.0"}, "format as '3.0'", id="unknown payload format"),
        pytest.param({"timeout": 0.01}, "timeout of 0.01 s", id="too short"),
        pytest.param({"timeout": 901}, "timeout of 901 s", id="too long"),
    ],
)
def test_a_route_that_makes_no_sense_is_refused(settings, says):
    with pytest.raises(DescriptionError, match=says) as caught:
        Route(**{"method": "GET", "path": "/", "function": "f", **settings})
    assert caught.value.next_step


def test_a_fixed_response_needs_no_function():
    assert Route("OPTIONS", "/", fixed=FixedResponse(200)).function == ""
