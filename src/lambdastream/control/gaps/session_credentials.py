"""STS's temporary keys are real: each is new, and the data plane can verify what they sign.

moto gives everybody the same example key for GetSessionToken, and session tokens that a replay of its records does not
bring back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.iam.models import iam_backends
from moto.moto_api._internal import mock_random
from moto.sts import models
from moto.sts.models import STSBackend
from moto.sts.responses import TokenResponse

from lambdastream.control.gaps.patching import replaces

TOKEN_BYTES = 96


@dataclass(frozen=True, slots=True)
class SessionCredentials:
    """Temporary keys."""

    secret_access_key: str
    session_token: str


@replaces(models, "random_session_token")
def random_session_token() -> str:
    """A session token, from moto's source of randomness."""
    return mock_random.token_urlsafe(TOKEN_BYTES)


@replaces(TokenResponse, "get_session_token")
def _get_session_token(self: TokenResponse) -> ActionResult:
    duration = self._get_int_param("DurationSeconds", 43200)
    key = iam_backends[self.current_account][self.partition].create_temp_access_key()
    token = random_session_token()
    sessions(self.backend)[key.access_key_id] = SessionCredentials(key.secret_access_key, token)
    return ActionResult(
        {
            "Credentials": {
                "AccessKeyId": key.access_key_id,
                "SecretAccessKey": key.secret_access_key,
                "SessionToken": token,
                "Expiration": utcnow() + timedelta(seconds=duration),
            }
        }
    )


def sessions(backend: STSBackend) -> dict[str, SessionCredentials]:
    """The keys that GetSessionToken gave, by their ids."""
    found: dict[str, Any] = vars(backend).setdefault("lambdastream_sessions", {})
    return found


def find_credentials(access_key_id: str) -> SessionCredentials | None:
    """The secret and the session token of a temporary key that this STS has given, unless it has expired."""
    for partitions in models.sts_backends.values():
        for backend in partitions.values():
            role = backend.get_assumed_role_from_access_key(access_key_id)
            if role is not None and role.expiration > utcnow():
                return SessionCredentials(role.secret_access_key, role.session_token)
            if access_key_id in sessions(backend):
                return sessions(backend)[access_key_id]
    return None
