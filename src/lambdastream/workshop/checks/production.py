"""The checks of notebook 10: what REPORT lines tell, and where Lambda and a server cost the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from lambdastream.workshop.costs import Prices
from lambdastream.workshop.exercise import NotYet, check
from lambdastream.workshop.reports import Report

ONE: Final = Report("one", duration_ms=500.0, billed_ms=500.0, memory_mb=512, max_memory_mb=60)

HOURS: Final = 730
MEGABYTES: Final = 1024
MILLION: Final = 1_000_000


def _twenty() -> Iterator[Report]:
    """Reports of 100, 200, ... 2,000 ms, the slow ones first: one of them cold, and two timeouts."""
    for number in range(20, 0, -1):
        report = replace(ONE, request_id=str(number), duration_ms=100.0 * number, billed_ms=100.0 * number)
        if number == 1:
            report = replace(report, init_ms=900.0, billed_ms=1000.0)
        yield replace(report, status="timeout") if number > 18 else report  # noqa: PLR2004 - the two slowest


# Worked out by hand. 20 reports: 21,000 ms and 900 ms of init with half a GB are 10.95 GB-s, and the 19th takes 1,900 ms.
# 4 reports: 2 x 0.8 s x 1 GB + 2 x 0.5 s x 0.5 GB.
CASES: Final[tuple[tuple[list[Report], Mapping[str, float]], ...]] = (
    (list(_twenty()), {"cold": 0.05, "timeouts": 2, "gb_seconds": 10.95, "p95": 1900.0}),
    ([ONE], {"cold": 0.0, "timeouts": 0, "gb_seconds": 0.25, "p95": 500.0}),
    ([replace(ONE, memory_mb=1024, init_ms=300.0, billed_ms=800.0)] * 2 + [ONE] * 2,
     {"cold": 0.5, "timeouts": 0, "gb_seconds": 2.1, "p95": 500.0}),
)  # fmt: skip

HINTS: Final = {
    "cold": "A share: how many of them, by how many there are. is_cold is True or False.",
    "timeouts": "Lambda ended those, and their status says so.",
    "gb_seconds": "Each report knows its gb_seconds: they come from what is billed, and from the memory.",
    "p95": "Sort the durations. Of 20 it is the 19th: math.ceil(20 * 0.95), and a list begins at 0.",
}


@check
def told(function: Callable[[Sequence[Report]], Mapping[str, Any]]) -> str:
    """Exercise 1: the share of cold starts, timeouts, GB-seconds and the 95th percentile of reports."""
    for reports, expected in CASES:
        values = function([*reports])
        for name, value in expected.items():
            _is(name, values, value, len(reports))
    return "What began cold, what was cut, what is billed, and how slow it gets."


def _is(name: str, values: Mapping[str, Any], expected: float, count: int) -> None:
    if name not in values:
        raise NotYet(f"The dict has no {name!r}.", HINTS[name])
    if not math.isclose(values[name], expected, abs_tol=1e-9):
        reports = f"{count} reports" if count > 1 else "1 report"
        raise NotYet(f"Of {reports}, {name} is {expected:g}, and you say {values[name]:g}.", HINTS[name])


# Dollars an hour, milliseconds, MB, prices; the last one has round prices, and a request that costs much.
CROSSINGS: Final = (
    (0.02, 2300, 256, Prices()),
    (0.10, 1000, 1024, Prices()),
    (0.10, 1, 128, Prices()),
    (1.00, 1000, 512, replace(Prices(), gb_second_x86=0.001, million_requests=500.0)),
)
SLIPS: Final = (
    (24 / HOURS, "That is a day of the server, and a month has 730 hours."),
    (720 / HOURS, "Take 730 hours for a month: a year's twelfth."),
)
UNITS: Final = (
    (1000, "A billed duration is in milliseconds, and a GB-second takes a second."),
    (MEGABYTES, "The memory is in MB, and a GB has 1,024."),
    (1000 * MEGABYTES, "Milliseconds are no seconds, and MB are no GB."),
    (MEGABYTES / 1000, "Lambda's GB has 1,024 MB."),
)
WHOLE: Final = (
    "What does one request cost? Its GB-seconds times their price, and its own. How often is that in the month?"
)


@check
def crossing_of(function: Callable[[float, float, float, Prices], float]) -> str:
    """Exercise 2: the requests a month at which Lambda costs as much as a server that runs all month."""
    for per_hour, billed_ms, memory_mb, prices in CROSSINGS:
        month = per_hour * HOURS
        compute = billed_ms / 1000 * memory_mb / MEGABYTES * prices.gb_second_x86
        request = prices.million_requests / MILLION
        expected = month / (compute + request)
        said = function(per_hour, billed_ms, memory_mb, prices)
        if not math.isclose(said, expected, rel_tol=1e-6):
            raise NotYet(
                f"${per_hour:.2f} an hour and {billed_ms:,} ms with {memory_mb:,} MB cross at {expected:,.0f}"
                f" requests, and you say {said:,.0f}.",
                _forgotten(said, month, compute, request) or WHOLE,
            )
    return "There both cost the same: below it Lambda is cheaper, above it the server."


def _forgotten(said: float, month: float, compute: float, request: float) -> str:
    """What was forgotten, if that gives just this number."""
    without = "The request has a price of its own, besides its GB-seconds: prices.million_requests is for a million."
    for of_request, no_request in ((request, ""), (0.0, without)):
        for month_slip, no_month in ((1.0, ""), *SLIPS):
            for unit, no_unit in ((1.0, ""), *UNITS):
                if math.isclose(said, month * month_slip / (compute * unit + of_request), rel_tol=1e-6):
                    return next(filter(None, (no_unit, no_month, no_request)), "")
    return ""
