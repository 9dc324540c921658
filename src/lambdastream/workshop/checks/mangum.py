"""The checks of notebook 04: a request as an event, the wait for the first byte, and what fits into a return value."""

from __future__ import annotations

from collections.abc import Callable
from math import isclose
from typing import Any, Final

from lambdastream.workshop.exercise import NotYet, check

REQUESTS: Final = (("GET", "/tasks", ""), ("POST", "/stream/chat", "query=Why%3F"))

LIMIT: Final = 6_291_556
"""Bytes of a buffered answer's JSON (AWS Lambda quotas: 6 MB; the number is in the service's own error)."""


@check
def event_for(function: Callable[..., dict[str, Any]]) -> str:
    """Exercise 1: the event of any request, and no request changes another one's event."""
    made = [function(*request) for request in REQUESTS]
    for event, (method, path, query) in zip(made, REQUESTS, strict=True):
        request = f"{method} {path}{query and '?'}{query}"
        http = event["requestContext"]["http"]
        _is(http["method"], method, f'the event of {request} says ["requestContext"]["http"]["method"]')
        _is(http["path"], path, f'the event of {request} says ["requestContext"]["http"]["path"]')
        _is(event["rawPath"], path, f'the event of {request} says ["rawPath"]')
        _is(event["rawQueryString"], query, f'the event of {request} says ["rawQueryString"]')
        _is(event["version"], "2.0", f'the event of {request} says ["version"]')
    if function("GET", "/")["rawQueryString"]:
        raise NotYet("A request without a query has one.", 'The parameter has a default: query="".')
    return "Mangum finds all that it needs."


def _is(value: object, wanted: object, where: str) -> None:
    if value != wanted:
        raise NotYet(
            f"{where[0].upper()}{where[1:]} is {value!r}, not {wanted!r}.",
            "Start from the event above: method, path and query take the place of its own, and the rest stays.",
        )


@check
def first_byte(formula: Callable[[int, float, bool], float]) -> str:
    """Exercise 2: behind Mangum the first byte waits for every pause, in a stream for none."""
    for pieces, pause in ((29, 0.03), (75, 0.03), (2, 30)):
        answer = f"{pieces} pieces, {pause} s apart"
        if not isclose(formula(pieces, pause, False), 0, abs_tol=1e-9):
            raise NotYet(
                f"A stream of {answer}: you say {formula(pieces, pause, False):.2f} s.",
                "Its first piece is sent before the first pause.",
            )
        told, right = formula(pieces, pause, True), (pieces - 1) * pause
        if not isclose(told, right, abs_tol=1e-9):
            near = isclose(told, pieces * pause, abs_tol=1e-9)
            raise NotYet(
                f"{answer}, collected: you say {told:.2f} s.",
                "Count the pauses, not the pieces." if near else "The first byte comes when the last piece is made.",
            )
    if not isclose(formula(1, 30, True), 0, abs_tol=1e-9):
        raise NotYet("One piece alone has nothing to wait for.")
    return "So behind Mangum the wait grows with the answer."


@check
def fits(rule: Callable[[int, bool], bool]) -> str:
    """Exercise 3: JSON counts, and binary data grows by a third."""
    for size, is_text in ((5_000_000, True), (7_000_000, True), (5_000_000, False), (4_600_000, False)):
        travels = size if is_text else (size + 2) // 3 * 4
        if bool(rule(size, is_text)) != (travels < LIMIT):
            kind = "text" if is_text else "binary data"
            raise NotYet(
                f"{size:,} bytes of {kind}: you say {'no' if travels < LIMIT else 'yes'}.",
                "Text travels as it is." if is_text else "Base64 writes 4 characters for each 3 bytes.",
            )
    if rule(LIMIT - 200, True):
        raise NotYet(
            f"{LIMIT - 200:,} bytes of text: you say yes.", "Status, headers and braces are in the same message."
        )
    return "Now you know before the log tells you."
