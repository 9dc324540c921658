"""What the preflight claims about the race: each claim holds for a sound lab, and fails without it."""

from dataclasses import replace

import httpx
import pytest

from lambdastream.client import Chunk, Race, Recording
from lambdastream.workshop.preflight import checks

TEXT = (b"It ", b"streams ", b"word ", b"by ", b"word.")
WORDS = tuple(Chunk(0.03 + 0.5 * number, word) for number, word in enumerate(TEXT))
LWA = Recording("POST", "http://127.0.0.1:20000/", 200, httpx.Headers(), 0.03, WORDS, 2.1, None)
MANGUM = replace(LWA, chunks=(Chunk(2.0, b"".join(TEXT)),), headers_at=2.0)

FIRST_BYTE, LAST_BYTE, TOGETHER, SAME = range(4)


def later(recording: Recording, seconds: float) -> Recording:
    return replace(recording, chunks=tuple(Chunk(chunk.at + seconds, chunk.data) for chunk in recording.chunks))


def paced(recording: Recording, seconds: float) -> Recording:
    """The recording with so much time between its first and its last byte."""
    first = recording.chunks[0].at
    step = seconds / (len(recording.chunks) - 1)
    chunks = tuple(Chunk(first + step * number, chunk.data) for number, chunk in enumerate(recording.chunks))
    return replace(recording, chunks=chunks)


def told(mangum: Recording, lwa: Recording) -> list[bool]:
    return [check.holds for check in checks(Race({"Mangum": mangum, "LWA": lwa}))]


def test_a_sound_lab_holds_every_claim() -> None:
    claims = checks(Race({"Mangum": MANGUM, "LWA": LWA}))
    assert [(claim.claim, claim.measured, claim.holds) for claim in claims] == [
        ("LWA's first byte comes within 100 ms", "30 ms", True),
        ("LWA's last byte comes at least 1 s later", "2.00 s", True),
        ("Mangum's first and last byte come together", "0 ms apart", True),
        ("both say the same", "24 and 24 bytes", True),
    ]


@pytest.mark.parametrize(
    ("mangum", "lwa", "failing"),
    [
        (MANGUM, later(LWA, 0.08), FIRST_BYTE),
        (MANGUM, paced(LWA, 0.9), LAST_BYTE),
        (paced(replace(LWA, url=MANGUM.url), 0.2), LWA, TOGETHER),
        (replace(MANGUM, chunks=(Chunk(2.0, b'{"message": "Hello"}'),)), LWA, SAME),
        (replace(MANGUM, chunks=(Chunk(2.0, b"IT STREAMS WORD BY WORD"),)), LWA, SAME),
    ],
    ids=["slow first byte", "all at once", "Mangum streams", "another answer", "another answer of the same length"],
)
def test_each_claim_can_fail(mangum: Recording, lwa: Recording, failing: int) -> None:
    assert told(mangum, lwa) == [number != failing for number in range(4)]


@pytest.mark.parametrize(
    ("mangum", "lwa", "says"),
    [
        (replace(MANGUM, status=502), LWA, "502 and 200, nothing broke"),
        (MANGUM, replace(LWA, status=502), "200 and 502, nothing broke"),
        (replace(MANGUM, status=502), replace(LWA, status=502), "502 and 502, nothing broke"),
        (
            MANGUM,
            replace(LWA, error="the server closed the connection"),
            "200 and 200, the server closed the connection",
        ),
        (replace(MANGUM, error="nothing came for 60 s"), LWA, "200 and 200, nothing came for 60 s"),
        (MANGUM, replace(LWA, status=None, chunks=(), error="nothing came"), "200 and None, nothing came"),
        (MANGUM, replace(LWA, chunks=()), "200 and 200, nothing broke"),
        (replace(MANGUM, chunks=()), replace(LWA, chunks=()), "200 and 200, nothing broke"),
    ],
    ids=["Mangum fails", "LWA fails", "both fail", "LWA breaks", "Mangum breaks", "no answer", "no body", "no bodies"],
)
def test_without_two_whole_answers_nothing_else_is_claimed(mangum: Recording, lwa: Recording, says: str) -> None:
    (claim,) = checks(Race({"Mangum": mangum, "LWA": lwa}))
    assert (claim.claim, claim.measured, claim.holds) == ("both answers are complete", says, False)
