"""The live view in a real kernel, as its frames come over the wire, and in a plain Python."""

import re
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from jupyter_client.manager import start_new_kernel

from lambdastream.client.frames import LONGEST_TEXT
from lambdastream.client.live import LaneText, watch


@dataclass
class Shown:
    """What a cell showed: its frames and their display ids, the text that it printed, and its value."""

    frames: list[str] = field(default_factory=list)
    handles: set[str] = field(default_factory=set)
    text: str = ""
    result: dict[str, str] = field(default_factory=dict)

    def take(self, message):
        content = message["content"]
        if message["msg_type"] in ("display_data", "update_display_data"):
            self.frames.append(content["data"]["text/html"])
            self.handles.add(content["transient"]["display_id"])
        elif message["msg_type"] == "stream":
            self.text += content["text"]
        elif message["msg_type"] == "execute_result":
            self.result = content["data"]


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel()
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture
def run(kernel):
    """Run a cell; ``on_frame`` is called with each frame as it comes."""
    manager, client = kernel

    def run(code, on_frame=lambda _manager, _frame: None) -> Shown:
        shown = Shown()

        def hook(message):
            shown.take(message)
            if shown.frames:
                on_frame(manager, shown.frames[-1])

        code = f"from lambdastream.client import watch\n{code}"
        client.execute_interactive(code, output_hook=hook, timeout=20)
        return shown

    return run


def texts(frame):
    return re.findall(r'min-height[^>]*">(.*?)</span>', frame)


def states(frame):
    return re.findall(r'opacity[^>]*">(.*?)</span>', frame)


def test_both_lanes_grow_in_one_output_and_say_how_far_they_are(run, server):
    urls = {"Mangum": server.url("/at-once"), "LWA": server.url("/words")}
    shown = run(f"watch({urls})")
    mangum, lwa = zip(*map(texts, shown.frames), strict=True)
    mangum_states, lwa_states = zip(*map(states, shown.frames), strict=True)
    whole = b"".join(server.words).decode()

    assert len(shown.handles) == 1
    assert len(set(lwa)) > 2
    assert all(later.startswith(earlier) for earlier, later in pairwise(lwa))
    assert any(one == "" and other for one, other in zip(mangum, lwa, strict=True))
    assert (mangum[-1], lwa[-1]) == (whole, whole)

    assert any(re.fullmatch(r"waiting, 0\.\d s", state) for state in mangum_states)
    assert any(re.fullmatch(r"streaming, 0\.\d s", state) for state in lwa_states)
    assert all(re.fullmatch(r"done in \d\.\d s", state) for state in (mangum_states[-1], lwa_states[-1]))
    assert "| Mangum | 200 |" in shown.result["text/markdown"]


def test_no_frame_is_sent_twice(run, server):
    shown = run(f"_ = watch({{'silent': {server.url('/silent')!r}}}, timeout=0.5)")
    assert len(shown.frames) == len(set(shown.frames))
    assert 2 <= len(shown.frames) <= 12
    assert "broken off after 0.5 s: nothing came for 0.5 s" in shown.frames[-1]


def test_the_reader_of_the_text_is_the_callers(run, server):
    shown = run(f"_ = watch({{'words': {server.url('/words')!r}}}, text=lambda body: body.decode().upper())")
    assert texts(shown.frames[-1]) == [b"".join(server.words).decode().upper()]


def test_an_interrupt_ends_the_race_and_its_threads(run, server):
    # A lane that begins late must not wait on the connection of one that is done: there is no way to end that.
    hello = server.url("/hello-and-bye")
    urls = {"silent": server.url("/silent"), "stalls": server.url("/stalls"), "hello": hello}
    interrupts = []

    def interrupt_once(manager, frame):
        if not interrupts and "done in" in frame and "streaming" in frame:
            interrupts.append(frame)
            manager.interrupt_kernel()

    shown = run(caught(f"watch({urls})"), on_frame=interrupt_once)
    assert shown.text == "KeyboardInterrupt []\n"
    assert [re.sub(r"\d\.\d", "#", state) for state in states(shown.frames[-1])] == [
        "stopped after # s",
        "stopped after # s",
        "done in # s",
    ]


@pytest.mark.parametrize(
    ("paths", "more", "error"),
    [
        pytest.param(["dead", "/silent"], "", "UnreachableError", id="a lane that cannot be reached"),
        pytest.param(["/stalls"], ", text=lambda body: 1 / 0", "ZeroDivisionError", id="the caller's text fails"),
    ],
)
def test_an_error_ends_the_race_and_its_threads(run, server, dead_url, paths, more, error):
    urls = {path: dead_url if path == "dead" else server.url(path) for path in paths}
    assert run(caught(f"watch({urls}{more})")).text == f"{error} []\n"


def caught(call: str) -> str:
    """Make a cell that prints what a call raises and which lanes do not end then."""
    lines = (
        "import threading, time",
        "try:",
        f"    {call}",
        "except BaseException as exc:",
        "    deadline = time.monotonic() + 10  # one that still connects ends by itself",
        "    while (lanes := [each.name for each in threading.enumerate() if each.name.startswith('lane ')]):",
        "        if time.monotonic() > deadline: break",
        "        time.sleep(0.01)",
        "    print(type(exc).__name__, lanes)",
    )
    return "\n".join(lines)


def test_outside_a_notebook_the_texts_are_printed_at_the_end(server, capsys):
    race = watch({"hello": server.url("/hello"), "two": server.url("/two-in-one")})
    assert re.sub(r"\d\.\d", "#", capsys.readouterr().out) == (
        "hello: done in # s\nHello World!\n\ntwo: done in # s\none two\n"
    )
    assert race["two"].text == "one two"


def test_ipythons_terminal_is_no_notebook(server, capsys, monkeypatch):
    from IPython.terminal.interactiveshell import TerminalInteractiveShell

    # Its own class, not set up: that would take over this process.
    monkeypatch.setattr("IPython.get_ipython", lambda: object.__new__(TerminalInteractiveShell))
    watch({"hello": server.url("/hello")})
    assert capsys.readouterr().out.endswith("Hello World!\n")


def test_a_character_is_shown_when_all_its_bytes_have_come():
    text, shown = LaneText(), []
    for byte in "aé🙂":
        for each in byte.encode():
            text.pieces.append(bytes([each]))
            shown.append(str(text))
    assert shown == ["a", "a", "aé", "aé", "aé", "aé", "aé🙂"]


def test_a_text_is_kept_no_longer_than_it_is_shown():
    text = LaneText()
    text.pieces += [b"x" * LONGEST_TEXT] * 3
    assert len(str(text)) == LONGEST_TEXT + 1


def test_the_callers_text_is_made_anew_only_when_bytes_have_come():
    calls = []
    text = LaneText(lambda body: calls.append(body) or body.decode())
    text.pieces.append(b"one")
    assert (str(text), str(text)) == ("one", "one")
    text.pieces.append(b" two")
    assert str(text) == "one two"
    assert calls == [b"one", b"one two"]
