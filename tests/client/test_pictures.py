import io
import subprocess
import sys

import pytest

from lambdastream.client import bytes_over_time
from lambdastream.errors import SetupError, UsageError


@pytest.fixture
def recordings(recorded):
    return {
        "Mangum": recorded((1.9, b"one two"), ended_at=1.95),
        "LWA": recorded((0.05, b"one "), (1.0, b"two"), ended_at=2.0),
        "gone": recorded((0.3, b"one "), ended_at=0.4, error="the server closed the connection"),
    }


def lines(figure):
    """Give the lines of a figure by the names of their recordings: those with a label of their own."""
    labelled = (line for line in figure.axes[0].lines if not line.get_label().startswith("_"))
    return {line.get_label().partition(":")[0]: line for line in labelled}


def test_each_line_has_the_bytes_that_had_come_by_each_time(recordings):
    drawn = {name: line.get_xydata().tolist() for name, line in lines(bytes_over_time(recordings)).items()}
    assert drawn == {
        "Mangum": [[0, 0], [1.9, 7], [1.95, 7]],
        "LWA": [[0, 0], [0.05, 4], [1.0, 7], [2.0, 7]],
        "gone": [[0, 0], [0.3, 4], [0.4, 4]],
    }


def test_bytes_stay_until_the_next_come(recordings):
    assert {line.get_drawstyle() for line in lines(bytes_over_time(recordings)).values()} == {"steps-post"}


def test_the_first_byte_is_marked(recordings):
    for name, line in lines(bytes_over_time(recordings)).items():
        assert line.get_markevery() == [1]
        assert line.get_xydata()[1][0] == recordings[name].first_byte_at


def test_the_legend_tells_the_times(recordings, recorded):
    figure = bytes_over_time(
        {**recordings, "empty": recorded(ended_at=0.5), "never": recorded(error="no", ended_at=1.0)}
    )
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == [
        "Mangum: first byte 1.90 s, last 1.90 s",
        "LWA: first byte 50 ms, last 1.00 s",
        "gone: first byte 300 ms, broken after 400 ms",
        "empty: no body",
        "never: no body, broken after 1.00 s",
    ]


def test_a_broken_transfer_ends_with_a_cross(recordings):
    crosses = [line for line in bytes_over_time(recordings).axes[0].lines if line.get_marker() == "X"]
    assert [line.get_xydata().tolist() for line in crosses] == [[[0.4, 4]]]


def test_lines_differ_in_more_than_colour(recordings):
    drawn = lines(bytes_over_time(recordings)).values()
    assert len({line.get_color() for line in drawn}) == len(drawn)
    assert len({line.get_marker() for line in drawn}) == len(drawn)


def test_the_axes_are_named_with_their_units(recordings):
    axes = bytes_over_time(recordings).axes[0]
    assert axes.get_xlabel().endswith("(s)")
    assert axes.get_ylabel().endswith("(bytes)")


def test_the_picture_has_its_own_ground_and_is_small(recordings):
    # Here, since matplotlib takes long to import: not in every process that collects the tests.
    from matplotlib.colors import to_hex
    from matplotlib.image import imread

    figure = bytes_over_time({name: recordings[name] for name in ("Mangum", "LWA")})
    png = figure._repr_png_()
    assert to_hex(figure.get_facecolor()) == "#ffffff"
    assert imread(io.BytesIO(png)).shape[:2] == (300, 600)
    assert len(png) < 40_000


def test_it_draws_into_the_axes_it_is_given(recordings):
    from matplotlib.figure import Figure

    mine = Figure()
    left, right = mine.subplots(1, 2)
    assert bytes_over_time(recordings, ax=right) is mine
    assert (len(left.lines), len(right.lines)) == (0, 4)


def test_a_recording_without_a_body_is_a_flat_line(recorded):
    figure = bytes_over_time({"empty": recorded(ended_at=0.5)})
    line = lines(figure)["empty"]
    assert line.get_xydata().tolist() == [[0, 0], [0.5, 0]]
    assert line.get_markevery() == []
    assert figure._repr_png_()


def test_nothing_to_draw_is_an_error():
    with pytest.raises(UsageError, match="nothing to draw"):
        bytes_over_time({})


def test_without_matplotlib_the_error_says_what_to_install(recordings, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SetupError, match="pip install"):
        bytes_over_time(recordings)


def test_the_package_itself_needs_neither_matplotlib_nor_ipython():
    code = "import sys, lambdastream.client; print(sorted({'matplotlib', 'IPython'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
