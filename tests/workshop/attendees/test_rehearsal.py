"""A workshop with 20 attendees, rehearsed: the real `sam`, the template, the commands as an instructor types them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from lambdastream.control import connect, supervisor
from lambdastream.control.profile import Profile
from lambdastream.control.project import Project

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[3]
BIN = Path(sys.executable).parent
ATTENDEES = [f"{number:02}" for number in range(1, 21)]
UNLUCKY = "13"
TAKEN = f"/aws/lambda/streaming-chat-{UNLUCKY}-ChatLwa"
PATIENCE = 300


@dataclass
class Room:
    """The instructor's project, and a shell in it."""

    project: Project

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = Profile(self.project).environment(os.environ) | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        return subprocess.run(
            [BIN / "lambdastream", "workshop", *words],
            cwd=self.project.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def told(self, *words: str, code: int = 0) -> dict[str, Any]:
        """What a command tells as JSON. It ends with this exit code."""
        done = self.run(*words, "--json")
        assert done.returncode == code, done.stdout + done.stderr
        assert "LOCAL AWS" in done.stderr or words[0] in ("status", "costs"), "it says where it goes"
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def client(self, service: str) -> Any:
        keys = Profile(self.project).keys()
        session = boto3.Session(keys.access_key_id, keys.secret_access_key, region_name="us-east-1")
        return session.client(service, endpoint_url=self.project.running().endpoint)


@pytest.fixture(scope="module")
def room(stand_in: Any) -> Iterator[Room]:
    """The instructor's project: this one's template, and an app that starts fast. Its local AWS runs."""
    project = stand_in(pause=0.05).project
    try:
        command = [BIN / "lambdastream", "up", "--detach", "--port", "0"]
        subprocess.run(command, cwd=project.root, check=True, capture_output=True, timeout=PATIENCE)
        yield Room(project)
    finally:
        supervisor.stop(project)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """An attendee's own copy of the course."""
    for folder in ("app", "notebooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "images"))
    return tmp_path


def by_attendee(told: dict[str, Any], field: str) -> dict[str, Any]:
    return {each["attendee"]: each[field] for each in told["attendees"]}


def test_a_workshop_from_its_first_deployment_to_the_last_log(room: Room, course: Path, eventually) -> None:
    room.client("logs").create_log_group(logGroupName=TAKEN)

    # Twenty side by side; one fails, is told, and is mended.
    first = room.told("deploy", "--attendees", "20", "--concurrency", "4", code=1)
    assert by_attendee(first, "result") == {name: "failed" if name == UNLUCKY else "deployed" for name in ATTENDEES}
    failed = next(each for each in first["attendees"] if each["attendee"] == UNLUCKY)
    assert failed["reason"] == "ChatLwaLogs: The specified log group already exists"
    assert failed["next_step"]
    seen = room.told("status", "--no-probe", code=1)
    assert by_attendee(seen, "state")[UNLUCKY] == "ROLLBACK_COMPLETE"
    assert by_attendee(seen, "note")[UNLUCKY] == failed["reason"]
    room.client("logs").delete_log_group(logGroupName=TAKEN)
    again = room.told("deploy", "--attendees", "20", "--concurrency", "4")
    assert by_attendee(again, "result") == {name: "deployed" if name == UNLUCKY else "was there" for name in ATTENDEES}

    # All of them stream, at addresses of their own.
    status = room.told("status")
    assert by_attendee(status, "streams") == dict.fromkeys(ATTENDEES, True)
    urls = by_attendee(status, "url")
    assert len(set(urls.values())) == len(ATTENDEES)

    # A late-comer is where notebook 05 begins.
    late = room.told("catch-up", UNLUCKY, "--to", "05", "--course", str(course))
    assert late["folder"] == str(course / "workspace" / f"05-{UNLUCKY}")
    assert "ChatMangumUrl" in late["outputs"]
    assert "ChatLwaUrl" not in late["outputs"]
    assert httpx.get(late["outputs"]["ChatMangumUrl"], timeout=60).json() == {"message": "Hello World!"}

    # It cost what forty requests to 256 MB cost.
    costs = eventually(lambda: counted(room.told("costs"), 39))
    assert costs["so_far"] == pytest.approx(
        sum(each["gb_seconds"] * 0.0000166667 + each["requests"] * 0.0000002 for each in costs["functions"])
    )
    # 39 functions x 4 at a time x 0.25 GB, and 10 requests a second for each
    seconds = costs["hours"] * 3600
    assert costs["ceiling"] == pytest.approx(39 * 4 * seconds * (0.25 * 0.0000166667 + 10 * 0.0000002))

    # And nothing is left.
    down = room.told("tear-down")
    assert sorted(down["removed"]) == [f"streaming-chat-{name}" for name in ATTENDEES]
    assert (down["left"], down["packages"] > 0) == ([], True)
    stacks = [each["StackName"] for each in room.client("cloudformation").describe_stacks()["Stacks"]]
    assert stacks == ["aws-sam-cli-managed-default"]
    assert room.client("logs").describe_log_groups()["logGroups"] == []
    assert room.client("lambda").list_functions()["Functions"] == []
    assert connect(room.project).status()["functions"] == []
    (bucket,) = room.client("s3").list_buckets()["Buckets"]
    assert "Versions" not in room.client("s3").list_object_versions(Bucket=bucket["Name"])
    for url in urls.values():
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)
    assert room.run("status").stdout == "There are no stacks of the workshop streaming-chat here.\n"


def counted(told: dict[str, Any], requests: int) -> dict[str, Any] | None:
    """The costs, when so many requests are in them: lines come to the logs a moment later."""
    return told if sum(each["requests"] for each in told["functions"]) >= requests else None
