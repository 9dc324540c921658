"""Names of attendees and of their stacks."""

import pytest

from lambdastream.errors import UsageError
from lambdastream.workshop.attendees.names import (
    check_prefix,
    in_order,
    numbered,
    read_names,
    safe_name,
    safe_names,
    stack_name,
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ada Lovelace", "ada-lovelace"),
        ("Zoë Müller-Groß", "zoe-muller-gross"),
        ("Bjørn Ægir Łuk", "bjorn-aegir-luk"),
        ("ada@example.com", "ada-example-com"),
        ("O'Brien", "obrien"),
        ("  --x__y--  ", "x-y"),
        ("R2-D2", "r2-d2"),
        ("x" * 31 + "-yz", "x" * 31),
        ("$(rm -rf /)", "rm-rf"),
    ],
)
def test_a_name_becomes_what_every_service_takes(text, name):
    assert safe_name(text) == name
    assert safe_name(name) == name


@pytest.mark.parametrize("text", ["李雷", "!?", ""])
def test_a_name_of_which_nothing_is_left_is_refused(text):
    with pytest.raises(UsageError, match="login or a number"):
        safe_name(text)


def test_attendees_are_numbered_and_sorted_as_numbers():
    names = numbered(120)
    assert names[:2] + names[98:101] == ["01", "02", "99", "100", "101"]
    assert sorted(names, key=in_order) == names
    assert sorted(["ada-10", "ada-9", "02", "bob"], key=in_order) == ["02", "ada-9", "ada-10", "bob"]


@pytest.mark.parametrize("count", [0, -1, 501])
def test_a_number_that_cannot_be_is_refused(count):
    with pytest.raises(UsageError, match="1 to 500"):
        numbered(count)


def test_a_file_has_a_name_a_line(tmp_path):
    file = tmp_path / "names.txt"
    file.write_text("\ufeffAda Lovelace\n\n# the others\r\n Grace  # late\n", encoding="utf-8")
    assert read_names(file) == ["ada-lovelace", "grace"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"# nobody\n\n", "There are no names", id="nobody"),
        pytest.param(b"\xff\xfe\x00", "no UTF-8 text", id="no text"),
        pytest.param(b"Ada L.\nada-l\n", "“Ada L.” and “ada-l” would both be ada-l", id="two of one name"),
        pytest.param(None, "No such file", id="no file"),
    ],
)
def test_a_file_that_names_nobody_clearly_is_refused(tmp_path, content, said):
    file = tmp_path / "names.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=said) as refused:
        read_names(file)
    assert refused.value.next_step


def test_names_given_one_by_one_are_safe_too():
    assert safe_names(["Ada", "", " Bob "]) == ["ada", "bob"]


def test_a_stack_is_named_after_both():
    assert stack_name(check_prefix("streaming-chat"), "01") == "streaming-chat-01"


@pytest.mark.parametrize("prefix", ["", "1st", "a_b", "a--b", "a-", "-a", "a b", "a/b", "x" * 33, "ä"])
def test_a_prefix_with_which_no_stack_can_begin_is_refused(prefix):
    with pytest.raises(UsageError, match="at most 32"):
        check_prefix(prefix)
