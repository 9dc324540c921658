"""The demo answer."""

import pytest

from answers import ANSWER, ARTIFACTS, words


def test_the_words_give_the_whole_text():
    assert "".join(words("Why stream?")) == f'You asked: "Why stream?"\n\n{ANSWER}'


def test_a_piece_is_one_word():
    assert all(len(word.split()) == 1 for word in words("Why do we stream?"))


def test_the_answer_takes_a_few_seconds_at_most():
    assert 50 <= len(ANSWER.split()) <= 70


@pytest.mark.parametrize(
    ("query", "mentioned"),
    [
        pytest.param("  two\n\twords ", '"two words"', id="white space"),
        pytest.param("word " * 200, '"' + "word " * 11 + '..."', id="a long query is cut between words"),
        pytest.param("x" * 1000, '"..."', id="a long word is left out"),
    ],
)
def test_the_query_is_mentioned_briefly(query, mentioned):
    assert "".join(words(query)).startswith(f"You asked: {mentioned}\n")


def test_there_are_two_artifacts_to_follow():
    assert [item.uri.startswith("https://") for item in ARTIFACTS] == [True, True]
    assert all(item.title and item.description for item in ARTIFACTS)
