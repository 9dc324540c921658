"""An answer in pieces that say what they are."""

import pytest
from pydantic import TypeAdapter, ValidationError

from answers import ARTIFACTS, FAIL_HALFWAY, words
from pieces import End, Failure, Found, Piece, Question, Words, pieces


def test_words_then_artifacts_then_the_end():
    found = list(pieces(iter(["one ", "[two]"])))
    assert found == [Words(text="one "), Words(text="[two]"), *(Found(artifact=each) for each in ARTIFACTS), End()]


def test_a_failure_is_the_last_piece_and_does_not_say_why(caplog):
    *said, last = pieces(words(FAIL_HALFWAY))
    assert {type(piece) for piece in said} == {Words}
    assert last == Failure(detail="The answer was cut off.")
    assert "It was asked to fail halfway." in caplog.text


@pytest.mark.parametrize("piece", [Words(text="a\n"), Found(artifact=ARTIFACTS[0]), End(), Failure(detail="no")])
def test_a_piece_says_what_it_is(piece):
    assert TypeAdapter(Piece).validate_json(piece.model_dump_json()) == piece


@pytest.mark.parametrize("query", ["", " \t", "x" * 1001], ids=["empty", "blank", "too long"])
def test_a_question_has_bounds(query):
    with pytest.raises(ValidationError):
        Question(query=query)


def test_space_around_a_question_is_not_of_it():
    assert Question(query=f" {'x' * 1000}\n").query == "x" * 1000
