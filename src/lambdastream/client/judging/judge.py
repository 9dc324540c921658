"""Judges whether an answer streams, from what was recorded of it and nothing else.

Two mistakes would be worse than no answer: a network that spreads what was sent in one piece looks like a stream, and
a cold start before a short answer looks like a buffer. So ``streams`` is said when bytes came over a longer time than
a network explains; ``buffers`` when an answer came at once after a wait that a warm function repeats, or when its body
has Lambda's own marks of modes that disagree. All else is ``cannot tell``, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lambdastream.client.judging.arrival import Arrival, arrival, without_comments
from lambdastream.client.judging.judgement import Judgement, unknown
from lambdastream.client.judging.marks import marked
from lambdastream.client.judging.unjudged import unjudged
from lambdastream.client.record import STOPPED
from lambdastream.client.recording import Recording
from lambdastream.client.units import count, duration
from lambdastream.client.verdict import SMALLEST_SHARE

SHORTEST_MAKING: Final = 0.5
"""Seconds that a warm function takes for an answer, at least, before its coming at once means anything. Our own choice."""

ONE_PIECE: Final = ("application/json", "application/pdf", "application/zip", "image/", "font/")
EVENT_STREAM: Final = "text/event-stream"
LASTING: Final = "Ask for an answer whose parts the app makes over some seconds."
CAUSES: Final = (
    "Either the app hands its answer over in one piece, or something on the way collects it: Mangum, a URL with InvokeMode "
    "BUFFERED, the adapter without AWS_LWA_INVOKE_MODE=response_stream, an HTTP API, a proxy. Check the app alone, on "
    "uvicorn, to learn which."
)


def judge(recordings: Sequence[Recording]) -> Judgement:
    """Judge an answer, recorded once or twice, oldest first: the second time the function is warm. The last decides."""
    decisive = recordings[-1]
    round_trip = max(each.round_trip or 0.0 for each in recordings)
    came = arrival(decisive.chunks, round_trip)
    found = unjudged(decisive) or marked(decisive) or _broken(decisive, came)
    if found is None and came.over_time:
        found = _over_time(decisive, came)
    return found or _ended_by_us(decisive) or _slow_line(came) or _at_once(recordings, came)


def _broken(recording: Recording, came: Arrival) -> Judgement | None:
    if recording.complete or recording.error == STOPPED:
        return None
    so_far = "It streamed until it" if came.over_time else "It"
    because = f"{so_far} broke off after {duration(recording.ended_at)}: {recording.error}."
    return unknown(
        "broke off", because, "See the function's log: a limit, or an error in mid-stream, ends an answer so."
    )


def _over_time(recording: Recording, came: Arrival) -> Judgement:
    if recording.headers.get("content-type", "").startswith(EVENT_STREAM):
        events = arrival(without_comments(recording.chunks), came.round_trip)
        if not events.over_time:
            return _keep_alives(events)
        came = events
    moments = count(len(came.moments), "moment")
    because = (
        f"{count(came.size, 'byte')} came at {moments}, the first after {duration(came.first)} and the last "
        f"{duration(came.spread)} later; a network explains {duration(came.explained)} of that."
    )
    return Judgement("streams", "over time", because)


def _keep_alives(events: Arrival) -> Judgement:
    what = "the events came together" if events.size else "no event came"
    because = f"Comments that keep the connection alive came over time, but {what}."
    return unknown(
        "keep-alives only", because, "The way lets bytes through: let the app send its events as they are made."
    )


def _ended_by_us(recording: Recording) -> Judgement | None:
    if recording.complete:
        return None
    came = "what came of it came at once" if recording.chunks else "nothing of it had come but its head"
    because = f"The answer had not ended after {duration(recording.ended_at)}, and {came}."
    return unknown("still coming", because, "Wait longer with --timeout.")


def _slow_line(came: Arrival) -> Judgement | None:
    if came.last and came.spread / came.last < SMALLEST_SHARE:
        return None
    if came.last < SHORTEST_MAKING:
        return _quick(came)
    because = (
        f"{count(came.size, 'byte')} came within {duration(came.spread)} without pauses: sent in one piece, they may take "
        f"{duration(came.explained)} over a slow line."
    )
    return unknown("slow line", because, LASTING)


def _quick(came: Arrival) -> Judgement:
    because = f"All {count(came.size, 'byte')} were there after {duration(came.last)}: too quick to see parts."
    return unknown("too quick", because, LASTING)


def _at_once(recordings: Sequence[Recording], came: Arrival) -> Judgement:
    decisive, round_trip = recordings[-1], came.round_trip
    took = came.last - (decisive.connected_at or 0.0) - round_trip
    if took < SHORTEST_MAKING:
        return _quick(came)
    if _is_cached(decisive):
        return unknown("from a cache", "A cache on the way gave the answer.", "Check an answer that is not cached.")
    kind = decisive.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith(ONE_PIECE):
        because = f"It came at once, after {duration(came.last)}; but one value, {kind}, is whole before it is sent."
        return unknown("one value", because, LASTING)
    because = (
        f"Nothing came for {duration(came.first)}, then all {count(came.size, 'byte')} within {duration(came.spread)}"
    )
    if len(recordings) == 1:
        because = f"{because}. The wait may have been a cold start."
        return unknown("maybe a cold start", because, "Check again while the function is warm.")
    return Judgement("buffers", "at once", f"{because}, on a function that was warm.", CAUSES)


def _is_cached(recording: Recording) -> bool:
    age = recording.headers.get("age", "0")
    return (age.isdigit() and int(age) > 0) or recording.headers.get("x-cache", "").lower().startswith("hit")
