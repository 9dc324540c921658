"""The extensions of one execution environment, as the Extensions API knows them.

Source: AWS Lambda developer guide, "Using the Lambda Extensions API to create extensions".
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from lambdastream.errors import WireError
from lambdastream.wire.http_message import HttpRequest
from lambdastream.wire.json_codec import decode_json

Event = Literal["INVOKE", "SHUTDOWN"]
EVENTS: Final = get_args(Event)
IDENTIFIER: Final = "lambda-extension-identifier"

Reply = Callable[[bytes, str], None]
"""Answers an extension's waiting ``event/next`` with a payload, for the extension of that identifier."""


@dataclass(slots=True)
class Extension:
    """One registered extension. ``waiting`` answers its open ``event/next`` call."""

    name: str
    events: frozenset[str]
    identifier: str = field(default_factory=lambda: str(uuid.uuid4()))
    pending: list[bytes] = field(default_factory=list)
    waiting: Reply | None = None

    def deliver(self, event: bytes) -> None:
        """Send an event now, or when the extension next asks."""
        self.pending.append(event)
        self._flush()

    def ask(self, reply: Reply) -> None:
        """The extension asks for its next event."""
        self.waiting = reply
        self._flush()

    def _flush(self) -> None:
        if self.waiting and self.pending:
            reply, self.waiting = self.waiting, None
            reply(self.pending.pop(0), self.identifier)


@dataclass(slots=True)
class Extensions:
    """All extensions of an environment."""

    by_identifier: dict[str, Extension] = field(default_factory=dict)

    def register(self, request: HttpRequest) -> Extension:
        """A new extension. Raises ``WireError`` for a body that is not ``{"events": [...]}``."""
        body = decode_json(request.body or b"{}", "The registration")
        events = body.get("events", []) if isinstance(body, dict) else None
        if not isinstance(events, list) or any(event not in EVENTS for event in events):
            raise WireError("events must be a list of INVOKE and SHUTDOWN")
        extension = Extension(request.header("lambda-extension-name"), frozenset(events))
        self.by_identifier[extension.identifier] = extension
        return extension

    def named(self, name: str) -> bool:
        """Whether an extension of that name has registered."""
        return any(extension.name == name for extension in self.by_identifier.values())

    def all_waiting(self) -> bool:
        """Whether every extension has asked for its next event, which ends its init."""
        return all(extension.waiting for extension in self.by_identifier.values())

    def subscribed(self, event: Event) -> list[Extension]:
        """The extensions that asked for events of this type."""
        return [extension for extension in self.by_identifier.values() if event in extension.events]
