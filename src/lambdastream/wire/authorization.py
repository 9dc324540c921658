"""What a signed request says of its signature, in its ``Authorization`` header or in a presigned URL's query.

Sources: AWS IAM user guide, "AWS Signature Version 4 for API requests"; Amazon S3 API reference, "Authenticating
Requests: Using Query Parameters". Nothing is verified here: see ``sigv4``.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, NoReturn
from urllib.parse import unquote

from lambdastream.errors import SignatureError
from lambdastream.wire.http_message import HttpRequest
from lambdastream.wire.service_family import UNKNOWN_SERVICE_CODE, service_family

ALGORITHM: Final = "AWS4-HMAC-SHA256"
SIGNATURE_PARAMETER: Final = "X-Amz-Signature"

PAYLOAD_HASH_PARAMETER: Final = "X-Amz-Content-Sha256"

_PRESIGNED: Final = frozenset({"X-Amz-Algorithm", "X-Amz-Credential", SIGNATURE_PARAMETER})
_PARAMETERS: Final = _PRESIGNED | {
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
    "X-Amz-SignedHeaders",
    PAYLOAD_HASH_PARAMETER,
}
_SIGV2_PARAMETERS: Final = frozenset({"AWSAccessKeyId", "Signature"})
_SIGV4A_PREFIX: Final = "AWS4-ECDSA-"
_FIELDS: Final = frozenset({"Credential", "SignedHeaders", "Signature"})

_CREDENTIAL: Final = re.compile(r"([!-.0-~]+)/([0-9]{8})/([A-Za-z0-9-]+)/([A-Za-z0-9._-]+)/aws4_request")
_BASIC_ISO_8601: Final = re.compile("[0-9]{8}T[0-9]{6}Z")
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9a-z]+")
_SECONDS: Final = re.compile("[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class Claim:
    """Who says to have signed a request, when, and for what.

    ``date``, ``region`` and ``service`` are the credential scope. ``timestamp`` is in UTC, ``expires`` the seconds that
    a presigned URL holds, ``session_token`` is ASCII, and empty without one.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: datetime
    session_token: str = ""
    presigned: bool = False
    expires: int | None = None


def parse_authorization(request: HttpRequest) -> Claim:
    """Return what ``request`` claims, from its ``Authorization`` header or its query.

    Raises ``SignatureError`` when the request is not signed, signed in another way than Signature Version 4, signed
    twice, or malformed.
    """
    authorization = single_header(request, "authorization", UNKNOWN_SERVICE_CODE)
    parameters = signing_parameters(request)
    presigned = not _PRESIGNED.isdisjoint(parameters)
    if presigned and authorization:
        raise SignatureError(
            "The request is signed twice, in its Authorization header and in its query.",
            code="InvalidArgument",
            next_step="Send a presigned URL without an Authorization header.",
        )
    if presigned:
        return _presigned_claim(parameters)
    if authorization:
        return _header_claim(request, authorization)
    if _SIGV2_PARAMETERS.issubset(name for name, _ in _query_pairs(request)):
        _refuse_sigv2()
    raise SignatureError(
        "The request is missing an authentication token: it is not signed.",
        code="MissingAuthenticationToken",
        next_step="Sign it with AWS Signature Version 4, as every AWS SDK does when it has credentials.",
    )


def signing_parameters(request: HttpRequest) -> dict[str, str]:
    """Return the parameters of a presigned URL that are in the query, decoded.

    Raises ``SignatureError`` when one of them is repeated.
    """
    found: dict[str, str] = {}
    for name, value in _query_pairs(request):
        if name in found:
            _refuse(f"The query repeats {name}.")
        if name in _PARAMETERS:
            found[name] = unquote(value)
    return found


def single_header(request: HttpRequest, name: str, code: str) -> str:
    """Return the header's only value, or an empty text. Raises ``SignatureError`` when it is repeated."""
    values = [value for key, value in request.headers if key == name]
    if len(values) > 1:
        raise SignatureError(f"The request repeats the header {name!r}.", code=code, next_step="Send it once.")
    return values[0].strip() if values else ""


def _query_pairs(request: HttpRequest) -> Iterator[tuple[str, str]]:
    for pair in request.query.split("&"):
        name, _, value = pair.partition("=")
        yield name, value


