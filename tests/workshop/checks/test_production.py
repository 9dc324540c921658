"""The checks of notebook 10."""

import math

import pytest

from lambdastream.workshop.checks import production
from lambdastream.workshop.costs import Invocation, Prices, crossing


def told_starter(reports):
    durations = [report.duration_ms for report in reports]
    return {
        "cold": sum(report.is_cold for report in reports),
        "timeouts": 0,
        "gb_seconds": sum(report.duration_ms / 1000 for report in reports),
        "p95": sum(durations) / len(durations),
    }


def told_right(reports):
    durations = sorted(report.duration_ms for report in reports)
    return {
        "cold": sum(report.is_cold for report in reports) / len(reports),
        "timeouts": sum(report.status == "timeout" for report in reports),
        "gb_seconds": sum(report.gb_seconds for report in reports),
        "p95": durations[math.ceil(len(durations) * 0.95) - 1],
    }


def told_but(name, value):
    return lambda reports: told_right(reports) | {name: value(reports)}


def unsorted_p95(reports):
    return [report.duration_ms for report in reports][math.ceil(len(reports) * 0.95) - 1]


@pytest.mark.parametrize(
    ("function", "says"),
    [
        pytest.param(
            told_starter, "✗ Not yet. Of 20 reports, cold is 0.05, and you say 1.\n  Hint: A share", id="starter"
        ),
        pytest.param(
            told_but("timeouts", lambda reports: 0),
            "✗ Not yet. Of 20 reports, timeouts is 2, and you say 0.",
            id="no timeouts",
        ),
        pytest.param(
            told_but("gb_seconds", lambda reports: sum(report.duration_ms / 1000 for report in reports)),
            "✗ Not yet. Of 20 reports, gb_seconds is 10.95, and you say 21.",
            id="seconds",
        ),
        pytest.param(
            told_but("gb_seconds", lambda reports: sum(report.duration_ms / 1000 / 2 for report in reports)),
            "✗ Not yet. Of 20 reports, gb_seconds is 10.95, and you say 10.5.",
            id="without the cold start",
        ),
        pytest.param(
            told_but("p95", unsorted_p95), "✗ Not yet. Of 20 reports, p95 is 1900, and you say 200.", id="unsorted"
        ),
        pytest.param(
            told_but("p95", lambda reports: max(report.duration_ms for report in reports)),
            "✗ Not yet. Of 20 reports, p95 is 1900, and you say 2000.",
            id="the slowest",
        ),
        pytest.param(
            told_but("p95", lambda reports: sorted(report.duration_ms for report in reports)[18]),
            "✗ Not yet. Your code raises IndexError",
            id="always the 19th",
        ),
        pytest.param(lambda reports: {}, "✗ Not yet. The dict has no 'cold'.", id="empty"),
        pytest.param(lambda reports: None, "✗ Not yet. Your code raises TypeError", id="nothing"),
        pytest.param(told_right, "✓ What began cold", id="right"),
    ],
)
def test_told(function, says):
    assert repr(production.told(function)).startswith(says)


def crossing_starter(per_hour, billed_ms, memory_mb, prices):
    return per_hour * 24 / (billed_ms * memory_mb * prices.gb_second_x86)


def with_slips(hours=730, ms=1000, mb=1024, request=1.0, gb_second=None):
    def crossing_of(per_hour, billed_ms, memory_mb, prices):
        compute = billed_ms / ms * memory_mb / mb * (gb_second or prices.gb_second_x86)
        return per_hour * hours / (compute + request * prices.million_requests / 1_000_000)

    return crossing_of


def by_the_helper(per_hour, billed_ms, memory_mb, prices):
    return crossing(per_hour * 730, Invocation(billed_ms, memory_mb), prices)


@pytest.mark.parametrize(
    ("function", "says"),
    [
        pytest.param(crossing_starter, "Milliseconds are no seconds, and MB are no GB.", id="the starter"),
        pytest.param(with_slips(hours=24), "That is a day of the server", id="a day"),
        pytest.param(with_slips(hours=720), "Take 730 hours", id="30 days"),
        pytest.param(with_slips(ms=1), "A billed duration is in milliseconds", id="milliseconds"),
        pytest.param(with_slips(mb=1), "The memory is in MB", id="megabytes"),
        pytest.param(with_slips(mb=1000), "Lambda's GB has 1,024 MB.", id="a GB of 1000"),
        pytest.param(with_slips(request=0), "The request has a price of its own", id="no request"),
        pytest.param(with_slips(request=2), "What does one request cost?", id="two requests"),
        pytest.param(with_slips(gb_second=0.0000166667), "What does one request cost?", id="prices of its own"),
    ],
)
def test_crossing_of_says_what_is_wrong(function, says):
    told = repr(production.crossing_of(function))
    assert told.startswith("✗ Not yet. $")
    assert f"\n  Hint: {says}" in told


def test_the_first_crossing_is_worked_out_by_hand():
    # 0.02 x 730 / (2.3 x 0.25 x 0.0000166667 + 0.0000002)
    assert "cross at 1,492,331 requests, and you say 1." in repr(production.crossing_of(lambda *_: 1))


@pytest.mark.parametrize("function", [with_slips(), by_the_helper], ids=["by hand", "the helper"])
def test_crossing_of_is_right(function):
    assert repr(production.crossing_of(function)).startswith("✓ There both cost the same")


def test_the_last_case_has_prices_of_its_own():
    assert production.CROSSINGS[-1][3] != Prices()
