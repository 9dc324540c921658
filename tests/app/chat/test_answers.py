"""The demo answer."""

import pytest

from answers import ANSWER, ARTIFACTS, FAIL_AT_ONCE, FAIL_HALFWAY, ModelError, words


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


def test_the_model_fails_before_its_first_word_when_it_is_asked_to():
    with pytest.raises(ModelError):
        words(FAIL_AT_ONCE)


def test_the_model_fails_on_the_way_when_it_is_asked_to():
    said = words(FAIL_HALFWAY)
    whole = f'You asked: "{FAIL_HALFWAY}"\n\n{ANSWER}'
    half = []
    with pytest.raises(ModelError):
        half.extend(said)
    assert whole.startswith("".join(half))
    assert 0.3 < len("".join(half)) / len(whole) < 0.7


@pytest.mark.parametrize("query", ["Why does it fail halfway?", "Fail at once!"])
def test_a_question_about_failures_is_answered(query):
    assert "".join(words(query)).endswith(ANSWER)
