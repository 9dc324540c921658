"""Which calls to AWS change something, so that the state is saved after them.

A call is named by ``X-Amz-Target`` (JSON protocols), by ``Action`` (Query protocol), by its path (RPC v2 CBOR) or, in REST
protocols, by its method. Source: Smithy's specification of these protocols.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

READING_METHODS: Final = {"GET", "HEAD", "OPTIONS"}
READING: Final = re.compile(
    r"(BatchGet|Check|Describe|Detect|Estimate|Filter|Get|Head|List|Lookup|Query|Scan|Search|Select|Simulate|Validate|Verify)"
    r"([A-Z]|$)"
)
# They make keys.
CHANGING: Final = {"GetFederationToken", "GetSessionToken"}
RPC: Final = re.compile(r"/service/[^/]+/operation/(\w+)")
LONGEST_FORM: Final = 4 * 1024 * 1024


def changes(environ: WSGIEnvironment, body: bytes) -> bool:
    """Whether a call may change anything. Of one that is not understood, it may."""
    action = _action(environ, body)
    if action:
        return action in CHANGING or not READING.match(action)
    return environ["REQUEST_METHOD"] not in READING_METHODS


def _action(environ: WSGIEnvironment, body: bytes) -> str:
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return str(target.rpartition(".")[2])
    path = RPC.search(environ["PATH_INFO"])
    if path:
        return path[1]
    is_form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    form = body.decode("latin-1") if is_form and len(body) <= LONGEST_FORM else ""
    found = parse_qs(form).get("Action") or parse_qs(environ.get("QUERY_STRING", "")).get("Action")
    return found[0] if found else ""
