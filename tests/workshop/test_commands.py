"""``lambdastream workshop``: what it takes, what it refuses, its exit codes. `attendees/test_rehearsal` runs it for real."""

import json

import pytest

from lambdastream.cli import main
from lambdastream.control import Destination
from lambdastream.workshop.attendees import workshop

AWS = Destination("aws", "123456789012", "eu-central-1", "mine")
UNCLEAR = Destination("unclear", why="No profile is selected.", next_step="Choose one.")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A folder of no project."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def goes_to(monkeypatch):
    """Let the profile point somewhere."""
    return lambda where: monkeypatch.setattr(workshop, "destination", lambda: where)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param("", "COMMAND", id="no command"),
        pytest.param("deploy", "--attendees --names", id="nobody"),
        pytest.param("deploy --attendees 2 --names file", "not allowed with", id="twice somebody"),
        pytest.param("deploy --attendees many", "invalid int", id="no number"),
        pytest.param("deploy --attendees 2 --at-once 0", "give 1 or more", id="none at a time"),
        pytest.param("catch-up ada", "--to", id="no notebook"),
        pytest.param("costs --attendees 2 --price gold=1", "There are: gb_second_x86", id="no such price"),
        pytest.param("costs --attendees 2 --price egress_gb=-1", "no amount", id="no such amount"),
    ],
)
def test_words_that_it_does_not_know_are_wrong_usage(capsys, words, said):
    with pytest.raises(SystemExit) as ended:
        main(["workshop", *words.split()])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param("deploy --attendees 0", "1 to 500", id="none"),
        pytest.param("deploy --names nobody.txt", "nobody.txt cannot be read", id="no file"),
        pytest.param("deploy --attendees 2 --prefix a_b", "letters, digits and single hyphens", id="a prefix"),
        pytest.param("deploy --attendees 2 --retention-days 2", "Take one of", id="a retention"),
        pytest.param("deploy --attendees 2 --hours 0", "up to 720", id="no time"),
        pytest.param("catch-up ada --to 02", "not in the project with the notebooks", id="no course"),
        pytest.param("catch-up ada --to 99 --course .", "There is no notebook 99", id="a notebook"),
        pytest.param("costs --attendees 0", "0 attendees", id="nobody to pay for"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage_too(capsys, words, said):
    assert main(["workshop", *words.split()]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("words", ["deploy --attendees 2", "tear-down", "status", "costs"])
def test_an_unclear_destination_ends_it(goes_to, capsys, words):
    goes_to(UNCLEAR)
    assert main(["workshop", *words.split()]) == 1
    assert "No profile is selected.\nChoose one." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("deploy --attendees 20", "Deploy 20 stacks, streaming-chat-01 to streaming-chat-20. At most $57.60"),
        ("tear-down ada --prefix room", "Remove 1 stack of room"),
        ("tear-down --prefix room", "Remove all stacks of room"),
    ],
)
def test_on_aws_it_says_what_and_where_and_wants_consent(goes_to, capsys, words, what):
    goes_to(AWS)
    assert main(["workshop", *words.split()]) == 2
    said = capsys.readouterr().err
    assert "Deploys go to AWS: account 123456789012, region eu-central-1" in said
    assert what in said
    assert "--yes" in said


def test_the_ceiling_is_known_in_advance(capsys):
    assert main(["workshop", "costs", "--attendees", "20", "--hours", "8"]) == 0
    assert "At most $38.40: 20 attendees x 2 functions x 5 at a time x 256 MB x 8 h" in capsys.readouterr().out
    price = ("--price", "gb_second_x86=0.00002")
    assert main([*["workshop", "costs", "--attendees", "20", "--hours", "8", "--json"], *price]) == 0
    # 1,440,000 GB-s x 0.00002 + 57.6 million requests + 2.88 million of the APIs
    assert json.loads(capsys.readouterr().out)["ceiling"] == pytest.approx(28.8 + 11.52 + 2.88)
