"""What the functions of a workshop have used so far, from the REPORT lines in their logs; and what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, get_args

from botocore.exceptions import ClientError

from lambdastream.workshop.attendees.account import Account
from lambdastream.workshop.attendees.stacks import Stack, resources
from lambdastream.workshop.attendees.table import Table, table
from lambdastream.workshop.costs import MILLION, Architecture, Ceiling, Cost, Prices
from lambdastream.workshop.reports import read_reports

PATTERN: Final = '"REPORT RequestId"'
SECONDS_PER_HOUR: Final = 3600
CENT: Final = 0.01
UNKNOWN: Final = (
    "Not in it, since no log tells of them: bytes that left AWS ({egress} a GB), requests to the HTTP APIs ({api} a "
    "million), storage of logs and packages, the free tier, what AWS gives back."
)
BUDGET: Final = (
    "An AWS Budget warns by mail when the account's real bill nears an amount (it is some hours late, and not simulated "
    "locally): aws budgets create-budget, or the console under Billing."
)


@dataclass(frozen=True, slots=True)
class FunctionUsage:
    """What one function has used: requests, and GB-seconds that are billed."""

    attendee: str
    function: str
    architecture: Architecture
    memory_mb: int
    concurrency: int | None
    requests: int = 0
    gb_seconds: float = 0.0

    def cost(self, prices: Prices) -> Cost:
        """Give what that costs."""
        return Cost(
            compute=self.gb_seconds * prices.gb_second(self.architecture),
            requests=self.requests * prices.million_requests / MILLION,
        )


@dataclass(frozen=True, slots=True)
class Costs:
    """What a workshop has cost so far, and what it can cost at most until it expires."""

    workshop: str
    functions: tuple[FunctionUsage, ...]
    hours: float
    prices: Prices = field(default_factory=Prices)

    @property
    def so_far(self) -> Cost:
        """The sum over all functions."""
        return sum((each.cost(self.prices) for each in self.functions), Cost())

    @property
    def ceiling(self) -> Cost | None:
        """The most that it can cost from its first deployment until it expires; ``None`` when a function has no cap."""
        total = Cost()
        for each in self.functions:
            if each.concurrency is None:
                return None
            total += Ceiling(1, self.hours, 1, each.concurrency, each.memory_mb, each.architecture, 0).cost(self.prices)
        return total

    def table(self) -> Table:
        """A row for each attendee."""
        rows = []
        for attendee in dict.fromkeys(each.attendee for each in self.functions):
            used = [each for each in self.functions if each.attendee == attendee]
            cost = sum((each.cost(self.prices).total for each in used), 0.0)
            requests, seconds = sum(each.requests for each in used), sum(each.gb_seconds for each in used)
            rows.append((attendee, f"{requests:,}", f"{seconds:,.3f}", dollars(cost)))
        return table(("attendee", "requests", "GB-seconds", "cost"), rows, foot=self.summary())

    def summary(self) -> str:
        """It in some sentences."""
        if not self.functions:
            return f"There are no functions of the workshop {self.workshop} here."
        ceiling = self.ceiling
        most = (
            f"At most {dollars(ceiling.total)} in its {self.hours:g} h, if every function were busy all the time."
            if ceiling is not None
            else "There is no ceiling: a function has no reserved concurrency. Deploy again, with --update."
        )
        return "\n".join(
            [f"So far {dollars(self.so_far.total)}. {most}", f"{self.prices}.", unknown(self.prices), BUDGET]
        )

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        ceiling = self.ceiling
        return {
            "workshop": self.workshop,
            "so_far": self.so_far.total,
            "ceiling": ceiling and ceiling.total,
            "hours": self.hours,
            "prices": {name: getattr(self.prices, name) for name in Prices.__slots__},
            "functions": [
                {
                    "attendee": each.attendee,
                    "function": each.function,
                    "requests": each.requests,
                    "gb_seconds": each.gb_seconds,
                    "cost": each.cost(self.prices).total,
                }
                for each in self.functions
            ],
            "unknown": unknown(self.prices),
        }

    def __str__(self) -> str:
        return str(self.table())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def costs(account: Account, workshop: str, stacks: Sequence[Stack], prices: Prices) -> Costs:
    """Read the logs of a workshop's functions. Raises what boto3 raises."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        used = pool.map(lambda stack: list(stack_usage(account, stack)), stacks)
        return Costs(workshop, tuple(each for usage in used for each in usage), hours(stacks), prices)


def stack_usage(account: Account, stack: Stack) -> Iterator[FunctionUsage]:
    """Yield what each function of a stack has used."""
    for name in resources(account.cloudformation, stack.name).functions:
        told = account.functions.get_function_configuration(FunctionName=name)
        reserved = account.functions.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
        group = told.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{name}"
        reports = list(read_reports(_lines(account.logs, group)))
        yield FunctionUsage(
            stack.attendee,
            name,
            next(each for each in get_args(Architecture) if each in told.get("Architectures", ["x86_64"])),
            told["MemorySize"],
            reserved,
            len(reports),
            sum(report.gb_seconds for report in reports),
        )


def hours(stacks: Sequence[Stack]) -> float:
    """Give the hours from the first stack's creation to the last one's end, or until now when that is later or unknown."""
    now = datetime.now(UTC)
    began = min((each.created for each in stacks if each.created), default=now)
    ends = max((each.tags.expires for each in stacks if each.tags.expires), default=now)
    return round((max(ends, now) - began).total_seconds() / SECONDS_PER_HOUR, 1)


def dollars(amount: float) -> str:
    """Give an amount in words, with more digits when it is less than a cent."""
    return f"${amount:.6f}" if 0 < amount < CENT else f"${amount:,.2f}"


def unknown(prices: Prices) -> str:
    """Say what no log tells of."""
    return UNKNOWN.format(egress=dollars(prices.egress_gb), api=dollars(prices.million_http_api_requests))


def _lines(logs: Any, group: str) -> Iterator[str]:
    try:
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, filterPattern=PATTERN):
            yield from (event["message"] for event in page["events"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
