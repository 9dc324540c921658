"""The AWS that the current profile points at: clients, and whether a workshop may go there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self

from lambdastream.control import Destination
from lambdastream.errors import UsageError, WorkshopError

ATTEMPTS: Final = 10
AWS_POLL: Final = 2.0
LOCAL_POLL: Final = 0.5


@dataclass(frozen=True, slots=True)
class Account:
    """Clients of boto3 for the services that a workshop needs. ``poll`` is the time between two looks, in seconds."""

    cloudformation: Any
    functions: Any
    logs: Any
    s3: Any
    poll: float = AWS_POLL

    @classmethod
    def current(cls, *, is_local: bool = False) -> Self:
        """The account that the environment's profile points at. A local one is looked at oftener."""
        import boto3  # noqa: PLC0415 - it takes a moment
        from botocore.config import Config  # noqa: PLC0415

        session: Any = boto3.Session()
        # Many stacks at a time: CloudFormation then asks to slow down, and botocore obeys.
        config = Config(retries={"mode": "standard", "max_attempts": ATTEMPTS})
        names = ("cloudformation", "lambda", "logs", "s3")
        cloudformation, functions, logs, s3 = (session.client(name, config=config) for name in names)
        return cls(cloudformation, functions, logs, s3, LOCAL_POLL if is_local else AWS_POLL)


def admit(destination: Destination, what: str, *, yes: bool, ask: Callable[[str], bool] | None = None) -> None:
    """Let something go to a destination, or not. ``what`` is done there, for example ``Deploy 20 stacks``.

    The local AWS needs no consent. AWS does: ``yes``, or an answer to ``ask``. Raises ``WorkshopError`` when it is unclear
    where it would go, or the answer is no, and ``UsageError`` when nobody can be asked.
    """
    if destination.kind == "unclear":
        raise WorkshopError(f"It is unclear where this goes: {destination.why}", next_step=destination.next_step)
    if destination.is_local or yes:
        return
    if ask is None:
        raise UsageError(
            f"{what}\nThis goes to AWS, account {destination.account}, region {destination.region}, and costs money.",
            next_step="If you want that, say so: --yes, or yes=True in a notebook.",
        )
    if not ask(f"{what}\nDo it on AWS, account {destination.account}, region {destination.region}?"):
        raise WorkshopError("Nothing was done.", next_step='For the local AWS: eval "$(lambdastream env)"')
