"""The files that the app sends."""

from pathlib import Path

import pytest

TIDES = Path(__file__).parents[3] / "app" / "chat" / "files" / "tides.txt"


def test_a_file_is_sent_as_what_it_is(chat):
    response = chat.get("/files/tides.txt")
    assert response.status_code == 200
    assert response.content == TIDES.read_bytes()
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["content-length"] == str(TIDES.stat().st_size)


def test_a_part_of_a_file_is_sent_to_who_asks_for_it(chat):
    response = chat.get("/files/tides.txt", headers={"Range": "bytes=4-7"})
    assert (response.status_code, response.content) == (206, b"tide")


@pytest.mark.parametrize("name", ["nothing.txt", "..%2Fmain.py", "%2e%2e%2fmain.py", "%2Fetc%2Fpasswd", "%00"])
def test_nothing_else_is_sent(chat, name):
    response = chat.get(f"/files/{name}")
    assert response.status_code == 404, response.text
