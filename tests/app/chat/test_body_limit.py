"""How large a request may be."""

import json

import pytest

from body_limit import LARGEST

LINES = "/stream/chat/lines"
JSON = {"Content-Type": "application/json"}
LONGEST = json.dumps({"query": "\N{WATER WAVE}" * 1000}).encode()


def padded(size):
    """A question that is a body of this size."""
    body = json.dumps({"query": "fail at once"}).encode()
    return b" " * (size - len(body)) + body


def test_the_longest_question_has_room():
    assert len(LONGEST) < LARGEST


@pytest.mark.parametrize(("size", "status"), [(LARGEST, 503), (LARGEST + 1, 413), (50 * LARGEST, 413)])
def test_a_body_within_the_limit_is_read(chat, size, status):
    assert chat.post(LINES, content=padded(size), headers=JSON).status_code == status


def test_a_body_of_unknown_length_is_measured_as_it_comes(chat):
    response = chat.post(LINES, content=iter([b" " * 4096] * 100))
    assert response.status_code == 413
    assert response.json() == {"detail": "Send at most 16,384 bytes."}
