"""Says in plain words why a request was not answered, or not to the end."""

from __future__ import annotations

import httpx

from lambdastream.client.recording import address
from lambdastream.errors import LambdastreamError, UnreachableError, UsageError

NOT_SENDABLE = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)
"""What httpx raises for a request that makes no sense."""

NO_CONNECTION = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""What httpx raises when there is no connection to send a request on."""


def refusal(url: str, exc: Exception) -> LambdastreamError:
    """Give the error to raise for a request that was never sent: ``exc`` is one of the above."""
    if isinstance(exc, NOT_SENDABLE):
        next_step = "Give a whole URL that starts with http:// or https://, and headers that HTTP allows."
        return UsageError(f"This request cannot be sent to {url!r}: {exc}.", next_step=next_step)
    reason = str(exc) or "no connection was made in time"
    next_step = "Check the address, and that its server is up and listening there."
    return UnreachableError(f"{address(url)} cannot be reached: {reason}.", next_step=next_step)


def breakage(exc: httpx.RequestError, *, answered: bool, timeout: float) -> str:
    """Say how a transfer broke. ``answered`` is whether the head had come, ``timeout`` is in seconds."""
    when = "before the end of its answer" if answered else "without an answer"
    if isinstance(exc, httpx.TimeoutException):
        return f"nothing came for {timeout:g} s"
    if isinstance(exc, httpx.NetworkError):
        return f"the connection broke {when} ({exc})"
    if isinstance(exc, httpx.RemoteProtocolError):
        # That it was closed is in the wording of h11 and httpcore only: they have no class of its own for it.
        closed = "closed" in str(exc) or "disconnected" in str(exc)
        return f"the server closed the connection {when}" if closed else f"what came is not HTTP ({exc})"
    return f"{type(exc).__name__}: {exc}"
