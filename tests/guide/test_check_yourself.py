"""The twenty questions: each answer leads to a cell that is there, and says what that cell prints."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "workshop-guide" / "check-yourself.md"
QUESTION = re.compile(r"^\*\*(\d+)\.\*\* ", re.MULTILINE)
OPTION = re.compile(r"^- ([ABC])\. ", re.MULTILINE)
ANSWER = re.compile(
    r"<details><summary>Answer</summary>\n\n\*\*([ABC])\.\*\* (.*?)\nSeen in (.*?)\n\n</details>", re.DOTALL
)
LINK = re.compile(r"\[(\d\d), ([^\]]+)\]\((\.\./notebooks/([\w-]+)\.ipynb)#cell-id=([\w-]+)\)")
PRINTED = re.compile(r"`([^`]+)`")
HEADING = re.compile(r"^#{1,3} (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Question:
    """One of the questions as its page has it."""

    number: int
    text: str

    @property
    def answer(self) -> tuple[str, str, str]:
        """The right option, what is said of it, and where it is seen."""
        [answer] = ANSWER.findall(self.text)
        return answer

    @property
    def seen(self) -> list[tuple[str, str, str, str, str, str]]:
        """The links to cells, each with the words behind it up to the next one."""
        where = self.answer[2]
        places = [*LINK.finditer(where)]
        ends = [*(place.start() for place in places[1:]), len(where)]
        return [(*place.groups(), where[place.end() : end]) for place, end in zip(places, ends, strict=True)]


def questions() -> list[Question]:
    parts = QUESTION.split(PAGE.read_text(encoding="utf-8"))
    return [Question(int(number), text) for number, text in zip(parts[1::2], parts[2::2], strict=True)]


ALL = questions()
each_question = pytest.mark.parametrize("question", ALL, ids=lambda question: str(question.number))


def shown(cell):
    """What a cell's stored outputs show as text."""
    texts = []
    for output in cell["outputs"]:
        texts += [output.get("text", []), output.get("data", {}).get("text/plain", [])]
    return "".join("".join(text) for text in texts)


def section_and_cell(stem, wanted):
    """The heading above a cell, and the cell."""
    heading = ""
    for cell in json.loads((ROOT / "notebooks" / f"{stem}.ipynb").read_text(encoding="utf-8"))["cells"]:
        if cell["id"] == wanted:
            return heading.replace("`", ""), cell
        if cell["cell_type"] == "markdown":
            found = HEADING.findall(
                re.sub(r"^```.*?^```$", "", "".join(cell["source"]), flags=re.DOTALL | re.MULTILINE)
            )
            heading = found[-1] if found else heading
    raise AssertionError(f"{stem} has no cell {wanted}")


def test_there_are_twenty():
    assert [question.number for question in ALL] == list(range(1, 21))


def test_the_right_answer_is_not_always_the_same_option():
    right = [question.answer[0] for question in ALL]
    assert all(5 <= right.count(option) <= 9 for option in "ABC")


def test_they_come_in_the_order_of_the_course():
    first = [question.seen[0][0] for question in ALL[1:]]  # the first one asks for what all the rest is about
    assert first == sorted(first)


@each_question
def test_a_question_has_three_options_and_its_answer_speaks_of_each(question):
    assert OPTION.findall(question.text) == ["A", "B", "C"]
    right, why, _ = question.answer
    assert {option for option in "ABC" if re.search(rf"\([^)]*\b{option}\b", why)} == set("ABC") - {right}


@each_question
def test_each_link_leads_to_a_code_cell_that_prints_what_is_said(question):
    assert question.seen
    for number, heading, path, stem, wanted, words in question.seen:
        assert (PAGE.parent / path).is_file()
        assert stem.startswith(f"{number}-")
        section, cell = section_and_cell(stem, wanted)
        assert section == heading
        assert cell["cell_type"] == "code"
        printed = PRINTED.findall(words)
        assert printed
        assert all(text in shown(cell) for text in printed), printed
