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


@pytest.mark.parametrize(
    "name", ["nothing.txt", "..%2Fmain.py", "%2e%2e%2fmain.py", "%2Fetc%2Fpasswd", "%00", "%F0%9F%8C%8A" * 60]
)
def test_nothing_else_is_sent(chat, name):
    response = chat.get(f"/files/{name}")
    assert response.status_code == 404, response.text


def test_no_name_is_longer_than_a_file_system_takes(chat):
    response = chat.get(f"/files/{'x' * 61}")
    assert response.status_code == 422


def test_a_part_that_is_not_there_cannot_be_had(chat):
    response = chat.get("/files/tides.txt", headers={"Range": "bytes=1000-"})
    assert response.status_code == 416
