"""The instructors' plans can be kept: their minutes add up, and a notebook gets the time that it asks for."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from pages.notebooks import modules

PAGE = Path(__file__).parents[2] / "workshop-guide" / "instructors" / "run-of-show.md"
PLAN = re.compile(r"^## (?P<title>.+?)\n(?P<text>.+?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| (?P<hours>\d+):(?P<minutes>\d\d) \| (?P<takes>\d+) \| (?P<what>.+?) \|", re.MULTILINE)
NOTEBOOK = re.compile(r"notebooks/([\w-]+)\.ipynb\), (\w+)")
ASKED = {"90 minutes": 90, "Half a day": 210, "A day": 480}


@dataclass(frozen=True)
class Item:
    """A row of a plan, in minutes."""

    at: int
    takes: int
    what: str


def plans() -> dict[str, list[Item]]:
    text = PAGE.read_text(encoding="utf-8")
    found = {
        plan["title"]: [
            Item(int(row["hours"]) * 60 + int(row["minutes"]), int(row["takes"]), row["what"])
            for row in ROW.finditer(plan["text"])
        ]
        for plan in PLAN.finditer(text)
    }
    return {title: items for title, items in found.items() if items}


each_plan = pytest.mark.parametrize("title", ASKED)


def test_there_is_a_plan_for_each_time():
    assert plans().keys() == ASKED.keys()


@each_plan
def test_its_minutes_add_up_to_its_time(title):
    items = plans()[title]
    assert [item.at for item in items] == [sum(item.takes for item in items[:number]) for number in range(len(items))]
    assert sum(item.takes for item in items) == ASKED[title]


@each_plan
def test_a_whole_notebook_gets_the_minutes_that_it_asks_for(title):
    wanted = {module.stem: module.minutes for module in modules()}
    given = [(*NOTEBOOK.search(item.what).groups(), item.takes) for item in plans()[title] if "ipynb" in item.what]
    assert [stem for stem, how, takes in given if how == "whole" and takes != wanted[stem]] == []
    assert [stem for stem, how, takes in given if how == "part" and takes >= wanted[stem]] == []
    assert {how for _, how, _ in given} <= {"whole", "part"}


@each_plan
def test_notebooks_come_in_their_order(title):
    order = [NOTEBOOK.search(item.what)[1] for item in plans()[title] if "ipynb" in item.what]
    assert order == sorted(order)
    assert order[0].startswith("00-")


@each_plan
def test_nobody_sits_for_longer_than_two_hours(title):
    since = 0
    for item in plans()[title]:
        since = 0 if item.what.startswith(("Break", "Lunch")) else since + item.takes
        assert since <= 120
