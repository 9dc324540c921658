"""What the stand-in for Amazon Bedrock says."""

import time

import pytest

from lambdastream.doors.stand_in_model import MOST_TOKENS, answer
from lambdastream.wire.converse_request import ConverseRequest
from lambdastream.wire.converse_stream import Usage

OUTLINE = "1. What tea is\n2. Why tea matters\n3. Where tea fails"


def say(prompt, system="", **limits):
    return "".join(answer(ConverseRequest(system, (prompt,), **limits)).words)


@pytest.mark.parametrize(
    ("system", "prompt"),
    [
        pytest.param("You outline articles.", "<topic>tea</topic>", id="the system prompt says what to do"),
        pytest.param("You draft articles.", "Outline an article about tea.", id="the prompt says it, and wins"),
        pytest.param("", 'List three points: "tea"', id="the subject in quotes"),
        pytest.param("Answer with exactly three numbered points.", "Plan an article about tea", id="how many"),
    ],
)
def test_an_outline(system, prompt):
    assert say(prompt, system) == OUTLINE


@pytest.mark.parametrize(
    ("number", "lines"), [("one point", 1), ("4 items", 4), ("five short points", 5), ("points", 3)]
)
def test_an_outline_has_as_many_points_as_asked_for(number, lines):
    assert len(say(f"List {number} about tea.").splitlines()) == lines


def test_each_step_of_a_chain_works_on_what_the_last_one_said():
    draft = say(f"<outline>{OUTLINE}</outline>", "You write articles.")
    assert [point in draft for point in ("What tea is:", "Why tea matters:", "Where tea fails:")] == [True] * 3
    review = say(f"<draft>{draft}</draft>", "You review drafts.")
    assert review == "REVISE: cut basically, really, very, actually, quite."
    revision = say(f"<draft>{draft}</draft><review>{review}</review>", "You revise drafts.")
    assert 0.7 * len(draft) < len(revision) < len(draft)
    assert say(f"<draft>{revision}</draft>", "You review drafts.") == "APPROVED: there is nothing to cut."
    summary = say(f"<text>{revision}</text>", "Summarise.")
    assert revision.startswith(summary)
    assert summary.endswith(".")


def test_any_other_prompt_has_an_answer_that_says_who_speaks():
    assert say("Hello").startswith('You wrote: "Hello". A stand-in answers you')


@pytest.mark.parametrize("prompt", ["{} {0} write {", "<a>" * 50, "", "<topic></topic>", "\\1 list", "x" * 200])
def test_any_prompt_has_an_answer(prompt):
    assert say(prompt)
    assert say(prompt) == say(prompt)


@pytest.mark.parametrize(
    ("limits", "text", "reason"),
    [
        pytest.param({}, OUTLINE, "end_turn", id="none"),
        pytest.param({"max_tokens": 3}, "1. What tea", "max_tokens", id="few tokens"),
        pytest.param({"max_tokens": 8}, "1. What tea is\n2. Why tea matter", "max_tokens", id="a word has several"),
        pytest.param({"max_tokens": 99}, OUTLINE, "end_turn", id="many tokens"),
        pytest.param({"stop_sequences": ("Where", "Why")}, "1. What tea is\n2.", "stop_sequence", id="stop sequences"),
        pytest.param({"stop_sequences": ("coffee",)}, OUTLINE, "end_turn", id="a stop sequence that does not come"),
    ],
)
def test_an_answer_has_limits(limits, text, reason):
    said = answer(ConverseRequest("", ("List three points about tea.",), **limits))
    assert ("".join(said.words).strip(), said.reason) == (text, reason)


def test_tokens_are_counted():
    said = answer(ConverseRequest("Be brief.", ("List one point about tea.",)))
    assert said.words == ("1.", " What", " tea", " is")
    assert said.usage == Usage(input_tokens=7, output_tokens=4)


def test_a_hostile_prompt_takes_no_time():
    start = time.monotonic()
    said = answer(ConverseRequest("", ("<a>" * 300_000 + "write " + "- x\n" * 1000,)))
    assert said.usage.output_tokens <= MOST_TOKENS
    assert time.monotonic() - start < 5
