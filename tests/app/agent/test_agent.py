"""The agent under a real server, with the stand-in for Amazon Bedrock as its model."""

import asyncio
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lambdastream.doors import bedrock_runtime

STEPS = ["outline", "draft", "review", "revision"]
WORD_SECONDS = 0.03
SLOW_STEP_SECONDS = 15 * WORD_SECONDS * 10


@pytest.fixture(scope="module")
def runs(agent, read_run):
    """Two runs at once, at the model's own pace."""
    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(lambda topic: read_run(agent, topic), ["tea", "coffee"]))


@pytest.fixture(scope="module")
def tea(runs):
    """What comes of a run about tea."""
    return runs[0]


def test_each_step_tells_its_words_then_its_result_before_the_next_begins(tea):
    kinds = [(seen.event, seen.data.get("step")) for seen in tea.events]
    expected = []
    for step in STEPS:
        expected += [("token", step)] * len(tea.of("token", step)) + [("step", step)]
    assert kinds == [*expected, ("done", None)]
    for step in STEPS:
        assert "".join(token.data["text"] for token in tea.of("token", step)) == tea.text(step)


@pytest.mark.parametrize(("before", "after"), [("outline", "draft"), ("review", "revision")])
def test_results_arrive_one_by_one(tea, before, after):
    [first], [second] = tea.of("step", before), tea.of("step", after)
    # The model cannot be faster than its pace; what arrives together was held back on the way.
    assert second.moment - first.moment > len(second.data["text"].split()) * WORD_SECONDS / 2


def test_words_arrive_one_by_one(tea):
    words = tea.of("token", "draft")
    assert len(words) > 40
    assert words[-1].moment - words[0].moment > len(words) * WORD_SECONDS / 2


def test_each_step_works_on_what_those_before_it_said(tea):
    assert tea.text("outline").splitlines()[0] == "1. What tea is"
    assert tea.text("draft").startswith("What tea is: basically, ")
    assert tea.text("review") == "REVISE: cut basically, really, very, actually, quite."
    assert tea.text("revision") == re.sub("(basically|actually),? |(really|very|quite) ", "", tea.text("draft"))


def test_two_clients_do_not_wait_for_each_other(runs):
    for topic, one, other in zip(("tea", "coffee"), runs, reversed(runs), strict=True):
        assert topic in one.text("revision")
        assert one.of("token")[0].moment < other.of("step", "review")[0].moment


def test_the_app_answers_others_while_the_model_writes(agent):
    start = time.monotonic()
    with agent.stream("POST", "/agent", json={"topic": "tea stand-in:slow"}) as response:
        next(response.iter_lines())
        assert agent.get("/").json() == {"message": "POST a topic to /agent."}
        # An app that waits for the model does nothing else until the first step has run.
        assert time.monotonic() - start < SLOW_STEP_SECONDS


@pytest.mark.parametrize(
    ("topic", "problem"),
    [
        pytest.param(None, "missing", id="no topic"),
        pytest.param(" \n", "string_too_short", id="blank"),
        pytest.param("x" * 201, "string_too_long", id="too long"),
        pytest.param(1, "string_type", id="no text"),
    ],
)
def test_a_topic_out_of_bounds_is_refused(agent, topic, problem):
    response = agent.post("/agent", json={} if topic is None else {"topic": topic})
    assert (response.status_code, response.json()["detail"][0]["type"]) == (422, problem)


def test_a_throttle_that_ends_is_not_seen(agent):
    with agent.stream("POST", "/agent", json={"topic": "tea stand-in:throttled-once"}) as response:
        assert (response.status_code, next(response.iter_lines())) == (200, "event: token")


BUSY = "The model is busy. Try again in a moment."
FAILED = "The model failed to answer."
LOST = "The model cannot be reached, or stopped in the middle of its answer."


@pytest.mark.parametrize(
    ("fault", "status", "message"),
    [
        pytest.param("throttled", 503, BUSY, id="throttled for too long"),
        pytest.param("denied", 502, FAILED, id="no access"),
    ],
)
def test_an_error_before_the_first_word_has_a_status(agent, fault, status, message):
    response = agent.post("/agent", json={"topic": f"tea stand-in:{fault}"})
    assert (response.status_code, response.json()) == (status, {"detail": message})


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        pytest.param("stream-throttled", BUSY, id="throttled"),
        pytest.param("stream-error", FAILED, id="an error of the model"),
        pytest.param("cut", LOST, id="the connection ends"),
    ],
)
def test_an_error_in_the_middle_is_the_last_event(agent, read_run, fault, message):
    run = read_run(agent, f"tea stand-in:{fault}")
    *before, last = run.events
    assert {(seen.event, seen.data["step"]) for seen in before} == {("token", "outline")}
    assert (last.event, last.data) == ("error", {"message": message})


def questions(local):
    """How many questions the model is answering."""

    async def count():
        return sum(task.get_coro().__qualname__ == bedrock_runtime.serve.__qualname__ for task in asyncio.all_tasks())

    return local.loop.run(count())


def test_a_client_that_leaves_ends_the_work(agent, local, eventually):
    with agent.stream("POST", "/agent", json={"topic": "tea stand-in:slow"}) as response:
        next(response.iter_lines())
        assert questions(local) == 1
    eventually(lambda: questions(local) == 0, seconds=SLOW_STEP_SECONDS * 0.75)
    time.sleep(0.3)
    assert questions(local) == 0


def test_the_openapi_page_tells_of_the_stream_and_of_the_errors(agent):
    responses = agent.get("/openapi.json").json()["paths"]["/agent"]["post"]["responses"]
    assert "text/event-stream" in responses["200"]["content"]
    assert set(responses) == {"200", "422", "502", "503"}


def test_nothing_in_the_app_knows_where_it_runs():
    for path in (Path(__file__).parents[3] / "app" / "agent").glob("*.*"):
        assert re.findall(r"(?i)localhost|127\.0|4566|stand-in|\bif local|endpoint", path.read_text()) == [], path
