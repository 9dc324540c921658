"""The chat's answer as server-sent events and as JSON Lines."""

import json
import time

import pytest

from answers import ARTIFACTS, words

QUESTION = {"query": "Why [so]?"}
EVENTS = "/stream/chat/events"
LINES = "/stream/chat/lines"
WORDS = [{"type": "words", "text": word} for word in words(QUESTION["query"])]
PIECES = [*WORDS, *({"type": "artifact", "artifact": each.model_dump()} for each in ARTIFACTS), {"type": "end"}]


def parsed(text):
    """The events of a stream, each with the fields that it has."""
    blocks = text.removesuffix("\n\n").split("\n\n")
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]


@pytest.fixture(params=["GET", "POST"])
def ask(quick, request):
    """Ask for events: in the URL as `EventSource` does, or in the body."""
    place = "params" if request.param == "GET" else "json"

    def go(question=QUESTION, **headers):
        return quick.request(request.param, EVENTS, headers=headers, **{place: question})

    return go


def test_events_are_numbered_and_named(ask):
    response = ask()
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    events = parsed(response.text)
    assert [json.loads(event["data"]) for event in events] == PIECES
    assert [event["event"] for event in events] == [piece["type"] for piece in PIECES]
    assert [event["id"] for event in events] == [str(number) for number in range(1, len(PIECES) + 1)]


@pytest.mark.parametrize("last", [1, len(PIECES) // 2, len(PIECES) - 1])
def test_who_lost_the_connection_gets_the_rest(ask, last):
    events = parsed(ask(**{"Last-Event-ID": str(last)}).text)
    assert [int(event["id"]) for event in events] == list(range(last + 1, len(PIECES) + 1))
    assert [json.loads(event["data"]) for event in events] == PIECES[last:]


@pytest.mark.parametrize("last", [len(PIECES), 1_000_000])
def test_who_has_all_is_told_not_to_ask_again(ask, last):
    response = ask(**{"Last-Event-ID": str(last)})
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize("last", ["-1", "1000001", "9" * 5000, "abc", "1.5"])
def test_an_id_that_no_event_had_is_refused(ask, last):
    assert ask(**{"Last-Event-ID": last}).status_code == 422


@pytest.mark.parametrize("question", [{}, {"query": " "}, {"query": "x" * 1001}], ids=["none", "blank", "too long"])
def test_a_question_out_of_bounds_is_refused(ask, question):
    assert ask(question).status_code == 422


def test_a_failure_before_the_first_byte_has_a_status(ask):
    response = ask({"query": "fail at once"})
    assert response.status_code == 503
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {"detail": "There is no answer now. Try again later."}


def test_a_failure_on_the_way_is_an_event_without_an_id(ask):
    *said, last = parsed(ask({"query": "fail halfway"}).text)
    assert {event["event"] for event in said} == {"words"}
    assert last == {"event": "error", "data": '{"type":"error","detail":"The answer was cut off."}'}


def test_lines_are_the_same_pieces(quick):
    response = quick.post(LINES, json=QUESTION)
    assert response.headers["content-type"] == "application/jsonl"
    assert [json.loads(line) for line in response.text.splitlines()] == PIECES


@pytest.mark.parametrize(("query", "status"), [("fail at once", 503), ("fail halfway", 200), (" ", 422)])
def test_failures_in_lines(quick, query, status):
    response = quick.post(LINES, json={"query": query})
    assert response.status_code == status
    if status == 200:
        *_, last = response.text.splitlines()
        assert json.loads(last) == {"type": "error", "detail": "The answer was cut off."}
    assert "Traceback" not in response.text


@pytest.mark.parametrize(("method", "path"), [("GET", EVENTS), ("POST", EVENTS), ("POST", LINES)])
def test_words_arrive_one_by_one(chat, method, path):
    place = "params" if method == "GET" else "json"
    with chat.stream(method, path, **{place: QUESTION}) as response:
        times = [time.monotonic() for _ in response.iter_raw()]
    assert len(times) > len(PIECES) / 2
    assert times[-1] - times[0] > 0.03 * (len(PIECES) - 1) / 2


COLLECT = """url => new Promise(resolve => {
    const source = new EventSource(url), found = [];
    for (const type of ["words", "artifact", "end"]) source.addEventListener(type, event => found.push(event.data));
    source.onerror = () => source.readyState === EventSource.CLOSED && resolve(found);
    setTimeout(() => resolve(found), 30000);
})"""


@pytest.mark.slow
def test_a_browser_resumes_by_itself_and_asks_no_more_in_the_end(start_app, open_page):
    server = start_app("interrupted:app")
    page = open_page(f"{server.url}/chat")
    found = page.evaluate(COLLECT, f"{EVENTS}?query=Why%20%5Bso%5D%3F")
    assert [json.loads(data) for data in found] == PIECES
    asked = [int(line.rpartition(" ")[2]) for line in server.log.read_text().splitlines() if "asked after" in line]
    assert asked == [0, 30, len(PIECES)]
