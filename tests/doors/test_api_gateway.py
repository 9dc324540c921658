"""API Gateway in front of real functions: HTTP APIs and REST APIs, buffered and streaming."""

import asyncio
import json
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace

import httpx
import pytest

from lambdastream.doors.api_description import ApiDescription, Cors
from lambdastream.doors.api_gateway import ApiGateway
from lambdastream.doors.api_routes import FixedResponse, Route
from lambdastream.runtime.limits import Limits
from lambdastream.runtime.ports import is_free

MB = 1024 * 1024
REST_FAILED = (502, {"message": "Internal server error"})
HTTP_FAILED = (500, {"message": "Internal Server Error"})


@dataclass
class Api:
    """An API that listens."""

    gateway: ApiGateway
    client: httpx.Client

    @property
    def port(self):
        return int(self.gateway.address.rpartition(":")[2])

    def request(self, method, path="", **options):
        return self.client.request(method, self.gateway.url + path, **options)

    def get(self, path="", **parameters):
        return self.request("GET", path, params=parameters)

    def stream(self, method, path="", **options):
        return self.client.stream(method, self.gateway.url + path, **options)


@pytest.fixture(scope="module")
def serve(local):
    """Open an API; all are closed in the end."""
    with ExitStack() as stack:

        def start(description, limits=None):
            gateway = ApiGateway(description, local.plane.function, limits or Limits(), local.plane.authenticator)
            local.loop.run(gateway.listen(0))
            stack.callback(lambda: local.loop.run(gateway.close()))
            return Api(gateway, local.client)

        yield start


def http_api(function, *, stage="$default", path="$default", cors=None, **settings):
    settings = {"payload_format": "2.0", "timeout": 30, **settings}
    return ApiDescription("h1", "http", "HTTP", stage, (Route("ANY", path, function, **settings),), cors=cors)


def rest_api(function, *, types=(), **settings):
    routes = (Route("ANY", "/", function, **settings), Route("ANY", "/{proxy+}", function, **settings))
    return ApiDescription("r1", "rest", "REST", "prod", routes, binary_media_types=types)


@pytest.fixture(scope="module")
def function(local, copy_of):
    return local.deploy(copy_of("gateway"), name="behind-apis")


@pytest.fixture(scope="module")
def http(serve, function):
    return serve(http_api(function.name))


@pytest.fixture(scope="module")
def http_1(serve, function):
    return serve(http_api(function.name, payload_format="1.0"))


@pytest.fixture(scope="module")
def rest(serve, function):
    return serve(rest_api(function.name))


@pytest.fixture(scope="module")
def apis(http, http_1, rest):
    return {"HTTP 2.0": http, "HTTP 1.0": http_1, "REST": rest}


every_api = pytest.mark.parametrize("kind", ["HTTP 2.0", "HTTP 1.0", "REST"])


def answered(response):
    return response.status_code, response.json()


# Events and results


@pytest.mark.conformance("http-event-2", "api-request-id")
def test_an_http_api_gives_payload_2(http):
    response = http.request("POST", "a%20b/echo?x=1&x=2", content="text", headers={"content-type": "text/plain"})
    event = response.json()

    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "$default", "/a b/echo")
    assert event["queryStringParameters"] == {"x": "1,2"}
    assert event["requestContext"]["stage"] == "$default"
    assert (event["body"], event["isBase64Encoded"]) == ("text", False)
    assert response.headers["apigw-requestid"] == event["requestContext"]["requestId"]


@pytest.mark.conformance("http-event-1")
def test_an_http_api_gives_payload_1(http_1):
    event = http_1.get("echo", x="1").json()

    assert (event["version"], event["resource"], event["path"]) == ("1.0", "$default", "/echo")
    assert event["multiValueQueryStringParameters"] == {"x": ["1"]}


