"""Host names of APIs become the data plane's addresses.

moto leaves ``https://ID.execute-api.REGION.amazonaws.com`` in a stack's outputs, a name that leads to AWS, if anywhere.
"""

from __future__ import annotations

import re
from typing import Any, Final

_HOST: Final = re.compile(r"(?:https?://)?([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?")
_addresses: dict[str, str] = {}


def remember(api_id: str, url: str) -> None:
    """An API of this id answers at ``url``, which ends with a slash."""
    _addresses[api_id] = url.rstrip("/")


def forget(api_id: str) -> None:
    """There is no API of this id any more."""
    _addresses.pop(api_id, None)


def with_local_addresses(value: Any) -> Any:
    """A value with the addresses of our APIs in the place of AWS's names for them."""
    if not isinstance(value, str):
        return value
    return _HOST.sub(lambda name: _addresses.get(name[1], name[0]), value)
