"""The picture: where a figure and its peer stand, and that it is drawn."""

import pytest

from benchmarks.figures import Figure, Peer
from benchmarks.picture import LEFT, RIGHT, draw, shares

PNG = b"\x89PNG\r\n"


def figure(value, wanted, *, peer=None, ratio=None, holds=True):
    return Figure("speed", value, "ms", Peer("uvicorn", peer) if peer is not None else None, ratio, wanted, holds)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        pytest.param(figure(5, "value <= 10"), (0.5, None), id="a value"),
        pytest.param(figure(5, "value < 10", peer=40, ratio=0.125), (0.5, 4), id="a value and its peer's"),
        pytest.param(figure(8, "ratio <= 2", peer=4, ratio=2), (1, 0.5), id="a ratio that should be small"),
        pytest.param(figure(8, "ratio >= 0.5", peer=8, ratio=1), (0.5, 0.5), id="a ratio that should be large"),
        pytest.param(figure(4, "ratio >= 0.5", peer=16, ratio=0.25), (2, 0.5), id="one that is too small"),
        pytest.param(figure(0, "value <= 2"), (LEFT, None), id="nothing"),
        pytest.param(figure(-3, "value <= 2"), (LEFT, None), id="less than nothing"),
        pytest.param(figure(0, "value <= 0"), (LEFT, None), id="nothing, as wanted"),
        pytest.param(figure(1, "value <= 0"), (RIGHT, None), id="anything where nothing is wanted"),
        pytest.param(figure(1e9, "value <= 1"), (RIGHT, None), id="beyond the picture"),
    ],
)
def test_a_figure_stands_at_its_share_of_what_is_wanted(shown, expected):
    assert shares(shown) == expected


def test_it_is_drawn_with_what_holds_and_what_does_not(tmp_path):
    shown = [figure(5, "value <= 10", peer=4, ratio=1.25), figure(11, "value <= 10", holds=False)]
    draw(shown, tmp_path / "results.png", "here")
    assert (tmp_path / "results.png").read_bytes().startswith(PNG)


def test_without_anything_wanted_there_is_no_picture(tmp_path):
    draw([figure(5, None, holds=None)], tmp_path / "results.png", "here")
    assert not list(tmp_path.iterdir())
