"""Tables, as text and as HTML."""

import re

import pytest

from lambdastream.workshop.attendees.table import counted, table

SHOWN = table(
    ("name", "empty", "URL"),
    [("ada", "", "http://127.0.0.1:1/"), ("bob <b>", "", "it fails")],
    {1: "bad"},
    "2 in all",
)


def test_text_has_columns_without_those_that_say_nothing():
    assert repr(SHOWN) == str(SHOWN)
    assert str(SHOWN).splitlines() == ["name     URL", "ada      http://127.0.0.1:1/", "bob <b>  it fails", "2 in all"]


def test_without_rows_the_foot_is_all():
    assert str(table(("name",), [], foot="There is nothing.")) == "There is nothing."


def test_html_has_links_and_nothing_that_the_words_bring():
    html = SHOWN._repr_html_()
    assert '<a href="http://127.0.0.1:1/">http://127.0.0.1:1/</a>' in html
    assert "bob &lt;b&gt;" in html
    assert "<b>" not in html
    assert "empty" not in html


def test_html_is_one_element_of_inline_styles():
    html = SHOWN._repr_html_()
    assert re.fullmatch(r'(?s)<div class="live">.*?</div>', html)
    assert not re.search("<style|<script|<svg", html)


def test_a_bad_row_stands_out():
    good, bad = re.findall("<tr style.*?</tr>", SHOWN._repr_html_())
    assert "color:" not in good
    assert "color:" in bad


@pytest.mark.parametrize("words", ["\x1b[2Jgone", "two\nlines", "\x9b31m"])
def test_a_terminal_gets_no_orders(words):
    text = str(table(("name",), [(words,)]))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    assert len(text.splitlines()) == 2


def test_a_noun_goes_with_its_number():
    assert [counted(number, "stack") for number in (0, 1, 2)] == ["0 stacks", "1 stack", "2 stacks"]
