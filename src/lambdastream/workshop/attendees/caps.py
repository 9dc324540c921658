"""What keeps a workshop cheap when something goes wrong: functions answer few requests at a time, logs go after days.

Both are parameters of a template that declares them, and looked at again when a stack is deployed: where a template has
none, as in the middle of the course, the same caps are set by calls of the API.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from lambdastream.errors import UsageError
from lambdastream.workshop.attendees.account import Account
from lambdastream.workshop.attendees.stacks import resources
from lambdastream.workshop.samconfig import machine_parameters

RETENTIONS: Final = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365)
"""Days after which CloudWatch Logs can forget, up to a year (API reference, PutRetentionPolicy)."""
CONCURRENCY: Final = "OpenConcurrency"
SIGNED: Final = {"AuthType": "AWS_IAM", "OpenToEveryone": "no"}
RETENTION: Final = ("LogRetentionInDays", "RetentionInDays", "LogRetention")
"""What a template may call its parameter for it."""
EVERY: Final = ("PythonRuntime", "Architecture", "AuthType", "OpenToEveryone", CONCURRENCY)
MOST_CONCURRENCY: Final = 100
LONGEST: Final = 24 * 30


@dataclass(frozen=True, slots=True)
class Settings:
    """How the stacks of a workshop are deployed.

    ``hours`` is how long they are wanted: their tag says when they may go. ``concurrency`` is how many requests each
    function answers at a time; ``retention_days`` is how long logs are kept. With ``open_urls`` not set, who calls a URL
    has to sign.
    """

    hours: float = 12
    concurrency: int = 5
    retention_days: int = 3
    open_urls: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.hours <= LONGEST:
            raise UsageError(f"A workshop of {self.hours:g} hours cannot be.", next_step=f"Give up to {LONGEST} hours.")
        if not 1 <= self.concurrency <= MOST_CONCURRENCY:
            raise UsageError(
                f"A concurrency of {self.concurrency} cannot be.",
                next_step=f"Give a number from 1 to {MOST_CONCURRENCY}.",
            )
        if self.retention_days not in RETENTIONS:
            raise UsageError(
                f"CloudWatch Logs cannot keep logs for {self.retention_days} days.",
                next_step=f"Take one of: {', '.join(map(str, RETENTIONS))}.",
            )

    def expires(self) -> datetime:
        """When stacks that are deployed now may go."""
        return datetime.now(UTC) + timedelta(hours=self.hours)

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Self:
        """The settings with which a stack was deployed, by its parameters. Its template may lack some."""
        own = cls()
        retention = next((parameters[name] for name in RETENTION if name in parameters), own.retention_days)
        return cls(
            concurrency=int(parameters.get(CONCURRENCY, own.concurrency)),
            retention_days=int(retention),
            open_urls=parameters.get("AuthType", "NONE") == "NONE",
        )

    def parameters(self, declared: Collection[str] = EVERY) -> dict[str, str]:
        """The template's parameters, of those that it declares."""
        wanted = machine_parameters() | ({} if self.open_urls else SIGNED)
        wanted |= {CONCURRENCY: str(self.concurrency)} | dict.fromkeys(RETENTION, str(self.retention_days))
        return {name: value for name, value in wanted.items() if name in declared}


def enforce(account: Account, stack: str, settings: Settings) -> None:
    """See that a stack keeps the caps, and make it keep them. Raises what boto3 raises."""
    for function in resources(account.cloudformation, stack).functions:
        _cap_concurrency(account.functions, function, settings.concurrency)
        told = account.functions.get_function_configuration(FunctionName=function)
        group = told.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{function}"
        _cap_retention(account.logs, group, settings.retention_days)


def _cap_concurrency(client: Any, function: str, cap: int) -> None:
    reserved = client.get_function_concurrency(FunctionName=function).get("ReservedConcurrentExecutions")
    if reserved is None or reserved > cap:
        client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=cap)


def _cap_retention(client: Any, group: str, days: int) -> None:
    found = [
        each
        for each in client.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        if each["logGroupName"] == group
    ]
    if not found:
        # Lambda would make it with the first line, and keep it for ever.
        client.create_log_group(logGroupName=group)
    if not found or not 0 < found[0].get("retentionInDays", 0) <= days:
        client.put_retention_policy(logGroupName=group, retentionInDays=days)
