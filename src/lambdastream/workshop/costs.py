"""What Lambda costs: arithmetic on prices that can be edited, and nothing else. All money is in US dollars.

Lambda bills each request, and the memory of a function for as long as an invocation takes, in GB-seconds (AWS Lambda
pricing; 1 GB is 1024 MB). The free tier is left out: who has used it up elsewhere pays from the first request.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from lambdastream.errors import UsageError

Architecture = Literal["x86_64", "arm64"]
Door = Literal["function URL", "HTTP API", "REST API"]

MILLION: Final = 1_000_000
GB: Final = 1024**3
MB_PER_GB: Final = 1024
HOURS_PER_MONTH: Final = 730
REQUESTS_PER_CONCURRENCY: Final = 10
"""Requests a second that Lambda answers at most for each unit of reserved concurrency (AWS Lambda guide, function URLs)."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of one region on one date, and who says so. Take others with ``dataclasses.replace(Prices(), ...)``.

    ``streamed_gb``, for bytes of a streamed answer after its first 6 MB, could not be verified and is ``None``: it is left
    out, and named among the unknown. Old texts say 0.008. ``egress_gb`` is for bytes from AWS to the internet.
    """

    gb_second_x86: float = 0.0000166667
    gb_second_arm: float = 0.0000133334
    million_requests: float = 0.20
    million_http_api_requests: float = 1.00
    million_rest_api_requests: float = 3.50
    egress_gb: float = 0.09
    streamed_gb: float | None = None
    region: str = "us-east-1"
    date: str = "November 2026"
    source: str = "third-party pages of 2024 to 2026; look them up: aws.amazon.com/lambda/pricing"

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, (int, float)) and not value >= 0:
                raise UsageError(f"The price {name} is {value}.", next_step="Give dollars, 0 or more.")

    def gb_second(self, architecture: Architecture) -> float:
        """Give the price of a GB-second. Raises ``UsageError`` for a processor that Lambda does not have."""
        by_architecture = {"x86_64": self.gb_second_x86, "arm64": self.gb_second_arm}
        if architecture not in by_architecture:
            raise UsageError(f"There is no architecture {architecture}.", next_step="Take x86_64 or arm64.")
        return by_architecture[architecture]

    def door(self, door: Door) -> float:
        """Give what one request costs at the way in, besides Lambda's own price. A function URL costs nothing."""
        millions = {
            "function URL": 0.0,
            "HTTP API": self.million_http_api_requests,
            "REST API": self.million_rest_api_requests,
        }
        if door not in millions:
            raise UsageError(f"There is no way in called {door}.", next_step=f"Take one of: {', '.join(millions)}.")
        return millions[door] / MILLION

    def __str__(self) -> str:
        return f"Prices of {self.region}, {self.date}, from {self.source}"


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost by what it is for, in dollars."""

    compute: float = 0.0
    requests: float = 0.0
    door: float = 0.0
    egress: float = 0.0
    streamed: float = 0.0

    @property
    def total(self) -> float:
        """The sum."""
        return self.compute + self.requests + self.door + self.egress + self.streamed

    def __add__(self, other: Cost) -> Cost:
        return Cost(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    def __mul__(self, times: float) -> Cost:
        return Cost(*(getattr(self, name) * times for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Invocation:
    """What one request takes of a function.

    ``billed_ms`` is the ``Billed Duration`` of its REPORT line. It lasts as long as the answer, streamed or not: a function
    that streams to a slow client is billed while the client reads. ``answer_bytes`` leave AWS.
    """

    billed_ms: float
    memory_mb: int
    architecture: Architecture = "x86_64"
    door: Door = "function URL"
    answer_bytes: int = 0
    streams: bool = False

    def cost(self, prices: Prices | None = None) -> Cost:
        """Give what one such request costs."""
        prices = prices or Prices()
        streamed = max(0, self.answer_bytes - FREE_STREAMED_BYTES) if self.streams else 0
        return Cost(
            compute=gb_seconds(self.billed_ms, self.memory_mb) * prices.gb_second(self.architecture),
            requests=prices.million_requests / MILLION,
            door=prices.door(self.door),
            egress=self.answer_bytes / GB * prices.egress_gb,
            streamed=streamed / GB * (prices.streamed_gb or 0.0),
        )


FREE_STREAMED_BYTES: Final = 6 * 1024**2


def gb_seconds(billed_ms: float, memory_mb: float) -> float:
    """Give the GB-seconds of a billed duration: 1,000 ms with 1,024 MB are one."""
    return billed_ms / 1000 * memory_mb / MB_PER_GB


@dataclass(frozen=True, slots=True)
class CeilingTold:
    """A ceiling with its price, for a reader."""

    ceiling: Ceiling
    prices: Prices

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "ceiling": self.ceiling.cost(self.prices).total,
            "of": asdict(self.ceiling),
            "prices": asdict(self.prices),
        }

    def __str__(self) -> str:
        cost = self.ceiling.cost(self.prices)
        return (
            f"At most ${cost.total:,.2f}: {self.ceiling}, busy all the time.\n"
            f"  compute ${cost.compute:,.2f}, requests ${cost.requests:,.2f}, HTTP APIs ${cost.door:,.2f}\n"
            f"{self.prices}. Without bytes that leave AWS: nobody knows them in advance."
        )

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that functions can cost which are busy without a pause: every environment that the cap allows, all the time.

    ``functions`` counts those of one attendee, ``concurrency`` is each one's reserved concurrency, ``api_rate`` the
    requests a second that each attendee's HTTP API lets through.
    """

    attendees: int
    hours: float
    functions: int = 2
    concurrency: int = 5
    memory_mb: int = 256
    architecture: Architecture = "x86_64"
    api_rate: float = 5.0

    def __post_init__(self) -> None:
        for name in ("attendees", "hours", "functions", "concurrency", "memory_mb"):
            if not 0 < getattr(self, name) < float("inf"):
                problem = f"A ceiling for {getattr(self, name)} {name.replace('_', ' ')} says nothing."
                raise UsageError(problem, next_step="Give a number above 0.")

    def cost(self, prices: Prices | None = None) -> Cost:
        """Give it, without egress: how many bytes leave is not known before."""
        prices = prices or Prices()
        seconds = self.hours * 3600
        busy = self.attendees * self.functions * self.concurrency
        return Cost(
            compute=busy * seconds * self.memory_mb / MB_PER_GB * prices.gb_second(self.architecture),
            requests=busy * REQUESTS_PER_CONCURRENCY * seconds * prices.million_requests / MILLION,
            door=self.attendees * self.api_rate * seconds * prices.door("HTTP API"),
        )

    def told(self, prices: Prices | None = None) -> CeilingTold:
        """Give it with its price, for a reader."""
        return CeilingTold(self, prices or Prices())

    def __str__(self) -> str:
        return (
            f"{self.attendees} attendees x {self.functions} functions x {self.concurrency} at a time x "
            f"{self.memory_mb} MB x {self.hours:g} h, on {self.architecture}"
        )


def month_on_lambda(requests: float, each: Invocation, prices: Prices | None = None) -> Cost:
    """Give what so many requests a month cost. Without requests it is nothing."""
    return each.cost(prices) * requests


def month_on_servers(per_hour: float, count: int = 1) -> float:
    """Give what servers cost a month that run all the time, at a price an hour that the caller knows."""
    return per_hour * HOURS_PER_MONTH * count


def crossing(server_month: float, each: Invocation, prices: Prices | None = None) -> float:
    """Give the requests a month at which Lambda costs as much as the servers: below it is cheaper, above dearer.

    Egress is the same on both sides, and left out. Infinite when a request costs nothing.
    """
    cost = each.cost(prices)
    of_lambda = cost.total - cost.egress
    return server_month / of_lambda if of_lambda else float("inf")


def busy_environments(requests_a_second: float, seconds: float) -> float:
    """Give how many environments are busy on average: one answers one request at a time (Little's law)."""
    return requests_a_second * seconds