@pytest.mark.conformance("rest-event", "api-request-id")
def test_a_rest_api_gives_payload_1_and_keeps_the_stage_out_of_the_path(rest):
    response = rest.get("a%20b/echo", x="1")
    event = response.json()

    assert rest.gateway.url == f"http://127.0.0.1:{rest.port}/prod/"
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/{proxy+}", "/a%20b/echo", "GET")
    assert event["pathParameters"] == {"proxy": "a%20b/echo"}
    assert (event["requestContext"]["path"], event["requestContext"]["stage"]) == ("/prod/a%20b/echo", "prod")
    assert event["requestContext"]["domainName"] == f"127.0.0.1:{rest.port}"
    assert response.headers["x-amzn-requestid"] == event["requestContext"]["requestId"]
    assert response.headers["x-amz-apigw-id"] == event["requestContext"]["extendedRequestId"]


@pytest.mark.conformance("http-stage")
def test_an_http_api_with_a_named_stage_keeps_it_in_the_path(serve, function):
    api = serve(http_api(function.name, stage="prod", path="/{name}"))
    event = api.get("echo").json()

    assert (event["rawPath"], event["routeKey"], event["pathParameters"]) == (
        "/prod/echo",
        "ANY /{name}",
        {"name": "echo"},
    )
    assert answered(api.client.get(f"{api.gateway.address}/echo")) == (404, {"message": "Not Found"})


@pytest.mark.conformance("rest-stage-variables")
def test_stage_variables_reach_the_function(serve, function):
    api = serve(replace(rest_api(function.name), stage_variables={"color": "blue"}))

    assert api.get("echo").json()["stageVariables"] == {"color": "blue"}


@every_api
def test_a_result_becomes_the_response_and_the_connection_goes_on(apis, kind, connect):
    result = {"statusCode": 201, "headers": {"X-Own": "yes", "content-type": "text/x"}, "body": "made"}
    response = apis[kind].request("POST", "answer", json=result)
    assert (response.status_code, response.text) == (201, "made")
    assert (response.headers["x-own"], response.headers["content-type"]) == ("yes", "text/x")

    wire = connect(apis[kind].port)
    base = apis[kind].gateway.description.base_path
    assert wire.request(f"HEAD {base}/echo").body == b""
    assert json.loads(wire.request(f"GET {base}/echo").body)["requestContext"]


@pytest.mark.conformance("http-result-2")
def test_each_api_reads_results_in_its_own_way(http, http_1, rest):
    inferred = http.request("POST", "answer", json={"hello": 1})
    assert answered(inferred) == (200, {"hello": 1})
    assert answered(http_1.request("POST", "answer", json={"hello": 1})) == HTTP_FAILED
    assert answered(rest.request("POST", "answer", json={"hello": 1})) == REST_FAILED


@pytest.mark.conformance("rest-result-base64")
@pytest.mark.parametrize(
    ("accept", "body"), [("image/png", b"\0\xff"), ("image/png, */*", b"\0\xff"), ("text/html, image/png", b"AP8=")]
)
def test_a_rest_api_decodes_base64_for_the_first_type_that_a_client_accepts(serve, function, accept, body):
    api = serve(rest_api(function.name, types=("image/png",)))
    result = {"statusCode": 200, "body": "AP8=", "isBase64Encoded": True}

    assert api.request("POST", "answer", json=result, headers={"accept": accept}).content == body


# Routes that are none


@pytest.mark.conformance("rest-no-route")
@pytest.mark.parametrize("path", ["", "other/echo", "production"])
def test_a_rest_api_has_no_other_stage(rest, path):
    response = rest.client.get(f"{rest.gateway.address}/{path}")

    assert answered(response) == (403, {"message": "Missing Authentication Token"})
    assert response.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"


