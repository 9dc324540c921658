"""Verifies AWS Signature Version 4: that a request comes from who holds the secret key, unchanged and in time.

Sources: AWS IAM user guide, "AWS Signature Version 4 for API requests"; Amazon S3 API reference, "Authenticating
Requests (AWS Signature Version 4)". Versions 2 and 4A are refused, and so are S3's forms, which are signed by a policy
in the body.
"""

from __future__ import annotations

import hmac
import re
import reprlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from lambdastream.errors import SignatureError
from lambdastream.wire.authorization import (
    ALGORITHM,
    PAYLOAD_HASH_PARAMETER,
    Claim,
    parse_authorization,
    signing_parameters,
    single_header,
)
from lambdastream.wire.canonical_request import canonical_requests
from lambdastream.wire.http_message import HttpRequest
from lambdastream.wire.service_family import ServiceFamily, service_family

__all__ = ["MAX_EXPIRES", "Claim", "SignatureError", "parse_authorization", "verify"]

MAX_EXPIRES: Final = 7 * 24 * 60 * 60
"""Seconds that a presigned URL can hold: a signing key is valid for seven days (Amazon S3 API reference)."""

_PAYLOAD_HASH: Final = "x-amz-content-sha256"
_SHA256: Final = re.compile("[0-9a-f]{64}")
_UNSIGNED_PAYLOAD: Final = "UNSIGNED-PAYLOAD"
# What S3 takes instead of a hash when the body comes in chunks, each with a signature of its own or with none.
_STREAMED_PAYLOADS: Final = frozenset(
    {
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    }
)


def verify(
    request: HttpRequest,
    claim: Claim,
    secret_key: str,
    *,
    now: datetime,
    region: str | None = None,
    service: str | None = None,
) -> None:
    """Check ``claim``, which ``parse_authorization`` read from ``request``, against the key's secret.

    ``now`` is the time of arrival, with its zone. ``region`` and ``service``, when given, are what the request must be
    signed for. Whether the access key, and the session token with it, are known and hold is the caller's to check.

    The body of a payload marked ``UNSIGNED-PAYLOAD`` or ``STREAMING-...`` is not checked: its sender says so, under the
    signature. Lambda takes none of these markers, services other than S3 only the first.

    Raises ``SignatureError`` when the signature does not match, the body is not the signed one, the time is off or past
    the URL's expiry, the scope is another, or ``host`` or a header ``x-amz-*`` is not signed.
    """
    family = service_family(claim.service, presigned=claim.presigned)
    _check_scope(claim, family.wrong_scope, region, service)
    _check_time(claim, family, now.astimezone(UTC))
    _check_signed_headers(request, claim, family)
    payload_hash = _payload_hash(request, claim, family)
    try:
        requests = canonical_requests(
            request, signed_headers=claim.signed_headers, payload_hash=payload_hash, is_s3=family.is_s3
        )
        matches = _is_signed(requests, claim, secret_key)
    except UnicodeEncodeError as error:
        raise SignatureError("The request holds characters outside latin-1.", code=family.mismatch) from error
    if not matches:
        raise SignatureError(
            "The request signature we calculated does not match the signature you provided.",
            code=family.mismatch,
            next_step="Check the secret access key, and that nothing on the way changes the request.",
        )
    _check_body(request.body, payload_hash, family.wrong_payload)


def _check_scope(claim: Claim, code: str, region: str | None, service: str | None) -> None:
    scope = (("date", claim.date, f"{claim.timestamp:%Y%m%d}"), ("Region", claim.region, region))
    for name, found, wanted in (*scope, ("service", claim.service, service)):
        if wanted is not None and found != wanted:
            raise SignatureError(
                f"The Credential is scoped to the {name} {reprlib.repr(found)}, not to {wanted!r}.",
                code=code,
                next_step=f"Sign for {wanted!r}.",
            )


