"""Says how an answer arrived, from what was measured and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from lambdastream.client.recording import Recording
from lambdastream.client.units import count, duration

Shape = Literal["streamed", "at once", "too short to tell", "broken"]

SHORTEST_WAIT = 0.2
"""Seconds: an answer that is whole before that looks instant, streamed or not."""

SMALLEST_SHARE = 0.1
"""The part of the wait over which a streamed answer arrives at least."""

SHORTEST_SPREAD = 0.1
"""Seconds between first and last byte below which a network alone may have spread them."""

_TIE = 0.005
_CLIENT_ERROR = 400


def shape(recording: Recording) -> Shape:
    """Say how the bytes of an answer arrived.

    The wait lasts from the request to the last byte. The rule, in this order:

    - ``broken``: the transfer did not come to its end;
    - ``too short to tell``: no byte came, or the wait was under 0.2 s;
    - ``at once``: less than a tenth of the wait lies between the first and the last byte;
    - ``streamed``: first and last byte are at least a tenth of the wait and 0.1 s apart;
    - ``too short to tell``: all else.

    It tells how the bytes arrived, not why: a cold start before a short answer looks like ``at once``, and a
    large answer over a slow line is spread as well.
    """
    wait = recording.last_byte_at
    if not recording.complete:
        return "broken"
    if wait is None or wait < SHORTEST_WAIT:
        return "too short to tell"
    if spread_share(recording) < SMALLEST_SHARE:
        return "at once"
    return "streamed" if _spread(recording) >= SHORTEST_SPREAD else "too short to tell"


def spread_share(recording: Recording) -> float:
    """Give the part of the wait, 0 to 1, that lies between the first and the last byte."""
    return _spread(recording) / recording.last_byte_at if recording.last_byte_at else 0.0


def verdict(recordings: Mapping[str, Recording]) -> str:
    """Say in plain words how each answer arrived and which showed something first: one sentence a line."""
    lines = [describe(name, recording) for name, recording in recordings.items()]
    return "\n".join([*lines, *_order(recordings)])


def describe(name: str, recording: Recording) -> str:
    """Say in one sentence how one answer arrived, with the measurements that show it."""
    first, last = duration(recording.first_byte_at), duration(recording.last_byte_at)
    body = f"{count(recording.size, 'byte')} in {count(len(recording.chunks), 'chunk')}"
    spread = duration(_spread(recording))
    share = f"{spread_share(recording):.0%} of the wait"
    said = {
        "streamed": f"streamed: first byte after {first}, last after {last} ({share} lies between), {body}",
        "at once": f"answered all at once: nothing for {first}, then {body} within {spread}",
        "too short to tell": f"was too short to tell: {body}, the last after {last}",
        "broken": f"broke off after {duration(recording.ended_at)}, {body}: {recording.error}",
    }[shape(recording)]
    if not recording.chunks and recording.complete:
        said = f"sent no body: its answer ended after {duration(recording.ended_at)}"
    return f"{name}{_failure(recording)} {said}."


def _spread(recording: Recording) -> float:
    return recording.chunks[-1].at - recording.chunks[0].at if recording.chunks else 0.0


def _failure(recording: Recording) -> str:
    status = recording.status or 0
    return f" (status {status})" if status >= _CLIENT_ERROR else ""


def _order(recordings: Mapping[str, Recording]) -> list[str]:
    """Say who showed the first byte first, and by how much; nothing when fewer than two showed one."""
    first = {name: each.first_byte_at for name, each in recordings.items() if each.first_byte_at is not None}
    winner, *others = sorted(first, key=lambda name: first[name]) or [""]
    if not others:
        return []
    leads = {name: first[name] - first[winner] for name in others}
    if max(leads.values()) < _TIE:
        return [f"All showed their first byte within {duration(_TIE)} of each other."]
    told = " and ".join(f"{duration(lead)} before {name}" for name, lead in leads.items())
    return [f"{winner} showed its first byte first: {told}."]
