"""HTTP/1.1 messages: a request as it was read, a response, and the bytes of a response's head and chunks.

RFC 9110 and RFC 9112. Text is latin-1, as on the wire.
"""

from __future__ import annotations

import re
import reprlib
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus

from lambdastream.errors import WireError

Headers = tuple[tuple[str, str], ...]
"""Header fields in their order, repeated names included. Names are lower-case, values latin-1 text."""

LAST_CHUNK = b"0\r\n\r\n"
"""Ends a chunked body that has no trailers."""

_REASONS = {status.value: status.phrase for status in HTTPStatus}
_NO_CONTENT = 204
_NOT_MODIFIED = 304
_FIRST_FINAL_STATUS = 200

_ABSOLUTE_FORM = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FORBIDDEN_IN_VALUE = re.compile("[^\t\x20-\x7e\x80-\xff]")
_FRAMING = frozenset({"content-length", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request whose body has been read.

    ``target`` is the request line's, still percent-encoded: origin form (``/path?query``) or absolute form
    (``http://host/path?query``).
    """

    method: str
    target: str
    headers: Headers
    body: bytes = b""
    source_ip: str = "127.0.0.1"

    @property
    def path(self) -> str:
        """The target's path, still percent-encoded, without the query."""
        return self._origin_form().partition("?")[0]

    @property
    def query(self) -> str:
        """The target's query as it was sent, without the question mark; empty when there is none."""
        return self._origin_form().partition("?")[2]

    def header(self, name: str, default: str = "") -> str:
        """Return the first value of the header ``name`` (lower-case), or ``default``."""
        for key, value in self.headers:
            if key == name:
                return value
        return default

    def _origin_form(self) -> str:
        if self.target.startswith("/"):
            return self.target
        authority = _ABSOLUTE_FORM.match(self.target)
        if authority is None:
            return self.target
        rest = self.target[authority.end() :]
        return rest if rest.startswith("/") else "/" + rest


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response whose body is complete.

    ``length`` is what a HEAD request is told of a body that is not here; without it, the body's own length.
    """

    status: int
    headers: Headers
    body: bytes = b""
    length: int | None = None


def has_body(status: int) -> bool:
    """Say whether a response of this status has a body: 1xx, 204 and 304 never do (RFC 9110, 6.4.1)."""
    return status >= _FIRST_FINAL_STATUS and status not in {_NO_CONTENT, _NOT_MODIFIED}


def check_header(name: str, value: str) -> None:
    """Refuse a header that cannot be written without changing the message around it.

    Raises ``WireError`` when the name is not a token (RFC 9110, 5.6.2), or the value holds a control character other
    than a tab (5.5) or a character outside latin-1.
    """
    _frames(name)
    # What almost every value is takes a tenth of the time.
    if not (value.isascii() and value.isprintable()) and _FORBIDDEN_IN_VALUE.search(value):
        raise WireError(
            f"The value of the header {reprlib.repr(name)} holds a control character, or is no latin-1 text.",
            next_step="Remove it, or percent-encode the value.",
        )


@lru_cache(maxsize=256)
def _frames(name: str) -> bool:
    """Say whether a header of this name says how a body is framed. Raises ``WireError`` when it is no name."""
    if not _TOKEN.fullmatch(name):
        raise WireError(f"{reprlib.repr(name)} is not a header name.", next_step="Use letters, digits and hyphens.")
    return name.lower() in _FRAMING


def response_head(status: int, headers: Headers, *, length: int | None, keep_alive: bool) -> bytes:
    """Return a response's status line and header section, up to the empty line.

    ``length`` is the body's length in bytes; ``None`` announces a chunked body. A status without a body gets
    neither.

    Raises ``WireError`` when a header cannot be written safely, or says itself how the body is framed.
    """
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, '')}\r\n"]
    for name, value in headers:
        if not (value.isascii() and value.isprintable()):
            check_header(name, value)
        if _frames(name):
            raise WireError(f"The header {name!r} contradicts the framing of the response.")
        lines.append(f"{name}: {value}\r\n")
    if has_body(status):
        lines.append("transfer-encoding: chunked\r\n" if length is None else f"content-length: {length}\r\n")
    if not keep_alive:
        lines.append("connection: close\r\n")
    lines.append("\r\n")
    return "".join(lines).encode("latin-1")


def chunk(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Return ``data`` as one chunk, in three parts for ``writelines``: ``data`` itself is not copied.

    No data is no chunk: a chunk of size zero would end the body.
    """
    if not data:
        return b"", b"", b""
    return b"%x\r\n" % len(data), data, b"\r\n"
