"""Where a table is shown while it changes."""

import io

from lambdastream.workshop.attendees import live
from lambdastream.workshop.attendees.live import Cell, Log, Nowhere, Terminal, screen
from lambdastream.workshop.attendees.table import table


def rows(*names):
    return table(("name",), [(name,) for name in names])


def test_a_terminal_draws_over_what_it_drew(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(live, "SHORTEST_REDRAW", 0)
    terminal = Terminal(out)
    terminal.show(lambda: rows("ada"))
    terminal.finish(rows("ada", "bob"))
    first, second = out.getvalue().split("\x1b[2F")
    assert first == "\x1b[0Jname\nada\n"
    assert second == "\x1b[0Jname\nada\nbob\n"


def test_a_terminal_that_is_smaller_shows_the_end(monkeypatch):
    monkeypatch.setenv("COLUMNS", "5")
    monkeypatch.setenv("LINES", "3")
    out = io.StringIO()
    Terminal(out).finish(rows("a name that is long", "bob", "cy"))
    assert out.getvalue() == "\x1b[0Jbob\ncy\n"


def test_frames_that_come_too_fast_are_not_drawn():
    out = io.StringIO()
    terminal = Terminal(out)
    for _ in range(100):
        terminal.show(lambda: rows("ada"))
    assert out.getvalue().count("ada") < 10


def test_a_log_has_a_line_for_what_happens_and_the_last_table(capsys):
    log = Log()
    log.show(lambda: rows("ada"))
    log.show(lambda: rows("ada"), "ada: deployed")
    log.finish(rows("ada"))
    assert capsys.readouterr().out == "ada: deployed\nname\nada\n"


def test_a_cell_has_one_output_that_changes(monkeypatch):
    monkeypatch.setattr(live, "SHORTEST_REDRAW", 0)
    shown = []

    class Handle:
        def update(self, what):
            shown.append(("updated", str(what)))

    def display(what, *, display_id):
        shown.append(("displayed", str(what)))
        return Handle()

    cell = Cell(display)
    cell.show(lambda: rows("ada"))
    cell.show(lambda: rows("bob"))
    cell.finish(rows("cy"))
    assert shown == [("displayed", "name\nada"), ("updated", "name\nbob"), ("updated", "name\ncy")]


def test_nowhere_shows_nothing(capsys):
    Nowhere().show(lambda: rows("ada"), "news")
    Nowhere().finish(rows("ada"))
    assert capsys.readouterr().out == ""


def test_without_a_terminal_or_a_notebook_it_is_a_log():
    assert isinstance(screen(), Log)
