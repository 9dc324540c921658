"""How attendees' stacks are told of, and what is seen of a URL."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from lambdastream.errors import UsageError
from lambdastream.workshop.attendees.stacks import Stack, read_stack
from lambdastream.workshop.attendees.status import AttendeeStatus, Probe, Status, probe
from lambdastream.workshop.attendees.tags import StackTags

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def stack(url="", status="CREATE_COMPLETE", **options):
    outputs = {"ChatLwaUrl": url} if url else {}
    return Stack("room-ada", status, StackTags("room", "ada", options.pop("expires", None)), outputs=outputs, **options)


class Site(BaseHTTPRequestHandler):
    """Answers at /MODE/..., as the mode says."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        mode = self.path.split("/")[1]
        is_stream = "stream/chat" in self.path
        statuses = {"broken": 500, "unready": 503 if is_stream else 200, "signed": self.signed_status()}
        self.send_response(statuses.get(mode, 200))
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if is_stream and mode == "buffered":
            time.sleep(0.3)
        for _ in range(4):
            if is_stream and mode in ("streamed", "signed"):
                time.sleep(0.08)
            self.wfile.write(b"4\r\nword\r\n")
        if mode != "cut":
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def signed_status(self):
        return 200 if self.headers.get("authorization", "").startswith("Test") else 403

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer()

    def log_message(self, *_):
        """Requests are not worth a line."""


class Signed(httpx.Auth):
    def auth_flow(self, request):
        request.headers["authorization"] = "Test"
        yield request


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        pytest.param("streamed", Probe(answers=True, streams=True), id="it streams"),
        pytest.param("buffered", Probe(answers=True, streams=False, note="it all came at once"), id="it does not"),
        pytest.param("fast", Probe(answers=True, note="too short to tell"), id="it cannot be told"),
        pytest.param("broken", Probe(answers=False, note="it answers 500"), id="it is broken"),
        pytest.param("unready", Probe(answers=True, streams=False, note="it answers 503"), id="the chat is broken"),
        pytest.param("signed", Probe(answers=True, streams=True), id="it wants a signature"),
    ],
)
def test_a_url_is_asked_for_a_stream(site, mode, expected):
    assert probe(stack(f"{site}/{mode}/"), Signed()) == expected


def test_an_answer_that_breaks_off_is_none(site):
    found = probe(stack(f"{site}/cut/"))
    assert found.answers is False
    assert found.note.startswith("it does not answer: ")


def test_a_url_that_nobody_serves_does_not_answer():
    found = probe(stack("http://127.0.0.1:9/"))
    assert (found.answers, found.streams) == (False, None)
    assert found.note


def test_without_the_keys_a_signed_url_does_not_answer(site):
    assert probe(stack(f"{site}/signed/")) == Probe(answers=False, note="it answers 403")


def test_a_stack_that_has_no_url_is_not_asked():
    assert probe(stack()) == Probe()


FINE = AttendeeStatus(stack("http://127.0.0.1:1/", updated=NOW), Probe(answers=True, streams=True))
BUFFERED = AttendeeStatus(stack("http://127.0.0.1:1/"), Probe(answers=True, streams=False, note="it all came at once"))
FAILED = AttendeeStatus(stack(status="ROLLBACK_COMPLETE", reason="ChatLwaLogs: it exists"))
WAITING = AttendeeStatus(stack("http://127.0.0.1:1/"), asked=True)


@pytest.mark.parametrize(
    ("each", "fine", "words"),
    [
        pytest.param(FINE, True, ("yes", "yes", "09:00:00"), id="fine"),
        pytest.param(BUFFERED, False, ("yes", "NO", "it all came at once"), id="it does not stream"),
        pytest.param(FAILED, False, ("ROLLBACK_COMPLETE", "ChatLwaLogs: it exists"), id="it failed"),
        pytest.param(WAITING, True, ("…",), id="not known yet"),
        pytest.param(AttendeeStatus(stack()), True, ("nothing that streams is deployed yet",), id="in mid-course"),
    ],
)
def test_a_row_tells_of_an_attendee(each, fine, words):
    assert each.is_fine is fine
    assert set(words) <= set(each.row())


def test_what_has_expired_is_told():
    past, future = (datetime.now(UTC) + timedelta(hours=hours) for hours in (-1, 1))
    assert "it has expired" in AttendeeStatus(stack(expires=past)).note
    assert "expired" not in AttendeeStatus(stack(expires=future)).note


def test_all_of_them_make_a_table_and_json():
    status = Status("room", (FINE, FAILED))
    assert not status.is_fine
    assert str(status).splitlines()[-1] == "2 attendees: 1 deployed, 1 seen to stream."
    told = json.loads(json.dumps(status.to_json()))
    first, second = told["attendees"]
    assert first["url"] == "http://127.0.0.1:1/"
    assert (first["answers"], first["streams"], first["updated"]) == (True, True, "2026-11-22T09:00:00+00:00")
    assert (second["state"], second["streams"], second["note"]) == ("ROLLBACK_COMPLETE", None, "ChatLwaLogs: it exists")


def test_one_of_them_is_found_by_the_name_on_the_list():
    status = Status("room", (FINE,))
    assert status["ada"] is status["Ada"] is FINE
    with pytest.raises(UsageError, match="no stack of eve") as refused:
        status["eve"]
    assert "ada" in refused.value.next_step


def test_a_cell_that_ends_with_it_shows_the_table_once():
    # The table is on the screen by then.
    assert repr(Status("room", (FINE,))) == "<Status 1 attendee: 1 deployed, 1 seen to stream.>"
    assert not hasattr(Status("room", (FINE,)), "_repr_html_")


def test_an_empty_room_is_no_fault():
    assert Status("room", ()).is_fine
    assert str(Status("room", ())) == "There are no stacks of the workshop room here."


def test_a_stack_is_read_from_what_cloudformation_tells():
    told = {
        "StackName": "room-ada",
        "StackStatus": "UPDATE_COMPLETE",
        "CreationTime": NOW,
        "LastUpdatedTime": NOW + timedelta(hours=1),
        "Tags": StackTags("room", "ada").to_aws(),
        "Outputs": [{"OutputKey": "ChatLwaUrl", "OutputValue": "http://x/"}],
        "Parameters": [{"ParameterKey": "OpenConcurrency", "ParameterValue": "5"}],
    }
    found = read_stack(told)
    assert (found.attendee, found.is_fine, found.created, found.updated) == ("ada", True, NOW, told["LastUpdatedTime"])
    assert (found.outputs, found.parameters) == ({"ChatLwaUrl": "http://x/"}, {"OpenConcurrency": "5"})
    assert read_stack(told | {"Tags": []}) is None
