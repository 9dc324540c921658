"""Deploys attendees' stacks side by side: a change set each, made and executed, as ``sam deploy`` does it.

It can be run again at any time: what is fine is left alone, what is missing or failed is deployed.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError

from lambdastream.workshop.attendees.account import Account
from lambdastream.workshop.attendees.caps import Settings, enforce
from lambdastream.workshop.attendees.names import stack_name
from lambdastream.workshop.attendees.packaging import Package
from lambdastream.workshop.attendees.side_by_side import AT_ONCE, Job, OnPhase, side_by_side
from lambdastream.workshop.attendees.stacks import CHANGEABLE, EMPTY, STUCK, Stack, all_stacks, failure_reason
from lambdastream.workshop.attendees.tags import StackTags

NO_CHANGES: Final = ("didn't contain changes", "No updates are to be performed")
MOMENTS: Final = 5
CAPABILITIES: Final = ("CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")
AGAIN: Final = "Then run the same command again: it leaves alone what is fine."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attendee's stack. ``was there`` means that nothing had to be done."""

    attendee: str
    stack: str
    result: Literal["deployed", "was there", "failed"]
    seconds: float = 0.0
    reason: str = ""
    next_step: str = ""

    @property
    def is_fine(self) -> bool:
        """Whether the stack is as it should be."""
        return self.result != "failed"


class _FailureError(Exception):
    """A stack that cannot be brought about, and why."""

    def __init__(self, reason: str, next_step: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.next_step = next_step or what_next(reason)


@dataclass
class Deployment:
    """The stacks of one workshop, on their way. ``update`` also deploys anew those that are fine."""

    account: Account
    workshop: str
    package: Package
    settings: Settings
    expires: datetime
    update: bool = False
    _stacks: dict[str, Stack | None] = field(default_factory=dict)

    def run(
        self,
        attendees: Sequence[str],
        *,
        on_phase: OnPhase = lambda *_: None,
        on_end: Callable[[Outcome], None] = lambda _: None,
        at_once: int = AT_ONCE,
    ) -> list[Outcome]:
        """Deploy a stack for each attendee; returns what became of each, in their order.

        One that fails does not stop the others. ``on_end`` is called with each outcome as it comes.
        """
        jobs = {attendee: self._job(attendee) for attendee in attendees}
        ended = {}
        for attendee, outcome in side_by_side(
            jobs, look=self._look, on_phase=on_phase, at_once=at_once, pause=self.account.poll
        ):
            ended[attendee] = outcome
            on_end(outcome)
        return [ended[attendee] for attendee in attendees]

    def _look(self) -> None:
        self._stacks = all_stacks(self.account.cloudformation)

    def _job(self, attendee: str) -> Job[Outcome]:
        name, began = stack_name(self.workshop, attendee), time.monotonic()
        try:
            is_new = yield from self._bring_about(name, StackTags(self.workshop, attendee, self.expires))
            enforce(self.account, name, self.settings)
        except _FailureError as failure:
            return Outcome(attendee, name, "failed", time.monotonic() - began, failure.reason, failure.next_step)
        except (ClientError, BotoCoreError) as error:
            reason = str(error)
            return Outcome(attendee, name, "failed", time.monotonic() - began, reason, what_next(reason))
        return Outcome(attendee, name, "deployed" if is_new else "was there", time.monotonic() - began)

    def _bring_about(self, name: str, tags: StackTags) -> Job[bool]:
        """Bring a stack about; whether something had to be done."""
        stack = yield from self._settled(name, tags)
        if stack and stack.is_fine and not self.update:
            return False
        if stack and stack.status in STUCK:
            raise _FailureError(
                f"The stack is in {stack.status}: {stack.reason}".rstrip(": "),
                f"Remove it: aws cloudformation delete-stack --stack-name {name}. {AGAIN}",
            )
        if stack and stack.status not in (*CHANGEABLE, EMPTY):
            # A first deployment that failed: nothing can be done with it but to remove it.
            yield from self._removed(name)
            stack = None
        kind = "UPDATE" if stack and stack.status != EMPTY else "CREATE"
        change_set = self._plan(name, kind, tags)
        if not (yield from self._planned(name, change_set)):
            return False
        self.account.cloudformation.execute_change_set(ChangeSetName=change_set, StackName=name)
        yield from self._begun(name, stack)
        stack = yield from self._settled(name, tags)
        if stack is None or not stack.is_fine:
            raise _FailureError(failure_reason(self.account.cloudformation, name) or f"{stack and stack.status}")
        return True

    def _begun(self, name: str, before: Stack | None) -> Job[None]:
        """Wait until the stack tells of its change, which takes a moment; a change may be over by then."""
        for _ in range(MOMENTS):
            yield "deploying"
            now = self._stacks.get(name)
            if now and now.status != EMPTY and now != before:
                return

    def _settled(self, name: str, tags: StackTags) -> Job[Stack | None]:
        """Wait until CloudFormation does nothing with the stack; it, or ``None``. It must be the workshop's."""
        while name in self._stacks:
            stack = self._stacks[name]
            if stack is None or (stack.tags.workshop, stack.attendee) != (tags.workshop, tags.attendee):
                raise _FailureError(
                    "There is a stack of this name that is not this attendee's: it is not touched.",
                    "Take another --prefix, or another name for the attendee.",
                )
            if not stack.is_under_way:
                return stack
            yield "deploying" if "DELETE" not in stack.status else "removing"
        return None

    def _removed(self, name: str) -> Job[None]:
        self.account.cloudformation.delete_stack(StackName=name)
        yield "removing"
        while name in self._stacks:
            stack = self._stacks[name]
            if stack and stack.status == "DELETE_FAILED":
                raise _FailureError(failure_reason(self.account.cloudformation, name))
            yield "removing"

    def _plan(self, name: str, kind: str, tags: StackTags) -> str:
        parameters = self.settings.parameters(self.package.parameters)
        answer: dict[str, Any] = self.account.cloudformation.create_change_set(
            StackName=name,
            ChangeSetName=f"workshop-{uuid.uuid4().hex}",
            ChangeSetType=kind,
            Capabilities=list(CAPABILITIES),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Tags=tags.to_aws(),
            **self.package.argument(),
        )
        return str(answer["Id"])

    def _planned(self, name: str, change_set: str) -> Job[bool]:
        """Wait for a change set; whether it has changes."""
        client = self.account.cloudformation
        while True:
            told = client.describe_change_set(ChangeSetName=change_set, StackName=name)
            if told["Status"] == "CREATE_COMPLETE":
                return True
            if told["Status"] == "FAILED":
                reason = told.get("StatusReason", "")
                client.delete_change_set(ChangeSetName=change_set, StackName=name)
                if any(words in reason for words in NO_CHANGES):
                    return False
                raise _FailureError(reason)
            yield "planning"


def what_next(reason: str) -> str:
    """Say what to do about a failure, by CloudFormation's words for it."""
    said = reason.lower()
    if "already exists" in said:
        return f"Something of another stack, or of nobody, has that name: remove it, or take another --prefix. {AGAIN}"
    if "concurren" in said:
        return (
            f"The account has too little concurrency left: give a smaller --concurrency, or ask AWS for more. {AGAIN}"
        )
    if "rate exceeded" in said or "throttl" in said or "toomanyrequests" in said:
        return f"AWS asks to slow down: give a smaller --at-once. {AGAIN}"
    if "denied" in said or "not authorized" in said:
        return f"The profile may not do that: ask who runs the account. {AGAIN}"
    if "expired" in said:
        return f"Log in again. {AGAIN}"
    return f"See the stack's events, and mend that. {AGAIN}"
