"""What Lambda costs. Every expected figure here is worked out by hand, in the comment beside it."""

from dataclasses import replace

import pytest

from lambdastream.errors import UsageError
from lambdastream.workshop.costs import (
    Ceiling,
    Cost,
    Invocation,
    Prices,
    busy_environments,
    crossing,
    gb_seconds,
    month_on_lambda,
    month_on_servers,
)

ROUND = Prices(gb_second_x86=0.00001, gb_second_arm=0.000008, million_requests=0.2)


def test_the_prices_are_those_of_the_facts_and_say_when_and_from_whom():
    prices = Prices()
    assert (prices.gb_second_x86, prices.gb_second_arm) == (0.0000166667, 0.0000133334)
    assert (prices.million_requests, prices.million_http_api_requests, prices.million_rest_api_requests) == (
        0.2,
        1,
        3.5,
    )
    assert prices.egress_gb == 0.09
    assert prices.streamed_gb is None, "it could not be verified"
    assert str(prices).startswith("Prices of us-east-1, November 2026, from third-party pages")


@pytest.mark.parametrize(
    ("billed_ms", "memory_mb", "expected"),
    [
        pytest.param(1000, 1024, 1, id="a GB for a second"),
        pytest.param(2000, 256, 0.5, id="a quarter for two"),
        pytest.param(100, 128, 0.0125, id="an eighth for a tenth"),
        pytest.param(0, 1024, 0, id="nothing"),
    ],
)
def test_gb_seconds(billed_ms, memory_mb, expected):
    assert gb_seconds(billed_ms, memory_mb) == pytest.approx(expected)


def test_a_request_costs_its_time_and_itself():
    cost = Invocation(2000, 256).cost()
    assert cost.compute == pytest.approx(0.00000833335)  # 2 s x 0.25 GB x 0.0000166667
    assert cost.requests == pytest.approx(0.0000002)  # 0.20 / 1,000,000
    assert cost.total == pytest.approx(0.00000853335)


@pytest.mark.parametrize(
    ("changed", "part", "expected"),
    [
        pytest.param({"architecture": "arm64"}, "compute", 0.0000066667, id="arm64 costs a fifth less"),
        pytest.param({"door": "HTTP API"}, "door", 0.000001, id="an HTTP API"),
        pytest.param({"door": "REST API"}, "door", 0.0000035, id="a REST API"),
        pytest.param({"answer_bytes": 1024**3}, "egress", 0.09, id="a GB that leaves"),
        pytest.param(
            {"answer_bytes": 1024**3, "streams": True}, "streamed", 0, id="streamed, whose price is not known"
        ),
    ],
)
def test_what_a_request_takes_besides(changed, part, expected):
    assert getattr(replace(Invocation(2000, 256), **changed).cost(), part) == pytest.approx(expected)


def test_streamed_bytes_cost_after_the_first_six_megabytes_when_a_price_is_given():
    prices = replace(Prices(), streamed_gb=0.008)
    streamed = Invocation(100, 128, answer_bytes=6 * 1024**2 + 1024**3, streams=True)
    assert streamed.cost(prices).streamed == pytest.approx(0.008)
    assert replace(streamed, answer_bytes=6 * 1024**2).cost(prices).streamed == 0
    assert replace(streamed, streams=False).cost(prices).streamed == 0


def test_costs_add_up():
    assert Cost(1, 2, 3, 4, 5).total == 15
    assert Cost(1, 2) + Cost(10, 20, 30) == Cost(11, 22, 30)
    assert Cost(1, 2) * 3 == Cost(3, 6)


def test_the_ceiling_is_every_environment_busy_all_the_time():
    cost = Ceiling(20, 8).cost()
    # 20 attendees x 2 functions x 5 at a time = 200 environments; x 0.25 GB x 28,800 s = 1,440,000 GB-s
    assert cost.compute == pytest.approx(1_440_000 * 0.0000166667)
    assert cost.compute == pytest.approx(24.00, abs=0.005)
    # 200 x 10 requests a second x 28,800 s = 57.6 million
    assert cost.requests == pytest.approx(57.6 * 0.2)
    # 20 APIs x 5 requests a second x 28,800 s = 2.88 million, at $1.00
    assert cost.door == pytest.approx(2.88)
    assert "At most $38.40: 20 attendees x 2 functions x 5 at a time x 256 MB x 8 h" in str(Ceiling(20, 8).told())


def test_a_ceiling_grows_with_each_of_its_numbers():
    small = Ceiling(1, 1, 1, 1, 128, "arm64", 0)
    twice = [{"attendees": 2}, {"hours": 2}, {"functions": 2}, {"concurrency": 2}, {"memory_mb": 256}]
    assert [replace(small, **one).cost().compute for one in twice] == [pytest.approx(2 * small.cost().compute)] * 5
    assert replace(small, architecture="x86_64").cost().compute > small.cost().compute


def test_lambda_and_a_server_cross_where_they_cost_the_same():
    each = Invocation(1000, 1024)  # 0.00001 + 0.0000002 = 0.0000102 a request
    server = month_on_servers(0.0102)
    assert server == pytest.approx(7.446)  # 730 h x 0.0102
    assert crossing(server, each, ROUND) == pytest.approx(730_000)  # 7.446 / 0.0000102
    assert month_on_lambda(730_000, each, ROUND).total == pytest.approx(server)
    assert month_on_lambda(0, each, ROUND).total == 0
    assert month_on_servers(0.0102, count=3) == pytest.approx(22.338)


def test_egress_does_not_move_the_crossing():
    each = Invocation(1000, 1024)
    assert crossing(10, replace(each, answer_bytes=10**9), ROUND) == pytest.approx(crossing(10, each, ROUND))


def test_what_is_free_never_crosses():
    free = Prices(0, 0, 0)
    assert crossing(10, Invocation(1000, 1024), free) == float("inf")


def test_a_stream_holds_its_environment():
    assert busy_environments(requests_a_second=10, seconds=1.5) == 15


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: Prices(egress_gb=-1), id="a price below nothing"),
        pytest.param(lambda: Prices(million_requests=float("nan")), id="a price that is no number"),
        pytest.param(lambda: Invocation(1, 128, architecture="riscv").cost(), id="a processor"),
        pytest.param(lambda: Invocation(1, 128, door="window").cost(), id="a way in"),
    ],
)
def test_what_makes_no_sense_is_refused(make):
    with pytest.raises(UsageError) as refused:
        make()
    assert refused.value.next_step
