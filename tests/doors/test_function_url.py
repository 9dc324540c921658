"""Function URLs, with the real awslambdaric and the real Lambda Web Adapter."""

import json
import sys
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from statistics import median

import httpx
import pytest

from lambdastream.runtime.cors import Cors
from lambdastream.runtime.description import FunctionDescription, FunctionUrlConfig
from lambdastream.runtime.interpreter import own_runtime

SIX_MB = 6 * 1024 * 1024
PIECE = bytes(range(256)) * 256
LETTER = "ż"
# As awslambdaric writes it in JSON: from Python 3.12 on as it is (its lambda_runtime_marshaller.py).
WRITTEN = json.dumps(LETTER, ensure_ascii=sys.version_info < (3, 12)).encode()


def script(steps, **settings):
    """A request's body for the function `streaming`."""
    return json.dumps({"steps": steps, **settings})


@pytest.fixture
def gates(tmp_path):
    folder = tmp_path / "gates"
    folder.mkdir()
    return folder


# InvokeMode: BUFFERED, behind awslambdaric


@pytest.mark.conformance("url-result-inferred", "url-result-described")
@pytest.mark.parametrize(
    ("result", "status", "headers", "body"),
    [
        pytest.param({"a": 1}, 200, {"content-type": "application/json"}, b'{"a": 1}', id="any object"),
        pytest.param([1, LETTER], 200, {"content-type": "application/json"}, b"[1, %b]" % WRITTEN, id="a list"),
        pytest.param("text", 200, {"content-type": "application/json"}, b"text", id="a string"),
        pytest.param(False, 200, {"content-type": "application/json"}, b"false", id="no object"),
        pytest.param(
            {"statusCode": 201, "body": "made"}, 201, {"content-type": "application/json"}, b"made", id="proxy"
        ),
        pytest.param(
            {"statusCode": 302, "headers": {"Location": "/x", "Content-Type": "text/html"}},
            302,
            {"location": "/x", "content-type": "text/html"},
            b"",
            id="proxy, with headers",
        ),
        pytest.param(
            {"statusCode": 200, "body": b64encode(b"\0\xff").decode(), "isBase64Encoded": True},
            200,
            {},
            b"\0\xff",
            id="proxy, in base64",
        ),
        pytest.param({"statusCode": 204}, 204, {}, b"", id="proxy, without a body"),
    ],
)
def test_the_result_of_a_handler_becomes_the_response(plain, result, status, headers, body):
    response = plain.request("POST", "answer", json=result)
    assert (response.status_code, response.content) == (status, body)
    assert headers.items() <= dict(response.headers).items()
    assert response.headers["x-amzn-requestid"]


@pytest.mark.conformance("response-cookies")
def test_cookies_become_headers_of_their_own(plain):
    result = {"statusCode": 200, "cookies": ["a=1; Path=/", "b=2"], "body": ""}
    assert plain.request("POST", "answer", json=result).headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]


@pytest.mark.conformance("url-result-malformed")
@pytest.mark.parametrize(
    "result",
    [
        pytest.param({"statusCode": "no number"}, id="a status that is none"),
        pytest.param({"statusCode": 100}, id="a status that ends nothing"),
        pytest.param({"statusCode": 200, "body": "!", "isBase64Encoded": True}, id="a body that is no base64"),
        pytest.param({"statusCode": 200, "headers": {"x-a": "b\r\nx-c: d"}}, id="a header with a line break"),
        pytest.param({"statusCode": 200, "headers": {"x a": "b"}}, id="a header whose name is none"),
    ],
)
def test_a_result_that_is_no_response_is_a_502_and_the_next_request_works(plain, result):
    response = plain.request("POST", "answer", json=result)
    assert (response.status_code, response.text) == (502, "Internal Server Error")
    assert response.headers["x-lambdastream-log"] == f"lambdastream logs {plain.name}"
    assert plain.request("POST", "answer", json={"next": 1}).json() == {"next": 1}


