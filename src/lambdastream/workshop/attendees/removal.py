"""Removes the stacks of a workshop with their logs and packages, and looks whether anything is left."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from lambdastream.workshop.attendees.account import Account
from lambdastream.workshop.attendees.packages import packages_left, remove_packages
from lambdastream.workshop.attendees.side_by_side import AT_ONCE, Job, OnPhase, side_by_side
from lambdastream.workshop.attendees.stacks import Resources, Stack, failure_reason, resources, workshop_stacks
from lambdastream.workshop.attendees.table import counted

GONE: Final = ("ResourceNotFoundException", "404")
STUBBORN: Final = 2


@dataclass(frozen=True, slots=True)
class Left:
    """Something that could not be removed, and why. ``kind`` is ``stack``, ``function``, ``log group`` or ``package``."""

    kind: str
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.reason}"


@dataclass(frozen=True, slots=True)
class RemovedStack:
    """A stack that was to go, what it had, and why it did not go, if so."""

    stack: Stack
    had: Resources
    seconds: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Removal:
    """What a tear-down did: the stacks that went, how many objects of packages, and what is left.

    ``for_some`` is set when other attendees' stacks were to stay, and the packages with them.
    """

    workshop: str
    removed: tuple[str, ...]
    packages: int
    left: tuple[Left, ...]
    for_some: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left."""
        return not self.left

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        left = [{"kind": each.kind, "name": each.name, "reason": each.reason} for each in self.left]
        return {"workshop": self.workshop, "removed": list(self.removed), "packages": self.packages, "left": left}

    def __str__(self) -> str:
        packages = "" if self.for_some else f", {counted(self.packages, 'package')}"
        what = f"Removed: {counted(len(self.removed), 'stack')} of {self.workshop}{packages}"
        if self.is_complete and self.for_some:
            return f"{what}. Looked for what it had, functions and log groups: nothing of that is left."
        if self.is_complete:
            return f"{what}. Looked for stacks, functions, log groups and packages: nothing is left."
        told = "\n".join(f"  {each}" for each in self.left)
        return f"{what}. This is left:\n{told}\nMend that, then tear down again: it removes what is left."

    __repr__ = __str__


@dataclass
class TearDown:
    """The removal of one workshop, on its way. What lacks the workshop's tag is not touched."""

    account: Account
    workshop: str
    _stacks: dict[str, Stack] = field(default_factory=dict)

    def run(
        self,
        *,
        on_phase: OnPhase,
        on_end: Callable[[RemovedStack], None],
        at_once: int = AT_ONCE,
        only: Sequence[str] = (),
    ) -> Removal:
        """Remove all stacks of the workshop, or ``only`` those of some attendees, whose packages then stay."""
        self._look()
        chosen = {each.attendee: each for each in self._stacks.values() if not only or each.attendee in only}
        jobs = {attendee: self._job(stack) for attendee, stack in chosen.items()}
        ended = []
        for _, removed in side_by_side(
            jobs, look=self._look, on_phase=on_phase, at_once=at_once, pause=self.account.poll
        ):
            ended.append(removed)
            on_end(removed)
        count = 0 if only else remove_packages(self.account, self.workshop)
        left = [*self._left(ended), *([] if only else self._packages_left())]
        gone = tuple(each.stack.name for each in ended if not each.reason)
        return Removal(self.workshop, gone, count, tuple(left), for_some=bool(only))

    def _look(self) -> None:
        self._stacks = {each.name: each for each in workshop_stacks(self.account.cloudformation, self.workshop)}

    def _job(self, stack: Stack) -> Job[RemovedStack]:
        began, had = time.monotonic(), Resources()
        try:
            had = resources(self.account.cloudformation, stack.name)
            reason = yield from self._remove(stack)
            if not reason:
                self._remove_logs(had)
        except (ClientError, BotoCoreError) as error:
            reason = str(error)
        return RemovedStack(stack, had, time.monotonic() - began, reason)

    def _remove(self, stack: Stack) -> Job[str]:
        """Delete a stack; why it stays, or nothing."""
        self.account.cloudformation.delete_stack(StackName=stack.name)
        yield "removing"
        failed = 0
        while now := self._stacks.get(stack.name):
            failed = 0 if now.is_under_way else failed + 1
            if failed >= STUBBORN:
                # Not once: right after the call it may still tell of the last time.
                return failure_reason(self.account.cloudformation, stack.name) or f"{now.status} {now.reason}".strip()
            yield "removing"
        return ""

    def _remove_logs(self, had: Resources) -> None:
        """Delete log groups that the stack has left behind, or that Lambda made for its functions."""
        for group in had.log_groups:
            if _has_log_group(self.account, group):
                self.account.logs.delete_log_group(logGroupName=group)

    def _left(self, ended: Sequence[RemovedStack]) -> list[Left]:
        self._look()
        reasons = {each.stack.name: each.reason for each in ended}
        left = [Left("stack", name, reasons[name] or "it is there still") for name in self._stacks if name in reasons]
        for each in ended:
            # Those of a stack that is there still are its own affair.
            if each.stack.name not in self._stacks:
                left += [*_functions_left(self.account, each), *_logs_left(self.account, each)]
        return left

    def _packages_left(self) -> list[Left]:
        return [Left("package", name, "it is there still") for name in packages_left(self.account, self.workshop)]


def _functions_left(account: Account, removed: RemovedStack) -> list[Left]:
    return [
        Left("function", name, removed.reason or "its stack is gone, it is not")
        for name in removed.had.functions
        if _has_function(account, name)
    ]


def _logs_left(account: Account, removed: RemovedStack) -> list[Left]:
    return [
        Left("log group", name, removed.reason or "its stack is gone, it is not")
        for name in removed.had.log_groups
        if _has_log_group(account, name)
    ]


def _has_function(account: Account, name: str) -> bool:
    try:
        account.functions.get_function_configuration(FunctionName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return False
        raise
    return True


def _has_log_group(account: Account, name: str) -> bool:
    found = account.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return any(each["logGroupName"] == name for each in found)