@pytest.mark.conformance("http-no-route", "rest-no-route")
def test_an_unknown_route_has_each_apis_own_answer(serve, function):
    http = serve(replace(http_api(function.name), routes=(Route("GET", "/a/echo", function.name),)))
    rest = serve(replace(rest_api(function.name), routes=(Route("GET", "/a/echo", function.name),)))

    assert http.get("a/echo").status_code == rest.get("a/echo").status_code == 200
    for method, path in (("GET", "a"), ("POST", "a/echo")):
        assert answered(http.request(method, path)) == (404, {"message": "Not Found"})
        assert answered(rest.request(method, path)) == (403, {"message": "Missing Authentication Token"})


@pytest.mark.conformance("rest-mock")
def test_a_fixed_response_needs_no_function(serve):
    fixed = FixedResponse(200, (("content-type", "application/json"), ("access-control-allow-origin", "*")), "{}")
    api = serve(replace(rest_api("none"), routes=(Route("OPTIONS", "/a", fixed=fixed),)))
    response = api.request("OPTIONS", "a")

    assert answered(response) == (200, {})
    assert response.headers["access-control-allow-origin"] == "*"


def test_a_function_that_is_not_deployed_is_an_error(serve):
    assert answered(serve(rest_api("none")).get("x")) == (500, {"message": "Internal server error"})
    assert answered(serve(http_api("none")).get("x")) == HTTP_FAILED


def test_a_description_may_be_replaced_while_the_api_listens(serve, function):
    api = serve(rest_api("none"))
    assert api.get("echo").status_code == 500
    api.gateway.description = rest_api(function.name)
    assert api.get("echo").status_code == 200


# Failures


@pytest.mark.conformance("http-result-malformed", "rest-result-malformed")
@every_api
@pytest.mark.parametrize("path", ["fail", "leave"])
def test_a_function_that_fails_is_an_error_that_points_to_its_log(apis, kind, path):
    response = apis[kind].get(path)

    assert answered(response) == (REST_FAILED if kind == "REST" else HTTP_FAILED)
    assert response.headers["x-lambdastream-log"] == "lambdastream logs behind-apis"
    assert apis[kind].get("echo").status_code == 200


@pytest.mark.conformance("http-result-malformed", "rest-result-malformed")
@every_api
@pytest.mark.parametrize(
    "result", [{"statusCode": "x"}, {"statusCode": 100}, {"statusCode": 200, "headers": {"a b": "c"}}], ids=repr
)
def test_a_malformed_result_is_an_error_and_the_next_request_works(apis, kind, result):
    assert answered(apis[kind].request("POST", "answer", json=result)) == (
        REST_FAILED if kind == "REST" else HTTP_FAILED
    )
    assert apis[kind].get("echo").status_code == 200


@pytest.mark.conformance("http-throttle", "rest-throttle")
def test_a_throttled_function_is_an_error(start_local, copy_of):
    local = start_local(environments=0)
    name = local.deploy(copy_of("gateway")).name
    expected = {"HTTP": (503, {"message": "Service Unavailable"}), "REST": (500, {"message": "Internal server error"})}
    for description in (http_api(name), rest_api(name)):
        gateway = ApiGateway(description, local.plane.function, Limits(), local.plane.authenticator)
        local.loop.run(gateway.listen(0))
        assert answered(local.client.get(gateway.url + "echo")) == expected[description.type]
        local.loop.run(gateway.close())


@pytest.mark.conformance("http-timeout", "rest-timeout")
@pytest.mark.parametrize(
    ("make", "expected"),
    [
        pytest.param(rest_api, (504, {"message": "Endpoint request timed out"}), id="REST"),
        pytest.param(http_api, (503, {"message": "Service Unavailable"}), id="HTTP"),
    ],
)
def test_after_its_timeout_an_api_answers_and_the_function_runs_on(
    serve, function, connect, eventually, tmp_path, make, expected
):
    api = serve(make(function.name, timeout=0.3))
    wire = connect(api.port)
    base = api.gateway.description.base_path
    begun, gate, done = (tmp_path / name for name in ("begun", "gate", "done"))
    assert wire.request(f"GET {base}/echo").status in {200, expected[0]}  # the first may meet a cold start
    eventually(lambda: wire.request(f"GET {base}/echo").status == 200)

    late = wire.request(f"GET {base}/wait?begun={begun}&gate={gate}&done={done}")
    assert (late.status, json.loads(late.body)) == expected
    assert begun.exists()
    assert not done.exists()
    gate.touch()
    eventually(done.exists)
    assert wire.request(f"GET {base}/echo").status == 200


