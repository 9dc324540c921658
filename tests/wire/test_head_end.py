"""The end of a message's head."""

import pytest

from lambdastream.wire.head_end import HeadEnd

HEAD = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


def test_it_is_behind_the_empty_line():
    assert HeadEnd().find(memoryview(HEAD + b"body\r\n\r\n")) == len(HEAD)


@pytest.mark.parametrize("at", range(1, len(HEAD)))
def test_it_is_found_wherever_the_head_is_cut(at):
    end = HeadEnd()
    assert end.find(memoryview(HEAD[:at])) == 0
    assert end.find(memoryview(HEAD[at:] + b"body")) == len(HEAD) - at


def test_it_is_found_when_the_head_comes_byte_by_byte():
    end = HeadEnd()
    assert [end.find(memoryview(HEAD[at : at + 1])) for at in range(len(HEAD))] == [0] * (len(HEAD) - 1) + [1]


def test_a_head_does_not_end_with_the_line_of_the_one_before():
    end = HeadEnd()
    assert end.find(memoryview(b"a\r\n\r")) == 0
    assert end.find(memoryview(b"\n")) == 1
    assert end.find(memoryview(b"\r\n")) == 0
    assert end.find(memoryview(b"\r\n")) == 2


def test_it_is_not_a_bare_line_feed():
    assert HeadEnd().find(memoryview(b"GET / HTTP/1.1\n\nHost: h\r\n")) == 0