@pytest.mark.conformance("url-event", "url-request-id")
def test_the_event_is_the_request(plain):
    headers = {"Cookie": "a=1; b=2", "X-Own": "yes", "Content-Type": "text/plain"}
    response = plain.request("POST", "echo?a=1&a=2&b=%2F", headers=headers, content="żółć")
    event = response.json()
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "$default", "/echo")
    assert (event["requestContext"]["stage"], event["requestContext"]["accountId"]) == ("$default", "anonymous")
    assert (event["rawQueryString"], event["queryStringParameters"]) == ("a=1&a=2&b=%2F", {"a": "1,2", "b": "/"})
    assert (event["body"], event["isBase64Encoded"]) == ("żółć", False)
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["headers"]["x-own"] == "yes"
    http = event["requestContext"]["http"]
    assert (http["method"], http["path"], http["sourceIp"]) == ("POST", "/echo", "127.0.0.1")
    assert event["requestContext"]["requestId"] == response.headers["x-amzn-requestid"]


def test_a_binary_body_is_base64_in_the_event(plain):
    event = plain.request("PUT", "echo", content=b"\0\xff").json()
    assert (event["body"], event["isBase64Encoded"]) == (b64encode(b"\0\xff").decode(), True)


@pytest.mark.conformance("url-function-error")
def test_a_handler_that_raises_is_a_502_that_points_to_the_traceback_in_the_log(plain, eventually):
    response = plain.get("fail")
    assert (response.status_code, response.text) == (502, "Internal Server Error")
    assert response.headers["x-lambdastream-log"] == "lambdastream logs plain"
    eventually(lambda: "[ERROR] RuntimeError: the handler fails on purpose" in plain.log)
    assert "Traceback" in plain.log
    assert 'raise RuntimeError("the handler fails on purpose")' in plain.log
    assert plain.get("pid").status_code == 200


@pytest.mark.conformance("url-request-size")
@pytest.mark.parametrize(
    ("over", "status"), [pytest.param(0, 200, id="at the limit"), pytest.param(1, 413, id="over the limit")]
)
def test_a_request_over_6_mb_is_refused_and_the_connection_still_works(plain, connect, over, status):
    wire = connect(plain.port)
    body = b"x" * (SIX_MB + over)
    answer = wire.request("POST /say?text=here", body, content_type="text/plain")
    assert answer.status == status
    if status == 413:
        assert json.loads(answer.body) == {"Message": "Request Entity Too Large"}
    assert wire.request("GET /pid").status == 200


@pytest.mark.conformance("url-response-size")
@pytest.mark.parametrize(
    ("over", "status"), [pytest.param(0, 200, id="at the limit"), pytest.param(1, 502, id="over the limit")]
)
def test_an_answer_over_6_mb_is_a_502_and_the_next_request_works(plain, over, status):
    size = SIX_MB + 100 + over
    response = plain.get("large", size=size)
    assert response.status_code == status
    if status == 200:
        assert len(response.content) == size - 2
    assert plain.get("pid").status_code == 200


@pytest.mark.conformance("iam-not-run")
def test_a_url_that_wants_signatures_lets_nobody_in(local, copy_of):
    description = FunctionDescription("signed", copy_of("plain"), "handler.handler", own_runtime())
    for url in (FunctionUrlConfig(), FunctionUrlConfig("AWS_IAM", "RESPONSE_STREAM")):
        settings = {name: getattr(description, name) for name in ("name", "code", "handler", "runtime")}
        status = local.loop.run(local.plane.deploy(FunctionDescription(**settings, url=url)))
        response = local.client.get(status["url"] + "pid")
        assert (response.status_code, response.json()["Message"].split(".")[0]) == (403, "Forbidden")
        assert local.status("signed")["environments"] == []


# The chat app


def test_the_chat_app_behind_mangum_answers_whole(local, chat_build):
    chat = local.deploy(chat_build, name="chat-mangum", mode="BUFFERED")
    assert chat.get().json() == {"message": "Hello World!"}
    assert chat.get("tasks").json()[0] == {"id": "ptvWZ3", "text": "hello!"}
    assert chat.get("nothing").status_code == 404
    with chat.stream("GET", "stream") as response:
        [whole] = response.iter_raw()
    assert whole == b"This is streaming from Lambda"
    assert response.headers["content-length"] == str(len(whole))


