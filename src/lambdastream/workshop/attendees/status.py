"""How the stacks of a workshop are: deployed, answering, streaming."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urljoin

import httpx

from lambdastream.client import record, shape
from lambdastream.client.signing import SignedByProfile
from lambdastream.errors import LambdastreamError, UsageError
from lambdastream.workshop.attendees.names import safe_name
from lambdastream.workshop.attendees.stacks import Stack
from lambdastream.workshop.attendees.table import Table, counted, table
from lambdastream.workshop.demo import RACE_PATH

STREAMING_URL: Final = "ChatLwaUrl"
URL: Final = "Url"
CLIENT_ERROR: Final = 400
PATIENCE: Final = 60.0
TITLES: Final = ("attendee", "stack", "state", "answers", "streams", "updated (UTC)", "URL", "what to know")


@dataclass(frozen=True, slots=True)
class Probe:
    """What an attendee's streaming function was seen to do. ``None`` stands for: it was not asked, or cannot be told."""

    answers: bool | None = None
    streams: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class AttendeeStatus:
    """An attendee's stack, and what was seen of it. It is ``asked`` while a probe is on its way."""

    stack: Stack
    probe: Probe | None = None
    asked: bool = False

    @property
    def attendee(self) -> str:
        """Whose it is."""
        return self.stack.attendee

    @property
    def url(self) -> str:
        """The address that streams; empty before there is one."""
        return streaming_url(self.stack.outputs)

    @property
    def is_fine(self) -> bool:
        """Whether it is deployed, and nothing that was seen of it is wrong."""
        seen = self.probe or Probe()
        return self.stack.is_fine and seen.answers is not False and seen.streams is not False

    @property
    def has_expired(self) -> bool:
        """Whether it may go by now."""
        return self.stack.tags.expires is not None and self.stack.tags.expires < datetime.now(UTC)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        stack, probe = self.stack, self.probe or Probe()
        return {
            "attendee": stack.attendee,
            "stack": stack.name,
            "state": stack.status,
            "url": self.url,
            "outputs": dict(stack.outputs),
            "answers": probe.answers,
            "streams": probe.streams,
            "note": self.note,
            "updated": stack.updated and stack.updated.astimezone(UTC).isoformat(timespec="seconds"),
            "expires": stack.tags.expires and stack.tags.expires.isoformat(timespec="minutes"),
        }

    @property
    def note(self) -> str:
        """What else is to be known: why it failed, what a probe saw, that it has expired."""
        said = [self.probe.note if self.probe else "", "" if self.stack.is_fine else self.stack.reason]
        if self.stack.is_fine and not self.url:
            said.append("nothing that streams is deployed yet")
        return "; ".join(filter(None, [*said, "it has expired" if self.has_expired else ""]))

    def row(self) -> tuple[str, ...]:
        """The words of its row in the table."""
        stack, probe = self.stack, self.probe
        updated = stack.updated.astimezone(UTC).strftime("%H:%M:%S") if stack.updated else ""
        found = probe or Probe()
        seen = ("…", "…") if self.asked else (_word(found.answers), _word(found.streams))
        return (stack.attendee, stack.name, stack.status, *seen, updated, self.url, self.note)


@dataclass(frozen=True, slots=True)
class Status:
    """How all attendees of a workshop are."""

    workshop: str
    attendees: tuple[AttendeeStatus, ...]

    @property
    def is_fine(self) -> bool:
        """Whether everybody is."""
        return all(each.is_fine for each in self.attendees)

    def __getitem__(self, attendee: str) -> AttendeeStatus:
        """Give one attendee's, by the name on the list or in the stack's name. Raises ``UsageError`` for nobody's."""
        name = safe_name(attendee)
        for each in self.attendees:
            if each.attendee == name:
                return each
        there = ", ".join(each.attendee for each in self.attendees) or "nobody"
        raise UsageError(f"The workshop {self.workshop} has no stack of {name}.", next_step=f"There are: {there}.")

    def table(self) -> Table:
        """The table that is shown."""
        tones = {number: "good" if each.is_fine else "bad" for number, each in enumerate(self.attendees)}
        return table(TITLES, [each.row() for each in self.attendees], tones, self.summary())

    def summary(self) -> str:
        """It in one sentence."""
        if not self.attendees:
            return f"There are no stacks of the workshop {self.workshop} here."
        streaming = sum(each.probe is not None and each.probe.streams is True for each in self.attendees)
        deployed = sum(each.stack.is_fine for each in self.attendees)
        return f"{counted(len(self.attendees), 'attendee')}: {deployed} deployed, {streaming} seen to stream."

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {"workshop": self.workshop, "attendees": [each.to_json() for each in self.attendees]}

    def __str__(self) -> str:
        return str(self.table())

    def __repr__(self) -> str:
        # Short: a cell that ends with it has shown the table already.
        return f"<Status {self.summary()}>"


def streaming_url(outputs: Mapping[str, str]) -> str:
    """The URL that should stream among a stack's outputs; without it, none."""
    return outputs.get(STREAMING_URL, "")


def watch_probes(stacks: Sequence[Stack], *, at_once: int, on_probe: Callable[[Stack, Probe], None]) -> None:
    """Ask every stack's URL for a stream, at most ``at_once`` at a time, and tell of each as it ends."""
    signed = SignedByProfile()
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        asked = {pool.submit(probe, stack, signed): stack for stack in stacks}
        for done in as_completed(asked):
            on_probe(asked[done], done.result())


def probe(stack: Stack, signed: httpx.Auth | None = None) -> Probe:
    """See whether a stack's URL answers, and then whether it streams: the first byte comes well before the last.

    The first request is not measured: it may find the function cold. A URL that asks for a signature gets one.
    """
    url = streaming_url(stack.outputs)
    if not url:
        return Probe()
    try:
        options: dict[str, Any] = {"timeout": PATIENCE}
        first = record("GET", url, **options)
        if first.status == httpx.codes.FORBIDDEN and signed:
            options["auth"] = signed
            first = record("GET", url, **options)
        if first.status is None or first.status >= CLIENT_ERROR or not first.complete:
            return Probe(answers=False, note=_failure(first.status, first.error))
        answer = record("POST", urljoin(url, RACE_PATH), **options)
    except LambdastreamError as error:
        return Probe(answers=False, note=error.problem)
    if answer.status != httpx.codes.OK:
        return Probe(answers=True, streams=False, note=_failure(answer.status, answer.error))
    seen = shape(answer)
    said = {"streamed": "", "at once": "it all came at once", "broken": f"it broke off: {answer.error}"}
    told = None if seen == "too short to tell" else seen == "streamed"
    return Probe(answers=True, streams=told, note=said.get(seen, seen))


def _failure(status: int | None, error: str | None) -> str:
    return f"it answers {status}" if status and not error else f"it does not answer: {error}"


def _word(seen: bool | None) -> str:
    return {True: "yes", False: "NO", None: ""}[seen]
