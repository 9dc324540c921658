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
WRONG_TOKEN: Final[dict[Protocol, str]] = UNKNOWN_KEY | {"s3": "InvalidToken"}


@dataclass(frozen=True, slots=True)
class Keys:
    """An access key id, its secret, and the session token of temporary keys."""

    access_key_id: str
    secret_access_key: str
    session_token: str = ""

    @classmethod
    def at_random(cls) -> Keys:
        """New keys, which only this project knows."""
        identifier = "".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH))
        return cls(f"AKIA{identifier}", secrets.token_urlsafe(30))


class Authenticator:
    """Verifies signatures. ``issued`` finds keys that STS issued; keys that were found once are remembered.

    ``issued`` may raise ``LocalAwsError``.
    """

    def __init__(self, keys: Keys, issued: Callable[[str], Awaitable[Keys | None]] | None = None) -> None:
        self._known = {keys.access_key_id: keys}
        self._issued = issued

    def knows(self, claim: Claim) -> bool:
        """Whether ``verify`` can be called now, without asking STS first."""
        return claim.access_key_id in self._known

    async def ask(self, claim: Claim) -> None:
        """Ask STS for the keys of a claim. Raises ``SignatureError`` when nobody can be asked now."""
        try:
            found = await self._issued(claim.access_key_id) if self._issued else None
        except LocalAwsError as error:
            raise SignatureError(error.problem, code=UNAVAILABLE, next_step=error.next_step) from error
        if found is not None:
            self._known[claim.access_key_id] = found

    async def admit(self, request: HttpRequest, *, service: str) -> None:
        """Raises ``SignatureError`` unless the request is signed for a service, with keys of this account."""
        claim = parse_authorization(request)
        if not self.knows(claim):
            await self.ask(claim)
        self.verify(request, claim, service=service)

    def verify(self, request: HttpRequest, claim: Claim, *, service: str | None = None) -> None:
        """Raises ``SignatureError`` unless the request is signed with known keys, and for ``service`` if that is given."""
        keys = self._known.get(claim.access_key_id)
        if keys is None:
            raise SignatureError(
                "The security token included in the request is invalid.",
                code=UNKNOWN_KEY[protocol(request)],
                next_step="Use the project's own profile: lambdastream env",
            )
        if not hmac.compare_digest(claim.session_token, keys.session_token):
            raise SignatureError(
                "The session token is not the one of this key.",
                code=WRONG_TOKEN[protocol(request)],
                next_step="Give the three values that STS issued together.",
            )
        verify(request, claim, keys.secret_access_key, now=datetime.now(UTC), service=service)


def refusal(error: SignatureError, request: HttpRequest) -> HttpResponse:
    """The answer to a request that is not let in, in the shape that the service's clients read."""
    status = 400 if error.code.startswith(BAD_REQUESTS) else 503 if error.code == UNAVAILABLE else 403
    return error_response(request, status, error.code, f"{error.problem} {error.next_step}".strip())