@pytest.fixture(scope="module")
def chat(local, chat_build):
    """The chat app, streaming."""
    return local.deploy_web(chat_build, name="chat", mode="RESPONSE_STREAM", adapter_mode="response_stream")


def test_the_chat_app_behind_the_adapter_streams(chat):
    assert chat.get().json() == {"message": "Hello World!"}
    with chat.stream("GET", "stream") as response:
        pieces = list(response.iter_raw())
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert b"".join(pieces) == b"This is streaming from Lambda"
    assert len(pieces) > len("This is streaming from Lambda") / 2
    assert chat.request("POST", "stream/chat").status_code == 422


def test_no_delayed_acknowledgement_holds_answers_back(chat, connect):
    """Nagle's algorithm in the adapter and a delayed ACK here would cost most answers 40 ms."""
    wire = connect(chat.port)
    wire.request("GET /tasks")
    seconds = []
    for _ in range(60):
        began = time.perf_counter()
        assert wire.request("GET /tasks").status == 200
        seconds.append(time.perf_counter() - began)
    assert median(seconds) < 0.03


# InvokeMode: RESPONSE_STREAM, behind the Lambda Web Adapter


@pytest.mark.conformance("url-stream-arrives")
def test_words_arrive_while_the_app_still_holds_back_the_next_one(web, gates):
    with web.stream("GET", "words", params={"words": "one,two,three", "gates": str(gates)}) as response:
        arriving = response.iter_raw()
        for word in ("one", "two", "three"):
            (gates / word).touch()
            assert next(arriving) == f"{word}\n".encode()
        assert list(arriving) == []


def test_the_apps_status_headers_and_cookies_reach_the_client(web):
    response = web.get("cookies")
    assert (response.status_code, response.json()) == (201, "set")
    assert response.headers["x-own"] == "yes"
    assert response.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-amzn-requestid"]


def test_the_app_gets_the_request_as_it_was_sent(web):
    headers = {"X-Own": "yes", "Cookie": "a=1; b=2", "Content-Type": "text/plain"}
    told = web.request("POST", "echo?a=1&b=%2F&a=2", headers=headers, content="żółć").json()
    assert told["method"] == "POST"
    assert told["body"] == "żółć"
    received = {name.lower(): value for name, value in told["headers"].items()}
    assert received["x-own"] == "yes"
    assert received["content-type"] == "text/plain"
    assert {"x-amzn-request-context", "x-amzn-lambda-context"} <= received.keys()
    assert json.loads(received["x-amzn-lambda-context"])["env_config"]["function_name"] == web.name
    assert "b=%2F" in told["path"]


@pytest.mark.conformance("request-head")
@pytest.mark.parametrize("path", ["ready", "cookies"])
def test_a_head_request_gets_no_body_and_the_connection_goes_on(web, connect, path):
    wire = connect(web.port)
    assert wire.request(f"HEAD /{path}").body == b""
    assert json.loads(wire.request("GET /name").body) == web.name


@pytest.mark.conformance("url-stream-whole")
def test_20_mb_arrive_as_they_were_sent(web):
    pieces = 320
    digest, size = sha256(), 0
    with web.stream("GET", "data", params={"pieces": pieces}) as response:
        for data in response.iter_raw():
            digest.update(data)
            size += len(data)
    assert size == pieces * len(PIECE) > 20e6
    assert digest.digest() == sha256(PIECE * pieces).digest()


