"""The limits of Lambda that hold here, in one place.

Source: AWS Lambda developer guide, "Lambda quotas"; the six megabytes and a hundred bytes of a buffered response are what
the service's own error says and what the Runtime Interface Emulator allows (``interop/model.go``).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What an invocation may take. Sizes are in bytes, times in seconds.

    ``environments`` caps how many execution environments one function may have at once: AWS stops at an account's
    concurrency (1000 by default), a laptop stops earlier. ``upload`` is the largest request that the endpoint takes: code
    on its way to S3.
    """

    request_payload: int = 6 * 1024 * 1024
    response_payload: int = 6 * 1024 * 1024 + 100
    init: float = 10.0
    shutdown: float = 2.0
    environments: int = 20
    upload: int = 256 * 1024 * 1024