def _check_time(claim: Claim, family: ServiceFamily, now: datetime) -> None:
    age = now - claim.timestamp
    longest = family.clock_tolerance
    if claim.expires is not None:
        if not 1 <= claim.expires <= MAX_EXPIRES:
            raise SignatureError(
                f"X-Amz-Expires is {claim.expires}, not from 1 to {MAX_EXPIRES} seconds (a week).",
                code=family.malformed,
                next_step="Presign the URL for a shorter time.",
            )
        longest = timedelta(seconds=claim.expires)
    if -family.clock_tolerance <= age <= longest:
        return
    problem = "Signature not yet current" if age < timedelta() else "Signature expired"
    raise SignatureError(
        f"{problem}: it was made at {_basic_time(claim.timestamp)}, holds for {longest}, and it is {_basic_time(now)} now.",
        code=family.wrong_time,
        next_step="Sign the request anew. If that does not help, set the clock of the machine that signs.",
    )


def _check_signed_headers(request: HttpRequest, claim: Claim, family: ServiceFamily) -> None:
    present = {name for name, _ in request.headers}
    if missing := [name for name in claim.signed_headers if name not in present]:
        raise SignatureError(
            f"{reprlib.repr(missing)} are signed headers, but not in the request.", code=family.malformed
        )
    # The canonical request ends with the payload's hash: it is signed in any case.
    wanted = {"host"} | {name for name in present if name.startswith("x-amz-")} - {_PAYLOAD_HASH}
    if unsigned := sorted(wanted.difference(claim.signed_headers)):
        raise SignatureError(
            f"There were headers in the request which were not signed: {reprlib.repr(unsigned)}.",
            code=family.unsigned_header,
            next_step="Name 'host' and all headers x-amz-* among the SignedHeaders.",
        )


def _payload_hash(request: HttpRequest, claim: Claim, family: ServiceFamily) -> str:
    """Return what the canonical request ends with: the body's hash, or a marker in its place."""
    stated = single_header(request, _PAYLOAD_HASH, family.bad_payload_hash)
    if claim.presigned and not stated:
        unstated = _UNSIGNED_PAYLOAD if family.is_s3 else ""
        stated = signing_parameters(request).get(PAYLOAD_HASH_PARAMETER, unstated)
    if not stated and not family.is_s3:
        return sha256(request.body).hexdigest()
    if _SHA256.fullmatch(stated) or _is_marker(stated, claim.service, family):
        return stated
    raise SignatureError(
        f"{_PAYLOAD_HASH} is {reprlib.repr(stated)}, not the SHA-256 of the body in lower-case hexadecimal digits.",
        code=family.bad_payload_hash,
        next_step="Send that hash. Lambda does not support unsigned payloads; S3 has markers for them.",
    )


def _is_marker(stated: str, service: str, family: ServiceFamily) -> bool:
    if stated == _UNSIGNED_PAYLOAD:
        # Amazon CloudFront developer guide, "Restrict access to an AWS Lambda function URL origin".
        return service != "lambda"
    return family.is_s3 and stated in _STREAMED_PAYLOADS


def _is_signed(requests: Iterable[bytes], claim: Claim, secret_key: str) -> bool:
    scope = f"{claim.date}/{claim.region}/{claim.service}/aws4_request"
    start = f"{ALGORITHM}\n{_basic_time(claim.timestamp)}\n{scope}\n"
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part).digest()
    found = claim.signature.encode("latin-1")
    digests = (sha256(request).hexdigest() for request in requests)
    return any(hmac.compare_digest(_hmac(key, start + digest).hexdigest().encode(), found) for digest in digests)


def _hmac(key: bytes, text: str) -> hmac.HMAC:
    return hmac.new(key, text.encode(), sha256)


def _check_body(body: bytes, payload_hash: str, code: str) -> None:
    if _SHA256.fullmatch(payload_hash) and not hmac.compare_digest(sha256(body).hexdigest(), payload_hash):
        raise SignatureError(f"The body does not match {_PAYLOAD_HASH}.", code=code, next_step="Send the signed body.")


def _basic_time(time: datetime) -> str:
    return f"{time:%Y%m%dT%H%M%SZ}"
