"""The sessions of functions' roles: temporary keys, which each execution environment gets as Lambda's do.

They are made here, so that a cold start never waits for the control plane; STS there is told of them, and knows from
then on who calls. They last 12 hours, as chosen here (AWS documents no time), and the environments of a function share
them for the first six. An environment whose keys are about to end takes no invocation any more: a new one, with new
keys, takes its place.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

from lambdastream.doors.authentication import Authenticator, Keys
from lambdastream.doors.control_plane_link import ControlPlaneLink
from lambdastream.runtime.credentials import RoleCredentials
from lambdastream.runtime.description import FunctionDescription

LIFE: Final = timedelta(hours=12)
SHARED: Final = timedelta(hours=6)
TOKEN_BYTES: Final = 96


class RoleSessions:
    """Issues sessions, and lets ``authenticator`` know their keys. ``link`` is the way to STS, if there is one."""

    def __init__(self, authenticator: Authenticator, link: ControlPlaneLink | None = None) -> None:
        self._authenticator = authenticator
        self._link = link
        self._current: dict[tuple[str, str], RoleCredentials] = {}

    def credentials(self, description: FunctionDescription) -> RoleCredentials:
        """The keys for a new environment of a function."""
        key = (description.role, description.name)
        current = self._current.get(key)
        if current is None or not current.last(LIFE - SHARED):
            current = self._current[key] = self._issue(description)
        return current

    def _issue(self, description: FunctionDescription) -> RoleCredentials:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        keys = Keys.at_random("ASIA", token, datetime.now(UTC) + LIFE)
        self._authenticator.remember(keys)
        if self._link is not None:
            # AWS names the session after the function.
            self._link.announce_session(keys, role=description.role, name=description.name)
        return RoleCredentials(keys.access_key_id, keys.secret_access_key, token, datetime.now(UTC) + LIFE)
