"""JSON as the wire formats here want it: strict UTF-8 in, compact out."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from lambdastream.errors import WireError

# Nothing that is written here holds itself: what would is too deeply nested.
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode


def encode_json(value: Any) -> bytes:
    """Return ``value`` as compact JSON in ASCII: no spaces, everything else escaped.

    Raises ``WireError`` when ``value`` holds an infinite number (JSON's ``1e999`` is read as one) or is too
    deeply nested.
    """
    try:
        return _encode(value).encode("ascii")
    except (ValueError, RecursionError) as error:
        raise WireError(f"The value cannot be written as JSON: {error}.") from error


def decode_json(data: bytes, subject: str) -> Any:
    """Return the value of the JSON text ``data``.

    ``subject`` names it in the error, as a sentence begins: "The function's result". Stricter than
    ``json.loads``: UTF-8 only, and no ``NaN`` or ``Infinity``, which RFC 8259 does not know.

    Raises ``WireError`` when ``data`` is not JSON, or is nested too deeply to read.
    """
    try:
        return _decode(data.decode("utf-8"))
    except ValueError as error:
        raise WireError(f"{subject} is not JSON: {error}.") from error
    except RecursionError as error:
        raise WireError(f"{subject} is nested too deeply.") from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


_decode = json.JSONDecoder(parse_constant=_refuse).decode