def _header_claim(request: HttpRequest, authorization: str) -> Claim:
    algorithm, _, rest = authorization.partition(" ")
    _check_algorithm(algorithm)
    fields = _fields(rest)
    credential = _credential(fields["Credential"])
    code = service_family(credential[3], presigned=False).malformed
    when = single_header(request, "x-amz-date", code) or single_header(request, "date", code)
    return Claim(
        *credential,
        _signed_headers(fields["SignedHeaders"], code),
        fields["Signature"],
        _timestamp(when, code),
        _session_token(single_header(request, "x-amz-security-token", code), code),
    )


def _presigned_claim(parameters: dict[str, str]) -> Claim:
    _check_algorithm(parameters.get("X-Amz-Algorithm", ""))
    credential = _credential(parameters.get("X-Amz-Credential", ""))
    family = service_family(credential[3], presigned=True)
    code = family.malformed
    signature = parameters.get(SIGNATURE_PARAMETER, "")
    if not signature:
        _refuse(f"The presigned URL has no {SIGNATURE_PARAMETER}.", code)
    return Claim(
        *credential,
        _signed_headers(parameters.get("X-Amz-SignedHeaders", ""), code),
        signature,
        _timestamp(parameters.get("X-Amz-Date", ""), code),
        _session_token(parameters.get("X-Amz-Security-Token", ""), code),
        presigned=True,
        expires=_expires(parameters.get("X-Amz-Expires"), code, required=family.is_s3),
    )


def _check_algorithm(algorithm: str) -> None:
    if algorithm == ALGORITHM:
        return
    if algorithm == "AWS":
        _refuse_sigv2()
    if algorithm.startswith(_SIGV4A_PREFIX):
        raise SignatureError(
            "The request is signed with Signature Version 4A, which is not supported.",
            code="InvalidRequest",
            next_step="Sign for one Region, with AWS4-HMAC-SHA256.",
        )
    raise SignatureError(
        f"The request is authorized by {reprlib.repr(algorithm)}, not by {ALGORITHM}.",
        code=UNKNOWN_SERVICE_CODE,
        next_step="Sign it with AWS Signature Version 4. Bearer tokens and passwords are not accepted.",
    )


def _refuse_sigv2() -> NoReturn:
    raise SignatureError(
        f"The request is signed with Signature Version 2, which is not supported. Please use {ALGORITHM}.",
        code="InvalidRequest",
        next_step="In boto3, presign with Config(signature_version='s3v4').",
    )


def _fields(text: str) -> dict[str, str]:
    """Split ``Credential=..., SignedHeaders=..., Signature=...``. The spaces may be missing."""
    pairs = [part.strip().partition("=") for part in text.split(",")]
    fields = {name: value for name, _, value in pairs}
    if fields.keys() != _FIELDS or len(pairs) != len(_FIELDS) or not all(fields.values()):
        _refuse("The Authorization header does not have a Credential, SignedHeaders and a Signature, each once.")
    return fields


def _credential(text: str) -> tuple[str, str, str, str]:
    match = _CREDENTIAL.fullmatch(text)
    if match is None:
        _refuse(f"The Credential is {reprlib.repr(text)}, not KEY/YYYYMMDD/REGION/SERVICE/aws4_request.")
    return match[1], match[2], match[3], match[4]


def _signed_headers(text: str, code: str) -> tuple[str, ...]:
    names = text.split(";")
    if not all(map(_HEADER_NAME.fullmatch, names)) or names != sorted(set(names)):
        _refuse(f"SignedHeaders is {reprlib.repr(text)}, not lower-case names in order, between semicolons.", code)
    return tuple(names)


def _timestamp(text: str, code: str) -> datetime:
    try:
        if _BASIC_ISO_8601.fullmatch(text):
            return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        # The form of a Date header. Without a zone, as botocore writes it (-0000), it is in UTC.
        time = parsedate_to_datetime(text)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        _refuse(f"The time of the signature is {reprlib.repr(text)}, not X-Amz-Date: YYYYMMDDTHHMMSSZ.", code)


def _session_token(text: str, code: str) -> str:
    if not text.isascii():
        _refuse("The session token is not ASCII.", code)
    return text


def _expires(text: str | None, code: str, *, required: bool) -> int | None:
    if text is None and not required:
        return None
    if text is None or not _SECONDS.fullmatch(text):
        _refuse(f"X-Amz-Expires is {reprlib.repr(text or '')}, not a number of seconds.", code)
    return int(text)


def _refuse(problem: str, code: str = UNKNOWN_SERVICE_CODE) -> NoReturn:
    raise SignatureError(problem, code=code, next_step="Let an AWS SDK sign the request.")