@pytest.mark.conformance("api-request-size")
@every_api
def test_a_request_over_10_mb_is_refused_and_the_connection_still_works(apis, kind, connect):
    wire = connect(apis[kind].port)
    base = apis[kind].gateway.description.base_path
    answer = wire.request(f"POST {base}/size", b"x" * (10 * MB + 1), content_type="text/plain")
    message = "Request Too Long" if kind == "REST" else "Request Entity Too Large"

    assert (answer.status, json.loads(answer.body)) == (413, {"message": message})
    assert wire.request(f"GET {base}/echo").status == 200


@pytest.mark.conformance("api-event-size")
@every_api
@pytest.mark.parametrize(("size", "status"), [(5 * MB, 200), (6 * MB, 413)], ids=["5 MB", "6 MB"])
def test_an_event_over_6_mb_is_refused(apis, kind, size, status):
    response = apis[kind].request("POST", "size", content=b"x" * size, headers={"content-type": "text/plain"})

    assert response.status_code == status


@pytest.mark.conformance("api-response-size")
@every_api
def test_an_answer_over_6_mb_is_an_error_and_the_next_request_works(apis, kind):
    assert len(apis[kind].get("large", size=5 * MB).content) == 5 * MB
    assert answered(apis[kind].get("large", size=6 * MB + 100)) == (REST_FAILED if kind == "REST" else HTTP_FAILED)
    assert apis[kind].get("echo").status_code == 200


# CORS of HTTP APIs


PREFLIGHT = {"origin": "https://a.example", "access-control-request-method": "GET"}


def cors_headers(response):
    return {name: value for name, value in response.headers.items() if name.startswith("access-control-")}


@pytest.mark.conformance("http-cors-preflight")
def test_preflight_requests_are_answered_without_a_route(serve):
    api = serve(replace(http_api("none", cors=Cors(("*",), ("GET",))), routes=()))
    response = api.request("OPTIONS", "anything", headers=PREFLIGHT)

    assert (response.status_code, response.content) == (204, b"")
    assert cors_headers(response) == {"access-control-allow-origin": "*", "access-control-allow-methods": "GET"}
    assert api.get("anything").status_code == 404


@pytest.mark.conformance("http-cors-answer")
@pytest.mark.parametrize(("path", "status"), [("answer", 200), ("fail", 500)])
def test_every_answer_carries_the_apis_cors_headers_in_place_of_the_functions(serve, function, path, status):
    api = serve(http_api(function.name, cors=Cors(("https://a.example",))))
    result = {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "own"}}
    response = api.request("POST", path, json=result, headers={"origin": "https://a.example"})

    assert response.status_code == status
    assert cors_headers(response) == {"access-control-allow-origin": "https://a.example"}


@pytest.mark.conformance("http-cors-none")
def test_without_a_configuration_the_functions_headers_stay_and_options_is_a_method(http):
    result = {"statusCode": 200, "headers": {"access-control-allow-origin": "own"}}
    response = http.request("POST", "answer", json=result, headers={"origin": "https://a.example"})
    event = http.request("OPTIONS", "echo", headers=PREFLIGHT).json()

    assert cors_headers(response) == {"access-control-allow-origin": "own"}
    assert event["requestContext"]["http"]["method"] == "OPTIONS"


# Streaming, through a runtime that chooses every byte


@pytest.fixture(scope="module")
def streaming_name(local, copy_of):
    """The function `streaming`; its script is the body of a request, whatever the payload format."""
    wrapper = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper.sh"}
    return local.deploy(copy_of("streaming"), name="streaming-behind-apis", environment=wrapper).name


