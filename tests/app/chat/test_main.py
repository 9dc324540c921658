"""The app under a real uvicorn."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import pytest
from fastapi.testclient import TestClient

from answers import ARTIFACTS, words
from chat_protocol import END, START, Reader, artifact, text

PAUSE = 0.03
SENTENCE = "This is streaming from Lambda"


@dataclass(frozen=True)
class Arrivals:
    """What arrived, and when."""

    pieces: list[bytes]
    times: list[float]

    @property
    def body(self) -> str:
        return b"".join(self.pieces).decode()


def arrivals(client: httpx.Client, method: str, url: str) -> Arrivals:
    with client.stream(method, url) as response:
        timed = [(piece, time.monotonic()) for piece in response.iter_raw()]
    return Arrivals([piece for piece, _ in timed], [moment for _, moment in timed])


def answer(query: str) -> list[str]:
    return [START, *map(text, words(query)), END, *map(artifact, ARTIFACTS)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", {"message": "Hello World!"}),
        ("/tasks", [{"id": "ptvWZ3", "text": "hello!"}, {"id": "cqDUr3", "text": "another!"}]),
    ],
)
def test_plain_routes(chat, path, expected):
    response = chat.get(path)
    assert response.status_code == 200
    assert response.json() == expected


@pytest.mark.parametrize(
    ("method", "url", "pieces"),
    [
        pytest.param("GET", "/stream", list(SENTENCE), id="character by character"),
        pytest.param("POST", "/stream/chat?query=%5BEND%5D+why", answer("[END] why"), id="word by word"),
    ],
)
def test_a_stream_arrives_piece_by_piece(chat, method, url, pieces):
    arrived = arrivals(chat, method, url)
    assert arrived.body == "".join(pieces)
    # A busy machine may join some pieces and delay others; it cannot bring them forward.
    assert len(arrived.pieces) > len(pieces) / 2
    whole = PAUSE * (len(pieces) - 1)
    assert whole / 2 < arrived.times[-1] - arrived.times[0] < whole * 3


@pytest.mark.parametrize(("method", "url"), [("GET", "/stream"), ("POST", "/stream/chat?query=a")])
def test_a_browser_shows_a_stream_as_it_comes(chat, method, url):
    with chat.stream(method, url) as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/plain; charset=utf-8"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "content-length" not in response.headers


@pytest.mark.parametrize("query", ["a", "x" * 1000, " " + "x" * 1000 + " "], ids=["1", "1000", "padded"])
def test_a_query_within_bounds_is_answered(chat, query):
    with chat.stream("POST", "/stream/chat", params={"query": query}) as response:
        assert response.status_code == 200


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        pytest.param({}, "missing", id="no query"),
        pytest.param({"query": ""}, "string_too_short", id="empty"),
        pytest.param({"query": " \n\t"}, "string_too_short", id="blank"),
        pytest.param({"query": "x" * 1001}, "string_too_long", id="too long"),
    ],
)
def test_a_query_out_of_bounds_is_refused_before_anything_streams(chat, params, problem):
    response = chat.post("/stream/chat", params=params)
    assert response.status_code == 422
    assert [(error["type"], error["loc"]) for error in response.json()["detail"]] == [(problem, ["query", "query"])]


@pytest.mark.parametrize(("method", "url", "status"), [("GET", "/stream/chat", 405), ("GET", "/nothing", 404)])
def test_other_requests(chat, method, url, status):
    assert chat.request(method, url).status_code == status


def test_the_openapi_page_tells_streams_from_json(chat):
    paths = chat.get("/openapi.json").json()["paths"]
    assert {
        (method, path, media_type)
        for path, operations in paths.items()
        for method, operation in operations.items()
        for media_type in operation["responses"]["200"].get("content", {"": {}})
    } == {
        ("get", "/", "application/json"),
        ("get", "/tasks", "application/json"),
        ("get", "/stream", "text/plain"),
        ("get", "/stream/events", "text/event-stream"),
        ("get", "/stream/lines", "application/jsonl"),
        ("get", "/stream/sync", "application/jsonl"),
        ("get", "/stream/async", "application/jsonl"),
        ("get", "/files/{name}", ""),
        ("get", "/chat", "text/html"),
        ("post", "/stream/chat", "text/plain"),
        ("get", "/stream/chat/events", "text/event-stream"),
        ("post", "/stream/chat/events", "text/event-stream"),
        ("post", "/stream/chat/lines", "application/jsonl"),
    }
    assert chat.get("/docs").status_code == 200


def test_the_openapi_page_describes_every_operation(chat):
    document = chat.get("/openapi.json").json()
    operations = [each for operations in document["paths"].values() for each in operations.values()]
    assert all(each["description"] for each in operations)
    assert {tag for each in operations for tag in each.get("tags", [])} == {
        "chat",
        "files",
        "generators",
        "page",
        "sentence",
    }
    assert document["components"]["schemas"]["Question"]["properties"]["query"]["examples"]
    assert "servers" not in document


def test_two_clients_do_not_wait_for_each_other(chat):
    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(lambda query: arrivals(chat, "POST", f"/stream/chat?query={query}"), "ab")
    assert one.body == "".join(answer("a"))
    assert other.body == "".join(answer("b"))
    assert one.times[0] < other.times[-1]
    assert other.times[0] < one.times[-1]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("POST", "/stream/chat?query=Why%3F", None, id="text"),
        pytest.param("GET", "/stream/chat/events?query=Why%3F", None, id="events"),
        pytest.param("POST", "/stream/chat/lines", {"query": "Why?"}, id="lines"),
    ],
)
def test_the_answer_stops_when_its_client_leaves(observed, method, path, body):
    with httpx.stream(method, f"{observed.url}{path}", json=body, timeout=30) as response:
        next(response.iter_raw())
    pieces = int(observed.wait_for(rf"done with {path.partition('?')[0]} after (\d+) pieces")[1])
    assert 1 <= pieces < len(answer("Why?")) / 2


def test_a_failure_before_the_first_byte_has_a_status(chat):
    response = chat.post("/stream/chat", params={"query": "fail at once"})
    assert response.status_code == 503
    assert response.json() == {"detail": "There is no answer now. Try again later."}


def test_a_fault_of_the_app_is_told_without_its_trace(monkeypatch):
    import main

    def faulty(query):
        raise RuntimeError(f"a secret about {query}")

    monkeypatch.setattr(main, "words", faulty)
    response = TestClient(main.app, raise_server_exceptions=False).post("/stream/chat", params={"query": "a"})
    assert (response.status_code, response.text) == (500, "Internal Server Error")


def test_a_failure_on_the_way_leaves_out_the_end(chat):
    response = chat.post("/stream/chat", params={"query": "fail halfway"})
    assert response.status_code == 200
    assert 10 < len(response.text.split()) < len(answer("Why?")) - 20
    reader = Reader()
    [said] = reader.feed(response.content)
    assert said.startswith('You asked: "fail halfway"')
    assert not reader.complete


def test_events_carry_their_kind_and_their_place(chat):
    with chat.stream("GET", "/stream/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        events = response.read().decode().split("\n\n")
    assert events[0].splitlines() == ["event: word", "data: This", "id: 1"]
    assert len(events) == len(SENTENCE.split()) + 1


def test_lines_are_json_each(chat):
    with chat.stream("GET", "/stream/lines") as response:
        assert response.headers["content-type"] == "application/jsonl"
        found = [json.loads(line) for line in response.iter_lines()]
    assert found == [{"number": number, "word": word} for number, word in enumerate(SENTENCE.split(), start=1)]


@pytest.mark.parametrize("path", ["/stream/events", "/stream/lines"])
def test_words_arrive_one_by_one_in_every_format(chat, path):
    arrived = arrivals(chat, "GET", path)
    assert len(arrived.pieces) > len(SENTENCE.split()) / 2
    assert arrived.times[-1] - arrived.times[0] > PAUSE * (len(SENTENCE.split()) - 1) / 2
