"""Who may call the endpoint: whoever signs with this project's keys, or with keys that its STS issued."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from lambdastream.doors.service_errors import Protocol, error_response, protocol
from lambdastream.errors import LocalAwsError, SignatureError
from lambdastream.wire.http_message import HttpRequest, HttpResponse
from lambdastream.wire.sigv4 import Claim, parse_authorization, verify

ID_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
ID_LENGTH: Final = 16
UNAVAILABLE: Final = "ServiceUnavailable"
INVOKED: Final = {"lambda", "execute-api"}
"""Services whose callers are told in JSON what is wrong, whatever the request's content type."""

BAD_REQUESTS: Final = (
    "Incomplete",
    "Authorization",
    "InvalidArgument",
    "InvalidRequest",
    "InvalidToken",
    "RequestExpired",
    "XAmzContent",
)
UNKNOWN_KEY: Final[dict[Protocol, str]] = {
    "json": "UnrecognizedClientException",
    "query": "InvalidClientTokenId",
    "s3": "InvalidAccessKeyId",
}
EXPIRED_TOKEN: Final[dict[Protocol, str]] = {
    "json": "ExpiredTokenException",
    "query": "ExpiredToken",
    "s3": "ExpiredToken",
}
WRONG_TOKEN: Final[dict[Protocol, str]] = UNKNOWN_KEY | {"s3": "InvalidToken"}


@dataclass(frozen=True, slots=True)
class Keys:
    """An access key id, its secret, and of temporary keys the session token and when they end, with its zone."""

    access_key_id: str
    secret_access_key: str
    session_token: str = ""
    expires: datetime | None = None

    @classmethod
    def at_random(cls, prefix: str = "AKIA", session_token: str = "", expires: datetime | None = None) -> Keys:
        """New keys, which only this project knows. Those of AWS's temporary keys begin with ``ASIA``."""
        identifier = "".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH))
        return cls(f"{prefix}{identifier}", secrets.token_urlsafe(30), session_token, expires)

    @property
    def expired(self) -> bool:
        """Whether they have ended."""
        return self.expires is not None and self.expires <= datetime.now(UTC)


class Authenticator:
    """Verifies signatures. ``issued`` finds keys that STS issued, also expired ones; it may raise ``LocalAwsError``.

    Keys that were found once are remembered until they expire.
    """

    def __init__(self, keys: Keys, issued: Callable[[str], Awaitable[Keys | None]] | None = None) -> None:
        self._known = {keys.access_key_id: keys}
        self._issued = issued

    def knows(self, claim: Claim) -> bool:
        """Whether ``verify`` can be called now, without asking STS first."""
        keys = self._known.get(claim.access_key_id)
        return keys is not None and not keys.expired

    def remember(self, keys: Keys) -> None:
        """Let in who signs with these keys, until they expire. Keys that have expired by now are forgotten."""
        self._known = {name: known for name, known in self._known.items() if not known.expired}
        self._known[keys.access_key_id] = keys

    async def ask(self, claim: Claim) -> None:
        """Ask STS for the keys of a claim. Raises ``SignatureError`` when nobody can be asked now."""
        self._known.pop(claim.access_key_id, None)
        try:
            found = await self._issued(claim.access_key_id) if self._issued else None
        except LocalAwsError as error:
            raise SignatureError(error.problem, code=UNAVAILABLE, next_step=error.next_step) from error
        if found is not None:
            self.remember(found)

    async def admit(self, request: HttpRequest, *, service: str, region: str) -> Claim:
        """Return whose request it is. Raises ``SignatureError`` unless it is signed for this, with keys of this account."""
        claim = parse_authorization(request)
        if not self.knows(claim):
            await self.ask(claim)
        self.verify(request, claim, service=service, region=region)
        return claim

    def verify(
        self, request: HttpRequest, claim: Claim, *, service: str | None = None, region: str | None = None
    ) -> None:
        """Raises ``SignatureError`` unless the request is signed with known keys, and for what is given of the rest."""
        spoken: Protocol = "json" if service in INVOKED else protocol(request)
        keys = self._known.get(claim.access_key_id)
        if keys is None:
            raise SignatureError(
                "The security token included in the request is invalid.",
                code=UNKNOWN_KEY[spoken],
                next_step="Use the project's own profile: lambdastream env",
            )
        if keys.expired:
            raise SignatureError(
                "The security token included in the request is expired.",
                code=EXPIRED_TOKEN[spoken],
                next_step="Get new temporary keys from STS.",
            )
        if not hmac.compare_digest(claim.session_token, keys.session_token):
            raise SignatureError(
                "The session token is not the one of this key.",
                code=WRONG_TOKEN[spoken],
                next_step="Give the three values that STS issued together.",
            )
        verify(request, claim, keys.secret_access_key, now=datetime.now(UTC), region=region, service=service)


def refusal(error: SignatureError, request: HttpRequest) -> HttpResponse:
    """The answer to a request that is not let in, in the shape that the service's clients read."""
    bad = error.code.startswith(BAD_REQUESTS) or (error.code in EXPIRED_TOKEN.values() and protocol(request) == "s3")
    status = 400 if bad else 503 if error.code == UNAVAILABLE else 403
    return error_response(request, status, error.code, f"{error.problem} {error.next_step}".strip())