@pytest.fixture(scope="module")
def stream_api(serve, streaming_name):
    return serve(rest_api(streaming_name, types=("*/*",), streams=True, timeout=20))


def script(steps, **settings):
    return json.dumps({"steps": steps, **settings})


@pytest.mark.conformance("rest-stream-arrives")
def test_pieces_arrive_while_the_function_still_holds_back_the_next_one(stream_api, tmp_path):
    steps = []
    for word in ("one", "two", "three"):
        steps += [["wait", str(tmp_path / word)], ["chunk", word]]
    content = script(
        [*steps, ["end"]], prelude={"statusCode": 201, "headers": {"X-Own": "yes"}, "cookies": ["a=1", "b=2"]}
    )
    with stream_api.stream("POST", "x", content=content) as response:
        arriving = response.iter_raw()
        for word in ("one", "two", "three"):
            (tmp_path / word).touch()
            assert next(arriving) == word.encode()
        assert list(arriving) == []
    assert (response.status_code, response.headers["x-own"]) == (201, "yes")
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert response.headers["x-amzn-requestid"]


@pytest.mark.conformance("response-no-body")
def test_a_streamed_answer_without_a_body_has_none_and_the_connection_goes_on(stream_api, connect):
    wire = connect(stream_api.port)
    for line, status in (("POST /prod/x", 204), ("POST /prod/x", 304), ("HEAD /prod/x", 200)):
        body = script([["chunk", "dropped"], ["end"]], prelude={"statusCode": status}).encode()
        answer = wire.request(line, body)
        assert (answer.status, answer.body) == (status, b"")
    fine = script([["chunk", "fine"], ["end"]]).encode()
    assert wire.request("POST /prod/x", fine).body == b"fine"


HTTP_TYPE = "application/vnd.awslambda.http-integration-response"


def test_a_chunk_of_the_function_reaches_the_client_as_one_chunk(stream_api, connect):
    wire = connect(stream_api.port)
    large = "x" * 1_000_000
    body = script([["chunk", "one"], ["chunk", large], ["end"]]).encode()
    wire.send(b"POST /prod/x HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body), body)
    assert wire.head()[0] == 200
    assert [len(chunk) for chunk in wire.chunks()] == [3, len(large), 0]


@pytest.mark.conformance("rest-stream-prelude")
@pytest.mark.parametrize(
    "cuts",
    [
        pytest.param(["{}" + "\0" * 8 + "body"], id="all in one"),
        pytest.param(list("{}" + "\0" * 8 + "body"), id="byte by byte"),
        pytest.param(["{" + " " * 16000, "}" + "\0" * 8 + "body"], id="long"),
    ],
)
def test_a_prelude_is_read_however_it_is_cut(stream_api, cuts):
    content = script([*(["chunk", cut] for cut in cuts), ["end"]], type=HTTP_TYPE)

    assert stream_api.request("POST", "x", content=content).content == b"body"


@pytest.mark.conformance("rest-stream-prelude-bad")
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([["end"]], id="nothing"),
        pytest.param([["chunk", "{}"], ["end"]], id="no separator"),
        pytest.param([["chunk", "[]" + "\0" * 8 + "body"], ["chunk", "more"], ["end"]], id="no object"),
        pytest.param([["chunk", '{"statusCode":100}' + "\0" * 8 + "body"], ["chunk", "more"], ["end"]], id="no end"),
        pytest.param([["chunk", "{" + " " * 17000], ["chunk", "}" + "\0" * 8 + "body"], ["end"]], id="too long"),
        pytest.param([["chunk", "{"], ["kill"]], id="it dies in its prelude"),
    ],
)
def test_a_stream_without_a_good_prelude_is_a_502_and_the_next_request_works(stream_api, steps):
    assert answered(stream_api.request("POST", "x", content=script(steps, type=HTTP_TYPE))) == REST_FAILED
    assert stream_api.request("POST", "x", content=script([["chunk", "fine"], ["end"]])).text == "fine"


