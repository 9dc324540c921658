"""What a soak makes of its samples."""

import pytest

from benchmarks.soak import slope


@pytest.mark.parametrize(
    ("memory", "expected"),
    [
        pytest.param([40.0] * 20, 0.0, id="flat"),
        pytest.param([40.0 + second / 10 for second in range(20)], 0.1, id="a leak"),
        pytest.param([40.0] * 10 + [90.0] + [40.0] * 9, 0.0, id="a peak"),
        pytest.param([41.0, 40.0] * 10, 0.0, id="up and down"),
    ],
)
def test_the_slope_is_what_stays(memory, expected):
    assert slope(list(enumerate(memory))) == pytest.approx(expected, abs=1e-9)
