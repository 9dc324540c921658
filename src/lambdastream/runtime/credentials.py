"""The temporary keys of a function's role, which its environments get."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class RoleCredentials:
    """Temporary keys; ``expires`` is when, with its zone."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires: datetime

    def last(self, time: timedelta) -> bool:
        """Whether they are good for so long from now on."""
        return datetime.now(UTC) + time < self.expires

    def variables(self) -> dict[str, str]:
        """The environment variables in which AWS SDKs find them."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_SESSION_TOKEN": self.session_token,
        }