@pytest.mark.conformance("rest-stream-error")
@pytest.mark.parametrize(
    "last", [["kill"], ["end", {"Lambda-Runtime-Function-Error-Type": "Odd"}]], ids=["dies", "says so"]
)
def test_a_function_that_fails_in_the_middle_never_looks_like_a_clean_end(stream_api, tmp_path, last):
    gate = tmp_path / "gate"
    content = script([["chunk", "before"], ["wait", str(gate)], last])
    with stream_api.stream("POST", "x", content=content) as response:
        arriving = response.iter_raw()
        assert next(arriving) == b"before"
        gate.touch()
        with pytest.raises(httpx.RemoteProtocolError):
            next(arriving)
    assert stream_api.request("POST", "x", content=script([["chunk", "fine"], ["end"]])).text == "fine"


@pytest.mark.conformance("rest-stream-timeout")
def test_a_stream_longer_than_its_timeout_breaks_off(serve, streaming_name, connect, tmp_path):
    api = serve(rest_api(streaming_name, types=("*/*",), streams=True, timeout=2))
    wire = connect(api.port)
    content = script([["chunk", "before"], ["wait", str(tmp_path / "gate")], ["end"]]).encode()
    wire.send(b"POST /prod/x HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(content), content)
    assert wire.head()[0] == 200
    assert list(wire.chunks()) == [b"before", None]
    (tmp_path / "gate").touch()


@pytest.mark.conformance("rest-stream-timeout")
def test_a_stream_that_begins_after_the_timeout_does_not_disturb_the_next_answer(
    serve, streaming_name, connect, eventually, tmp_path
):
    api = serve(rest_api(streaming_name, types=("*/*",), streams=True, timeout=0.5))
    wire = connect(api.port)
    fine = script([["chunk", "fine"], ["end"]]).encode()
    eventually(lambda: wire.request("POST /prod/x", fine).status == 200)
    gate, done = tmp_path / "gate", tmp_path / "done"
    late = [["wait", str(gate)], ["chunk", "{}" + "\0" * 8 + "late"], ["end"]]
    assert wire.request("POST /prod/x", script(late, type=HTTP_TYPE).encode()).status == 504

    waiting = script([["chunk", "one"], ["wait", str(done)], ["chunk", "two"], ["end"]]).encode()
    eventually(lambda: wire.request("POST /prod/x", fine).status == 200)  # by a second environment
    wire.send(b"POST /prod/x HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(waiting), waiting)
    assert wire.head()[0] == 200
    chunks = wire.chunks()
    assert next(chunks) == b"one"
    gate.touch()
    done.touch()
    assert list(chunks) == [b"two", b""]


@pytest.mark.conformance("client-leaves", "slow-client")
def test_an_app_waits_for_a_client_that_does_not_read_and_runs_on_when_it_leaves(
    serve, local, copy_of, connect, eventually, tmp_path
):
    name = local.deploy_web(copy_of("web"), name="web-behind-apis", adapter_mode="response_stream").name
    api = serve(rest_api(name, streams=True))
    pieces, sent = 1600, tmp_path / "sent"
    wire = connect(api.port, receive_buffer=64 * 1024)
    wire.send(f"GET /prod/data?pieces={pieces}&sent={sent} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
    assert wire.head()[0] == 200
    assert eventually(lambda: sent.exists() and stands_still(sent)) < pieces / 2
    wire.close()
    eventually(lambda: int(sent.read_text()) == pieces)
    assert api.get("name").json() == name


def stands_still(file):
    """The number in the file, if it stays the same for a third of a second."""
    before = file.read_text()
    time.sleep(0.35)
    return int(before) if before and file.read_text() == before else None


@pytest.mark.conformance("rest-stream-of-buffered")
def test_a_function_that_does_not_stream_behind_an_api_that_does_is_malformed(serve, function):
    api = serve(rest_api(function.name, streams=True))

    assert answered(api.get("echo")) == REST_FAILED


@pytest.mark.conformance("http-buffers", "rest-stream-of-buffered")
def test_a_function_that_streams_behind_an_api_that_does_not_is_malformed(serve, streaming_name):
    content = script([["chunk", "body"], ["end"]])
    assert (
        answered(serve(rest_api(streaming_name, types=("*/*",))).request("POST", "x", content=content)) == REST_FAILED
    )
    headers = {"content-type": "application/octet-stream"}
    http = serve(http_api(streaming_name))
    assert answered(http.request("POST", "x", content=content, headers=headers)) == HTTP_FAILED


# The chat app


@pytest.fixture(scope="module")
def mangum(local, chat_build):
    return local.deploy(chat_build, name="chat-mangum-behind-apis").name


@pytest.mark.parametrize("make", [http_api, rest_api], ids=["HTTP", "REST"])
def test_the_chat_app_behind_mangum_answers_whole(serve, mangum, make):
    chat = serve(make(mangum))

    assert chat.get().json() == {"message": "Hello World!"}
    assert chat.get("tasks").json()[0] == {"id": "ptvWZ3", "text": "hello!"}
    assert answered(chat.get("nothing")) == (404, {"detail": "Not Found"})
    with chat.stream("GET", "stream") as response:
        [whole] = response.iter_raw()
    assert whole == b"This is streaming from Lambda"
    assert "Grüße 🌊" in chat.request("POST", "stream/chat", params={"query": "Grüße 🌊"}).text


def test_the_chat_app_behind_the_adapter_streams_through_a_rest_api(serve, local, chat_build):
    name = local.deploy_web(chat_build, name="chat-adapter-behind-apis", adapter_mode="response_stream").name
    chat = serve(rest_api(name, streams=True))

    assert chat.get().json() == {"message": "Hello World!"}
    assert chat.get("tasks").json()[0] == {"id": "ptvWZ3", "text": "hello!"}
    with chat.stream("GET", "stream") as response:
        pieces = list(response.iter_raw())
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert b"".join(pieces) == b"This is streaming from Lambda"
    assert len(pieces) > len("This is streaming from Lambda") / 2
    assert "Grüße 🌊" in chat.request("POST", "stream/chat", params={"query": "Grüße 🌊"}).text
    assert answered(serve(http_api(name)).get("tasks")) == HTTP_FAILED


@pytest.mark.parametrize("make", [http_api, rest_api], ids=["HTTP", "REST"])
def test_the_chat_app_behind_a_buffering_adapter_answers_whole(serve, local, chat_build, make):
    name = local.deploy_web(chat_build, name="chat-buffered-behind-apis", adapter_mode="buffered").name
    chat = serve(make(name))

    assert chat.get("tasks").json()[0] == {"id": "ptvWZ3", "text": "hello!"}
    with chat.stream("GET", "stream") as response:
        [whole] = response.iter_raw()
    assert whole == b"This is streaming from Lambda"


# Life cycle


def test_a_closed_api_leaves_no_port_open(local, function, connect):
    gateway = ApiGateway(rest_api(function.name), local.plane.function, Limits(), local.plane.authenticator)
    local.loop.run(gateway.listen(0))
    port = int(gateway.address.rpartition(":")[2])
    wire = connect(port)
    assert wire.request("GET /prod/echo").status == 200
    local.loop.run(gateway.close())
    assert wire.at_end()
    assert is_free(port)


def test_a_port_that_is_taken_is_an_os_error(local, function, rest):
    gateway = ApiGateway(rest_api(function.name), local.plane.function, Limits(), local.plane.authenticator)
    with pytest.raises(OSError, match="in use"):
        local.loop.run(asyncio.wait_for(gateway.listen(rest.port), 5))
