"""The end of an invocation's log."""

import base64

import pytest

from lambdastream.runtime.log_tail import LogTail


def test_who_waits_is_called_when_the_last_line_was_written():
    tail, called = LogTail(), []
    tail.begin()
    tail.when_ended(lambda: called.append(tail.encoded))
    tail.write("one\n")
    assert called == []
    tail.end()
    tail.when_ended(lambda: called.append("late"))
    assert called == [base64.b64encode(b"one\n").decode(), "late"]


def test_nobody_waits_for_an_invocation_that_no_environment_took():
    called = []
    LogTail().when_ended(lambda: called.append(True))
    assert called == [True]


@pytest.mark.conformance("invoke-log-tail")
def test_the_last_4_kb_are_kept():
    tail = LogTail()
    for number in range(3000):
        tail.write(f"{number:09}\n")
    kept = base64.b64decode(tail.encoded)
    assert len(kept) == 4096
    assert kept.endswith(b"000002998\n000002999\n")
