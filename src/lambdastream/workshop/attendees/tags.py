"""The tags of an attendee's stack. CloudFormation gives them to its resources, too, as far as these take tags.

They are all that is remembered of a workshop: whoever can see the stacks can go on, from any machine. What lacks the
workshop's tag is never touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

WORKSHOP: Final = "lambdastream:workshop"
ATTENDEE: Final = "lambdastream:attendee"
EXPIRES: Final = "lambdastream:expires"
FORM: Final = "%Y-%m-%dT%H:%MZ"


@dataclass(frozen=True, slots=True)
class StackTags:
    """Whose a stack is: ``workshop`` is the prefix of its stacks' names. ``expires`` is when it may go, in UTC."""

    workshop: str
    attendee: str
    expires: datetime | None = None

    def values(self) -> dict[str, str]:
        """The tags, by their keys."""
        expires = {EXPIRES: self.expires.astimezone(UTC).strftime(FORM)} if self.expires else {}
        return {WORKSHOP: self.workshop, ATTENDEE: self.attendee, **expires}

    def to_aws(self) -> list[dict[str, str]]:
        """The tags in the API's form."""
        return [{"Key": key, "Value": value} for key, value in self.values().items()]

    @classmethod
    def from_aws(cls, tags: Iterable[Mapping[str, str]]) -> Self | None:
        """Read a stack's tags; ``None`` for a stack of no workshop."""
        found = {tag["Key"]: tag["Value"] for tag in tags}
        if WORKSHOP not in found or ATTENDEE not in found:
            return None
        return cls(found[WORKSHOP], found[ATTENDEE], _time(found.get(EXPIRES, "")))


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, FORM).replace(tzinfo=UTC)
    except ValueError:
        # Somebody has edited it: then nothing is known of its end.
        return None