@pytest.mark.conformance("slow-client")
def test_an_app_waits_for_a_client_that_does_not_read(web, connect, tmp_path, eventually):
    pieces, sent = 1600, tmp_path / "sent"
    before = resident()
    wire = connect(web.port, receive_buffer=64 * 1024)
    wire.send(f"GET /data?pieces={pieces}&sent={sent} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert wire.head()[0] == 200
    stopped = eventually(lambda: stands_still(sent))
    assert stopped < pieces / 2
    assert resident() - before < 30e6
    digest, size = sha256(), 0
    for chunk in wire.chunks():
        digest.update(chunk)
        size += len(chunk)
    assert size == pieces * len(PIECE) > 100e6
    assert digest.digest() == sha256(PIECE * pieces).digest()
    assert int(sent.read_text()) == pieces


def stands_still(file):
    """The number in the file, if it stays the same for a third of a second."""
    before = file.read_text() if file.exists() else ""
    time.sleep(0.35)
    return int(before) if before and file.read_text() == before else None


def resident():
    """The resident memory of this process, in bytes; the data plane runs in it."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024


@pytest.mark.conformance("client-leaves")
def test_a_client_that_leaves_does_not_end_the_function(web, connect, gates, tmp_path, eventually):
    done = tmp_path / "done"
    (gates / "one").touch()
    wire = connect(web.port)
    wire.send(f"GET /words?words=one,two&gates={gates}&done={done} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert next(read_body(wire)) == b"one\n"
    wire.close()
    (gates / "two").touch()
    eventually(done.exists)
    assert web.get("name").json() == web.name


@pytest.mark.conformance("client-leaves")
def test_a_client_that_leaves_does_not_hold_up_an_app_that_sends_much(web, connect, tmp_path, eventually):
    pieces, sent = 800, tmp_path / "sent"
    wire = connect(web.port, receive_buffer=64 * 1024)
    wire.send(f"GET /data?pieces={pieces}&sent={sent} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert wire.head()[0] == 200
    eventually(lambda: stands_still(sent))
    wire.close()
    eventually(lambda: int(sent.read_text()) == pieces)
    assert web.get("name").json() == web.name


def read_body(wire):
    assert wire.head()[0] == 200
    return wire.chunks()


def read_up_to(gate, streaming_response):
    """Read one piece, open the gate, read the rest."""
    with streaming_response as response:
        arriving = response.iter_raw()
        assert next(arriving) == b"before\n"
        gate.touch()
        list(arriving)


@pytest.mark.conformance("url-stream-error")
def test_an_app_that_dies_in_the_middle_breaks_the_transfer_and_the_next_request_works(web, tmp_path):
    gate = tmp_path / "gate"
    for _ in range(3):
        with pytest.raises(httpx.RemoteProtocolError):
            read_up_to(gate, web.stream("GET", "die", params={"gate": str(gate)}))
        assert web.get("name").json() == web.name
        gate.unlink()


# InvokeMode: RESPONSE_STREAM, behind a runtime that chooses every byte


@pytest.mark.conformance("url-prelude")
@pytest.mark.parametrize(
    ("prelude", "status", "headers"),
    [
        pytest.param({}, 200, {"content-type": "application/octet-stream"}, id="an empty prelude"),
        pytest.param({"statusCode": 404, "headers": {"X-A": "b"}}, 404, {"x-a": "b"}, id="status and headers"),
    ],
)
def test_a_prelude_describes_the_response(streaming, prelude, status, headers):
    response = streaming.request("POST", content=script([["chunk", "body"], ["end"]], prelude=prelude))
    assert (response.status_code, response.content) == (status, b"body")
    assert headers.items() <= dict(response.headers).items()


@pytest.mark.conformance("response-no-body")
def test_a_status_without_a_body_drops_it_and_the_connection_goes_on(streaming, connect):
    wire = connect(streaming.port)
    body = script([["chunk", "body"], ["end"]], prelude={"statusCode": 204}).encode()
    assert wire.request("POST /", body).status == 204
    assert wire.request("POST /", script([["end"]]).encode()).status == 200


@pytest.mark.conformance("url-prelude")
@pytest.mark.parametrize(
    "cuts",
    [
        pytest.param(["{}" + "\0" * 8 + "body"], id="all in one"),
        pytest.param(list("{}" + "\0" * 8 + "body"), id="byte by byte"),
        pytest.param(["{", "}" + "\0" * 3, "\0" * 5 + "bo", "dy"], id="across"),
    ],
)
def test_a_prelude_is_read_however_it_is_cut(streaming, cuts):
    steps = [["chunk", cut] for cut in cuts]
    content = script([*steps, ["end"]], type="application/vnd.awslambda.http-integration-response")
    assert streaming.request("POST", content=content).content == b"body"


@pytest.mark.conformance("url-prelude-bad")
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([["end"]], id="nothing"),
        pytest.param([["chunk", "{}"], ["end"]], id="no separator"),
        pytest.param([["chunk", "[]" + "\0" * 8 + "body"], ["chunk", "more"], ["end"]], id="no object"),
        pytest.param([["chunk", '{"statusCode":100}' + "\0" * 8 + "body"], ["end"]], id="a status that ends nothing"),
        pytest.param(
            [["chunk", '{"headers":{"x-a":"b\\r\\nx-c: d"}}' + "\0" * 8 + "body"], ["chunk", "more"], ["end"]],
            id="a header with a line break",
        ),
    ],
)
def test_a_stream_without_a_good_prelude_is_a_502_and_the_next_request_works(streaming, steps):
    content = script(steps, type="application/vnd.awslambda.http-integration-response")
    response = streaming.request("POST", content=content)
    assert (response.status_code, response.text) == (502, "Internal Server Error")
    assert streaming.request("POST", content=script([["chunk", "fine"], ["end"]])).text == "fine"


@pytest.mark.conformance("url-stream-unframed")
def test_a_stream_of_another_type_has_no_prelude(streaming):
    response = streaming.request("POST", content=script([["chunk", "body"], ["end"]], type="text/x-own"))
    assert (response.status_code, response.content, response.headers["content-type"]) == (200, b"body", "text/x-own")


@pytest.mark.conformance("url-stream-error")
@pytest.mark.parametrize(
    "last",
    [
        pytest.param(["hang_up"], id="it hangs up"),
        pytest.param(["kill"], id="it is killed"),
        pytest.param(["exit", 1], id="it exits"),
        pytest.param(["exit", 0], id="it exits as if all were well"),
        pytest.param(["end", {"Lambda-Runtime-Function-Error-Type": "Odd"}], id="it reports an error"),
    ],
)
@pytest.mark.parametrize("begun", [True, False], ids=["in its body", "in its prelude"])
def test_a_runtime_that_fails_in_the_middle_never_looks_like_a_clean_end(streaming, tmp_path, last, begun):
    gate = tmp_path / "gate"
    steps = [["chunk", "before\n"], ["wait", str(gate)], last]
    if begun:
        with pytest.raises(httpx.RemoteProtocolError):
            read_up_to(gate, streaming.stream("POST", content=script(steps)))
    else:
        gate.touch()
        content = script(steps, type="application/vnd.awslambda.http-integration-response")
        assert streaming.request("POST", content=content).status_code == 502
    assert streaming.request("POST", content=script([["chunk", "fine"], ["end"]])).text == "fine"


@pytest.mark.conformance("url-stream-timeout")
def test_a_timeout_in_the_middle_breaks_the_transfer_and_the_next_request_works(local, copy_of):
    wrapper = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper.sh"}
    slow = local.deploy(copy_of("streaming"), mode="RESPONSE_STREAM", environment=wrapper, timeout=1)
    steps = [["chunk", "before"], ["wait", "/no/such/file"]]
    with pytest.raises(httpx.RemoteProtocolError):
        slow.request("POST", content=script(steps))
    assert "Task timed out after 1.00 seconds" in slow.log
    assert slow.request("POST", content=script([["chunk", "fine"], ["end"]])).text == "fine"


# The matrix


@pytest.fixture(scope="module")
def matrix(local, copy_of):
    """The app in each combination of `InvokeMode` and `AWS_LWA_INVOKE_MODE`."""
    code = copy_of("web")

    def deploy(mode, adapter_mode):
        return local.deploy_web(code, name=f"{mode}-{adapter_mode}", mode=mode, adapter_mode=adapter_mode)

    return deploy


@pytest.mark.conformance("url-stream-of-buffered", "url-buffered-of-stream")
def test_streaming_needs_both_modes_and_one_alone_gives_the_raw_form_of_the_other(matrix, web, gates):
    for word in ("one", "two"):
        (gates / word).touch()
    query = {"words": "one,two", "gates": str(gates)}
    with ThreadPoolExecutor(3) as pool:
        modes = [("BUFFERED", "buffered"), ("RESPONSE_STREAM", "buffered"), ("BUFFERED", "response_stream")]
        functions = [matrix(*mode) for mode in modes]
        whole, raw_result, raw_stream = pool.map(lambda function: function.get("words", **query), functions)

    assert (whole.status_code, whole.text) == (200, "one\ntwo\n")
    assert whole.headers["content-type"] == "text/plain"

    assert (raw_result.status_code, raw_result.headers["content-type"]) == (200, "application/octet-stream")
    assert (raw_result.json()["statusCode"], raw_result.json()["body"]) == (200, "one\ntwo\n")

    assert (raw_stream.status_code, raw_stream.headers["content-type"]) == (200, "application/json")
    prelude, _, body = raw_stream.content.partition(bytes(8))
    assert (json.loads(prelude)["statusCode"], body) == (200, b"one\ntwo\n")

    streamed = web.get("words", **query)
    assert (streamed.status_code, streamed.text, streamed.headers["content-type"]) == (200, "one\ntwo\n", "text/plain")


@pytest.fixture
def shared(local, plain):
    """The function `plain` behind another URL, whose answers pages of `a.example` may read."""
    cors = Cors(("https://a.example",), ("GET",), ("x-one",), ("x-two",), allow_credentials=True, max_age=60)
    description = local.plane.function(plain.name).description
    url = FunctionUrlConfig("NONE", cors=cors)
    return local.loop.run(local.plane.deploy(replace(description, name="shared", log_group="", url=url)))["url"]


ORIGIN = {"origin": "https://a.example"}


@pytest.mark.conformance("url-cors-preflight")
def test_a_preflight_is_answered_without_the_function(local, shared):
    asked = {**ORIGIN, "access-control-request-method": "GET"}
    answer = local.client.options(f"{shared}pid", headers=asked)
    assert (answer.status_code, answer.content) == (200, b"")
    told = {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}
    assert told == {
        "access-control-allow-origin": "https://a.example",
        "access-control-allow-methods": "GET",
        "access-control-allow-headers": "x-one",
        "access-control-allow-credentials": "true",
        "access-control-max-age": "60",
    }
    refused = local.client.options(f"{shared}pid", headers=asked | {"origin": "https://b.example"})
    assert not [name for name in refused.headers if name.startswith("access-control-")]
    assert local.status("shared")["environments"] == []


@pytest.mark.conformance("url-cors-answer")
def test_answers_carry_the_urls_cors_headers_beside_the_functions(local, shared):
    own = {"statusCode": 200, "headers": {"access-control-allow-origin": "*"}, "body": "x"}
    answer = local.client.post(f"{shared}answer", headers=ORIGIN, json=own)
    assert answer.headers.get_list("access-control-allow-origin") == ["*", "https://a.example"]
    assert answer.headers["access-control-expose-headers"] == "x-two"
    for path, origin in (("fail", ORIGIN), ("pid", {}), ("pid", {"origin": "https://b.example"})):
        answer = local.client.get(f"{shared}{path}", headers=origin)
        assert answer.headers.get("access-control-allow-origin") == origin.get("origin" if path == "fail" else "none")


@pytest.mark.conformance("url-cors-answer")
def test_a_streamed_answer_carries_them_too(local, streaming):
    description = local.plane.function(streaming.name).description
    url = FunctionUrlConfig("NONE", "RESPONSE_STREAM", Cors(("*",)))
    status = local.loop.run(local.plane.deploy(replace(description, name="shared-stream", log_group="", url=url)))
    answer = local.client.post(status["url"], headers=ORIGIN, content=script([["chunk", "x"], ["end"]]))
    assert (answer.headers["access-control-allow-origin"], answer.text) == ("*", "x")
