"""A function's log."""

from lambdastream.runtime.function_log import TAIL, FunctionLog


def test_lines_go_to_the_file_each_with_one_line_break(tmp_path):
    log = FunctionLog(tmp_path / "logs" / "one.log")
    for line in ("first", "second\n", "żółć"):
        log.write(line)
    log.close()
    log.write("after the close")
    log.close()
    assert (tmp_path / "logs" / "one.log").read_text("utf-8") == "first\nsecond\nżółć\nafter the close\n"


def test_a_line_can_be_read_as_soon_as_it_is_written(tmp_path):
    log = FunctionLog(tmp_path / "one.log")
    log.write("now")
    assert (tmp_path / "one.log").read_text() == "now\n"
    log.close()


def test_without_a_file_the_last_lines_are_remembered():
    log = FunctionLog(None)
    for number in range(TAIL + 10):
        log.write(f"line {number}")
    assert next(iter(log.tail)) == "line 10\n"
    assert len(log.tail) == TAIL


def test_it_knows_whether_a_word_was_said_in_any_case():
    log = FunctionLog(None)
    log.write("OSError: Address Already In Use")
    assert log.mentions("nothing", "address already in use")
    assert not log.mentions("nothing")
