import pytest

from lambdastream.client.units import count, duration


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(None, "-"), (0, "0 ms"), (0.0532, "53 ms"), (0.9994, "999 ms"), (0.9999, "1.00 s"), (61.234, "61.23 s")],
)
def test_durations_have_a_unit_that_suits_them(seconds, told):
    assert duration(seconds) == told


@pytest.mark.parametrize(("number", "told"), [(0, "0 bytes"), (1, "1 byte"), (1234567, "1,234,567 bytes")])
def test_counts_agree_with_their_noun(number, told):
    assert count(number, "byte") == told
