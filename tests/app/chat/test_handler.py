"""The app behind Mangum, called as the Lambda runtime calls it: an event in, one whole answer out."""

import json
import subprocess
import sys

import pytest

INVOKE = """
import json, sys
from handler import handler
json.dump([handler(event, None) for event in json.load(sys.stdin)], sys.stdout)
"""


def event(method, path, query=""):
    """A function URL's event, payload 2.0."""
    host = "abcdefgh.lambda-url.eu-west-1.on.aws"
    http = {
        "method": method,
        "path": path,
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "pytest",
    }
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": host, "accept": "*/*", "x-forwarded-proto": "https", "x-forwarded-port": "443"},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "abcdefgh",
            "domainName": host,
            "domainPrefix": "abcdefgh",
            "http": http,
            "requestId": "00000000-0000-0000-0000-000000000000",
            "routeKey": "$default",
            "stage": "$default",
            "time": "21/Nov/2026:08:00:00 +0000",
            "timeEpoch": 1795248000000,
        },
        "isBase64Encoded": False,
    }


CHAT = "query=Gr%C3%BC%C3%9Fe%20%F0%9F%8C%8A%3F"
EVENTS = {
    "chat": event("POST", "/stream/chat", CHAT),
    "hello": event("GET", "/"),
    "tasks": event("GET", "/tasks"),
    "stream": event("GET", "/stream"),
    "no query": event("POST", "/stream/chat"),
    "nothing": event("GET", "/nothing"),
}


@pytest.fixture(scope="module")
def answers(task_root):
    """What the handler answers in a process of its own, one event after the other, as in an environment."""
    done = subprocess.run(
        [sys.executable, "-B", "-W", "ignore", "-c", INVOKE],
        cwd=task_root,
        input=json.dumps(list(EVENTS.values())),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(EVENTS, json.loads(done.stdout), strict=True))


def test_a_stream_is_one_whole_body_with_the_same_bytes(answers, chat):
    answer = answers["chat"]
    streamed = chat.post(f"/stream/chat?{CHAT}")
    assert answer["body"].encode() == streamed.content
    assert answer["statusCode"] == streamed.status_code == 200
    assert answer["isBase64Encoded"] is False
    for name in ("content-type", "x-content-type-options"):
        assert answer["headers"][name] == streamed.headers[name]


def test_one_environment_answers_event_after_event(answers):
    assert [answer["statusCode"] for answer in answers.values()] == [200, 200, 200, 200, 422, 404]
    assert json.loads(answers["hello"]["body"]) == {"message": "Hello World!"}
    assert [task["id"] for task in json.loads(answers["tasks"]["body"])] == ["ptvWZ3", "cqDUr3"]
    assert answers["stream"]["body"] == "This is streaming from Lambda"
