"""What else stands between an answer and the one who looks at how it arrives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.request import getproxies, proxy_bypass

import httpx

from lambdastream.client.judging.arrival import arrival
from lambdastream.client.recording import Recording
from lambdastream.client.units import count

MOSTLY: Final = 0.9
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


def caveats(recordings: Sequence[Recording]) -> tuple[str, ...]:
    """Give what may hide how an answer was sent, or change how it arrived, in whole sentences; may be none."""
    return tuple(_caveats(recordings))


def _caveats(recordings: Sequence[Recording]) -> Iterator[str]:
    answer = recordings[-1]
    came = arrival(answer.chunks)
    if coding := answer.headers.get("content-encoding", ""):
        yield f"It is compressed ({coding}), unasked for or asked for: a compressor collects before it sends."
    if via := answer.headers.get("via", ""):
        yield f"It came through another server ({via}), which may collect or spread it."
    if len(came.moments) == 1 and answer.chunks:
        yield f"It came at one moment, in {count(len(answer.chunks), 'chunk')}: parts cannot be seen in it."
    elif came.last_share > MOSTLY:
        yield f"{came.last_share:.0%} of it came in its last moment."
    if "content-length" in answer.headers:
        yield "Its length was told beforehand: who knows that mostly has all of it."
    if answer.http_version == "HTTP/1.0":
        yield "It is HTTP/1.0, which has no chunks: a server or proxy of that age may collect."
    if len(recordings) > 1:
        yield _asked_twice(answer)


def _asked_twice(answer: Recording) -> str:
    how = "on the same connection" if answer.connected_at is None else "on a new connection"
    return f"It was asked for twice, the second time {how}: the first wait may have been a cold start."


def proxy_of(url: str, proxies: Mapping[str, str] | None = None) -> str | None:
    """Give the host of the proxy that this machine's settings put before a URL; ``None`` without one."""
    address = httpx.URL(url)
    known = getproxies() if proxies is None else proxies
    found = known.get(address.scheme) or known.get("all")
    if not found or address.host in LOOPBACK or proxy_bypass(address.host):
        return None
    return httpx.URL(found).host
