"""Answers that show nothing of streaming, however they arrive: none at all, errors, redirects, empty ones."""

from __future__ import annotations

from typing import Final

from lambdastream.client.judging.judgement import Judgement, unknown
from lambdastream.client.record import STOPPED
from lambdastream.client.recording import Recording
from lambdastream.client.units import duration

REDIRECT: Final = range(300, 400)
ERROR: Final = 400

HINTS: Final = {
    401: "It asks for credentials: add them with --header.",
    403: "If the function URL has AuthType AWS_IAM, add --sign. An open one needs two permissions: lambda:InvokeFunctionUrl "
    "and lambda:InvokeFunction.",
    404: "Check the path: the app does not know it.",
    405: "The app wants another method: try --method POST.",
    422: "The app does not understand the request: add what it asks for with --data and --header.",
    429: "The function has no environment left for this: try again, or raise its concurrency.",
    502: "The function has no answer that its URL understands: its log says why.",
    504: "The function has not answered in time: see its Timeout, and its log.",
}
WORKING: Final = "Check an address whose answer is fine."


def unjudged(recording: Recording) -> Judgement | None:
    """Say why an answer shows nothing; ``None`` for one whose arrival is worth a look."""
    status = recording.status
    if status is None:
        return _unanswered(recording)
    if status in REDIRECT:
        return _redirected(recording)
    if status >= ERROR:
        because = f"The answer is an error, status {status}: that says nothing of the others."
        return unknown("error status", because, HINTS.get(status, WORKING))
    if not recording.chunks and recording.complete:
        because = f"The answer has no body (status {status}, method {recording.method})."
        return unknown("no body", because, "Check an address, and a method, whose answer has one.")
    return None


def _unanswered(recording: Recording) -> Judgement:
    if recording.error == STOPPED:
        because = f"No answer came within {duration(recording.ended_at)}."
        return unknown("no answer", because, "Wait longer with --timeout, or see the function's log.")
    return unknown("no answer", f"There was no answer: {recording.error}.", "See the function's log, and try again.")


def _redirected(recording: Recording) -> Judgement:
    place = recording.headers.get("location", "")
    because = f"The answer, status {recording.status}, sends the client elsewhere; a check does not follow."
    return unknown("redirect", because, f"Check where it leads: {place}" if place else WORKING)
