"""Calls that the data plane alone makes, over the local socket, outside of AWS's paths.

``GET /_lambdastream/credentials/{access_key_id}`` gives the secret and the session token of a key that STS issued, and when
it ``expires``, in seconds since 1970; also of one that has expired not long ago.
``POST /_lambdastream/sessions`` tells of the session of a function's role: ``{"access_key_id", "secret_access_key",
"session_token", "expires", "role", "name"}``, the ARN of the role and the name of the session.
``POST /_lambdastream/log-events`` puts ``{"group", "stream", "events": [{"timestamp", "message"}]}`` into CloudWatch Logs,
in the region ``region`` when it is given; timestamps are milliseconds.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.logs.models import LogsBackend, logs_backends

from lambdastream.control.gaps.log_groups import is_gone
from lambdastream.control.gaps.session_credentials import (
    FunctionSession,
    SessionCredentials,
    find_credentials,
    remember_session,
)

PREFIX: Final = "/_lambdastream/"
CREDENTIALS: Final = PREFIX + "credentials/"
SESSIONS: Final = PREFIX + "sessions"
LOG_EVENTS: Final = PREFIX + "log-events"


def answer(method: str, path: str, body: bytes, region: str) -> tuple[int, dict[str, Any]]:
    """The status and the JSON that answer a call. ``region`` is the one that calls mean which name none."""
    if method == "GET" and path.startswith(CREDENTIALS):
        return _credentials(path.removeprefix(CREDENTIALS))
    if method == "POST" and path == LOG_EVENTS:
        return _log_events(body, region)
    if method == "POST" and path == SESSIONS:
        return _session(body, region)
    return 404, {"message": "There is nothing here"}


def _credentials(access_key_id: str) -> tuple[int, dict[str, Any]]:
    found = find_credentials(access_key_id)
    if found is None:
        return 404, {"message": "STS has not issued this key, or it expired long ago"}
    expires = found.expires.replace(tzinfo=UTC).timestamp()
    return 200, {
        "secret_access_key": found.secret_access_key,
        "session_token": found.session_token,
        "expires": expires,
    }


def _session(body: bytes, region: str) -> tuple[int, dict[str, Any]]:
    try:
        call = json.loads(body)
        expires = datetime.fromtimestamp(call["expires"], UTC).replace(tzinfo=None)
        keys = SessionCredentials(str(call["secret_access_key"]), str(call["session_token"]), expires)
        session = FunctionSession(
            str(call["access_key_id"]), keys, role=str(call["role"]), name=str(call["name"]), region=region
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        return 400, {"message": f"This is not the session of a role: {error!r}"}
    remember_session(session)
    return 200, {"session": session.arn}


def _log_events(body: bytes, region: str) -> tuple[int, dict[str, Any]]:
    try:
        call = json.loads(body)
        events = [{"timestamp": int(event["timestamp"]), "message": str(event["message"])} for event in call["events"]]
        region, group, stream = str(call.get("region", region)), str(call["group"]), str(call["stream"])
        if is_gone(region, group, stream):
            return 200, {"events": 0}
        backend = logs_backends[DEFAULT_ACCOUNT_ID][region]
        _put(backend, group, stream, sorted(events, key=lambda event: event["timestamp"]))
    except (ValueError, KeyError, TypeError) as error:
        return 400, {"message": f"This is not a batch of log events: {error!r}"}
    return 200, {"events": len(events)}


def _put(backend: LogsBackend, group: str, stream: str, events: list[dict[str, Any]]) -> None:
    backend.ensure_log_group(group)
    backend.ensure_log_stream(group, stream)
    backend.put_log_events(group, stream, events)
