import re

import pytest

from lambdastream.client.frames import LONGEST_TEXT, LaneView, frame, plain, state

WHOLE_FRAME = r'(?s)<div class="live">.*?</div>'

SAFE_DECLARATIONS = (
    r"display:(inline-block|block)|box-sizing:border-box|vertical-align:top|text-align:left|white-space:pre-wrap"
    r"|word-wrap:break-word|opacity:0\.75|width:\d+%|min-height:\d+em|border-left:4px solid #[0-9A-F]{6}"
    r"|(margin|padding):[0-9.]+(em|%)?( [0-9.]+(em|%|px)?){3}"
)
"""What passes JupyterLab 4's list for untrusted outputs, tried against its own code."""


def lane(name="LWA", state="waiting, 0.1 s", text="some words"):
    return LaneView(name, state, text)


@pytest.mark.parametrize("number", [1, 2, 3, 6])
def test_a_frame_is_swallowed_whole_by_one_pattern(number):
    html = frame([lane(text="</div> <div>")] * number)
    assert re.sub(WHOLE_FRAME, "", html) == ""


@pytest.mark.parametrize("part", ["name", "state", "text"])
def test_whatever_came_is_shown_as_text(part):
    html = frame([lane(**{part: '<script>alert("&")</script>'})])
    assert "<script" not in html
    assert "&lt;script&gt;alert(&quot;&amp;&quot;)" in html


def test_its_style_passes_the_sanitizer_of_an_untrusted_notebook():
    html = frame([lane(), lane()])
    declarations = [each.strip() for style in re.findall(r'style="(.*?)"', html) for each in style.split(";")]
    assert declarations
    assert [each for each in declarations if not re.fullmatch(SAFE_DECLARATIONS, each)] == []
    assert set(re.findall(r"</?(\w+)", html)) == {"div", "span", "b", "br"}


@pytest.mark.parametrize(("number", "share"), [(1, 98), (2, 48), (3, 31), (6, 23)])
def test_lanes_stand_side_by_side_up_to_four(number, share):
    assert frame([lane()] * number).count(f"width:{share}%") == number


@pytest.mark.parametrize("show", [lambda view: frame([view]), lambda view: plain([view])], ids=["notebook", "terminal"])
def test_of_a_long_text_the_end_is_shown(show):
    shown = show(lane(text="a" + "b" * LONGEST_TEXT))
    assert "a" + "b" * 10 not in shown
    assert "…" + "b" * LONGEST_TEXT in shown
    assert "…" not in show(lane(text="b" * LONGEST_TEXT))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("red \x1b[31m", "red \ufffd[31m", id="terminal colours"),
        pytest.param("bell \x07 nul \x00", "bell \ufffd nul \ufffd", id="control characters"),
        pytest.param("a\r\nb\n\tc", "a\nb\n\tc", id="lines and tabs stay"),
        pytest.param("日本\u00a0🙂", "日本\u00a0🙂", id="all else stays"),
    ],
)
def test_control_characters_do_not_reach_the_screen(text, shown):
    assert plain([lane(text=text)]) == f"LWA: waiting, 0.1 s\n{shown}"
    assert shown in frame([lane(text=text)])


def test_in_plain_text_lanes_stand_one_below_the_other():
    assert plain([lane("A", "done in 1.0 s", "one"), lane("B", "done in 2.0 s", "")]) == (
        "A: done in 1.0 s\none\n\nB: done in 2.0 s"
    )


@pytest.mark.parametrize(
    ("begun", "stopped", "words"),
    [
        pytest.param(False, False, "waiting, 1.3 s", id="nothing came yet"),
        pytest.param(True, False, "streaming, 1.3 s", id="something came"),
        pytest.param(True, True, "stopped after 1.3 s", id="somebody interrupted"),
    ],
)
def test_a_lane_under_way_says_how_far_it_is(begun, stopped, words):
    assert state(1.26, begun=begun, ended=None, stopped=stopped) == words


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param({}, "done in 2.1 s", id="done"),
        pytest.param({"status": 502}, "status 502 in 2.1 s", id="an error status"),
        pytest.param({"error": "it closed"}, "broken off after 2.1 s: it closed", id="broken"),
        pytest.param({"status": None, "error": "it closed"}, "broken off after 2.1 s: it closed", id="never answered"),
    ],
)
def test_a_lane_that_ended_says_how_and_its_clock_stands(recorded, more, words):
    assert state(9.9, begun=True, ended=recorded((2.0, b"x"), ended_at=2.1, **more)) == words
