"""STS's temporary keys are real: each is new, and the data plane can verify what they sign, until they expire.

moto gives everybody the same example key for GetSessionToken, and session tokens that a replay of its records does not
bring back. Lambda's own sessions of functions' roles are unknown to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.iam.models import iam_backends
from moto.moto_api._internal import mock_random
from moto.sts import models
from moto.sts.models import STSBackend
from moto.sts.responses import TokenResponse
from moto.utilities.utils import get_partition

from lambdastream.control.gaps.patching import replaces

TOKEN_BYTES = 96
REMEMBERED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SessionCredentials:
    """Temporary keys; ``expires`` is when, in UTC and without a zone, as moto keeps times."""

    secret_access_key: str
    session_token: str
    expires: datetime


class FunctionSession(models.AssumedRole):
    """The session of a function's role: the data plane has made its keys, from randomness of its own."""

    def __init__(self, access_key_id: str, keys: SessionCredentials, *, role: str, name: str, region: str) -> None:
        self.account_id = role.split(":")[4]
        self.region_name = region
        self.partition = get_partition(region)
        self.session_name = name
        self.role_arn = role
        self.policy = ""
        self.external_id = ""
        self.access_key_id = access_key_id
        self.secret_access_key = keys.secret_access_key
        self.session_token = keys.session_token
        self.expiration = keys.expires


@replaces(models, "random_session_token")
def random_session_token() -> str:
    """A session token, from moto's source of randomness."""
    return mock_random.token_urlsafe(TOKEN_BYTES)


@replaces(TokenResponse, "get_session_token")
def _get_session_token(self: TokenResponse) -> ActionResult:
    duration = self._get_int_param("DurationSeconds", 43200)
    key = iam_backends[self.current_account][self.partition].create_temp_access_key()
    token = random_session_token()
    expires = utcnow() + timedelta(seconds=duration)
    forget_expired(self.backend)
    sessions(self.backend)[key.access_key_id] = SessionCredentials(key.secret_access_key, token, expires)
    return ActionResult(
        {
            "Credentials": {
                "AccessKeyId": key.access_key_id,
                "SecretAccessKey": key.secret_access_key,
                "SessionToken": token,
                "Expiration": expires,
            }
        }
    )


def sessions(backend: STSBackend) -> dict[str, SessionCredentials]:
    """The keys that GetSessionToken gave, by their ids."""
    found: dict[str, Any] = vars(backend).setdefault("lambdastream_sessions", {})
    return found


def remember_session(session: FunctionSession) -> None:
    """Let STS know who calls with the keys of a function's role."""
    backend = models.sts_backends[session.account_id][session.partition]
    forget_expired(backend)
    backend.assumed_roles.append(session)


def forget_expired(backend: STSBackend) -> None:
    """Forget the keys that expired some time ago: until then their callers are told why they are refused."""
    past = utcnow() - REMEMBERED
    backend.assumed_roles[:] = [role for role in backend.assumed_roles if role.expiration > past]
    known = sessions(backend)
    for key in [key for key, session in known.items() if session.expires <= past]:
        del known[key]


def find_credentials(access_key_id: str) -> SessionCredentials | None:
    """The secret and the session token of a temporary key that this STS has given, and when it expires or did."""
    for partitions in models.sts_backends.values():
        for backend in partitions.values():
            role = backend.get_assumed_role_from_access_key(access_key_id)
            if role is not None:
                return SessionCredentials(role.secret_access_key, role.session_token, role.expiration)
            if access_key_id in sessions(backend):
                return sessions(backend)[access_key_id]
    return None
