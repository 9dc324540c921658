"""The limits of Lambda that hold here, in one place.

Source: AWS Lambda developer guide, "Lambda quotas"; the six megabytes and a hundred bytes of a buffered response are what
the service's own error says and what the Runtime Interface Emulator allows (``interop/model.go``). A megabyte is 1024 * 1024
bytes there, also in the rate of a streamed answer.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Final

MB: Final = 1024 * 1024

LIFTED: Final = sys.maxsize
"""Bytes, or a number, that nothing reaches: the value of a limit that does not hold."""

LIFTED_TIME: Final = 366 * 24 * 3600.0
"""The same in seconds. It is finite, because runtimes are told their deadline."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an invocation may take. Sizes are in bytes, times in seconds.

    An execution environment that is not used for ``idle`` seconds ends (chosen here, see ``idle_environments``;
    ``math.inf`` keeps it). ``memory`` says whether a function ends that takes more than its memory, see ``memory``.
    ``freeze`` stops an environment's processes between invocations, as AWS does: what they do in the background rests.

    ``event_payload`` is the most that an ``Event`` call may bring. ``environments`` caps how many execution environments
    one function may have at once: AWS stops at an account's concurrency (1000 by default), a laptop stops earlier.
    ``upload`` is the largest request that the endpoint takes: code on its way to S3.

    A streamed answer has ``stream_payload`` bytes at most. ``stream_full_speed`` of them go as fast as they can, the others
    with ``stream_rate`` bytes a second (AWS Lambda developer guide, "Response streaming"; 200 MB since July 2025). At the
    largest size it breaks off; what AWS does then is not documented: ``doors`` say what their clients see.

    ``timeout`` holds for every invocation in place of the function's own, ``api_timeout`` for every integration of an API.
    ``api_request`` is the largest body of a request to one (Amazon API Gateway developer guide, quotas).

    ``request_head`` is the time that a client has for a request's head; as long it may pause in a body, and between two
    requests (chosen here, see ``silent_clients``).
    """

    request_payload: int = 6 * 1024 * 1024
    event_payload: int = 1024 * 1024
    response_payload: int = 6 * 1024 * 1024 + 100
    init: float = 10.0
    shutdown: float = 2.0
    environments: int = 20
    idle: float = 600.0
    memory: bool = True
    freeze: bool = False
    upload: int = 256 * 1024 * 1024

    stream_payload: int = 200 * MB
    stream_full_speed: int = 6 * MB
    stream_rate: int = 2 * MB

    timeout: float | None = None
    api_timeout: float | None = None
    api_request: int = 10 * MB

    request_head: float = 60.0
