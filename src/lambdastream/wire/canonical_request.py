"""The canonical request: the form of a request that Signature Version 4 signs.

Sources: AWS IAM user guide, "Create a signed AWS API request"; Amazon S3 API reference, "Signature Calculations for the
Authorization Header".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote, unquote_to_bytes

from lambdastream.wire.authorization import SIGNATURE_PARAMETER
from lambdastream.wire.http_message import HttpRequest

_Spelling = Callable[[str], bytes]


def canonical_requests(
    request: HttpRequest, *, signed_headers: Sequence[str], payload_hash: str, is_s3: bool
) -> Iterator[bytes]:
    """Yield the canonical requests that a client may have signed when it sent ``request``. Mostly they are one.

    They differ where clients do. The URL is signed as it is sent (botocore), or with every character encoded that AWS
    wants encoded (curl, browsers' clients). Text outside ASCII is signed as the bytes that are sent, or as UTF-8 of what
    these bytes are in latin-1 (botocore). S3 signs the path as it is, other services normalised and encoded once more.

    Every name in ``signed_headers`` is one of the request's headers. Raises ``UnicodeEncodeError`` when the request
    holds characters outside latin-1.
    """
    fields = _header_fields(request, signed_headers)
    for spell_path, spell_query in ((_as_sent, _as_sent), (_encoded_path, _encoded_parameter)):
        path = spell_path(request.path) if is_s3 else _normal_path(request.path)
        lines = [request.method.encode("latin-1"), path, _query(request.query, spell_query), *fields, b""]
        canonical = b"\n".join([*lines, ";".join(signed_headers).encode("latin-1"), payload_hash.encode("latin-1")])
        yield canonical
        if not canonical.isascii():
            yield canonical.decode("latin-1").encode()


def _header_fields(request: HttpRequest, names: Sequence[str]) -> list[bytes]:
    """Return ``name:value`` for each name; runs of white space are one space, repeated fields are joined by commas."""
    values: dict[str, list[bytes]] = {name: [] for name in names}
    for name, value in request.headers:
        if name in values:
            values[name].append(b" ".join(value.encode("latin-1").split()))
    return [name.encode("latin-1") + b":" + b",".join(found) for name, found in values.items()]


def _as_sent(text: str) -> bytes:
    return text.encode("latin-1")


def _encoded_path(text: str) -> bytes:
    return quote(unquote_to_bytes(text.encode("latin-1")), safe="/").encode("ascii")


def _encoded_parameter(text: str) -> bytes:
    # A plus sign is a space here: what means the same has one spelling.
    return quote(unquote_to_bytes(text.replace("+", " ").encode("latin-1")), safe="").encode("ascii")


def _normal_path(path: str) -> bytes:
    """Return ``path`` without empty and dot segments, encoded a second time."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(segment)
    last = "/" if path.endswith("/") and segments else ""
    return quote(f"/{'/'.join(segments)}{last}", safe="/~", encoding="latin-1").encode("ascii")


def _query(query: str, spell: _Spelling) -> bytes:
    """Return the query sorted by name and value, without the signature that a presigned URL ends with."""
    pairs = (pair.partition("=") for pair in query.split("&")) if query else ()
    spelled = sorted((spell(name), spell(value)) for name, _, value in pairs if name != SIGNATURE_PARAMETER)
    return b"&".join(name + b"=" + value for name, value in spelled)
