"""The control plane's state in a file: there again, or an error that says what to do."""

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lambdastream.control.forgetting import SNAPSHOT
from lambdastream.errors import LocalAwsError

ACCOUNT = "123456789012"
LARGE = b"large" * 100_000


def snapshot_in(folder: Path) -> Any:
    """The state in a folder. It imports moto, which takes long: not in every process that collects the tests."""
    from lambdastream.control.snapshot import Snapshot

    return Snapshot(folder)


@pytest.fixture
def s3_backends() -> Any:
    """moto's, by accounts."""
    from moto.s3.models import s3_backends

    return s3_backends


@pytest.fixture
def s3(s3_backends: Any) -> Iterator[Any]:
    """An S3 with a bucket of two objects."""
    backend = s3_backends[ACCOUNT]["aws"]
    backend.create_bucket("kept-bucket", "us-east-1")
    backend.put_object("kept-bucket", "small", b"small")
    backend.put_object("kept-bucket", "large", LARGE)
    yield backend
    there = s3_backends[ACCOUNT]["aws"]
    there.buckets.clear()
    s3_backends.bucket_accounts.clear()


@pytest.fixture
def saved(tmp_path: Path, s3: Any) -> Path:
    """The file with the state."""
    del s3
    snapshot_in(tmp_path).save()
    return tmp_path / SNAPSHOT / "snapshot"


def test_nothing_saved_is_nothing_loaded(tmp_path: Path) -> None:
    assert snapshot_in(tmp_path).load() is False


def test_what_was_saved_is_there_again(tmp_path: Path, saved: Path, s3: Any, s3_backends: Any) -> None:
    before = {name: s3.get_object("kept-bucket", name).last_modified for name in ("small", "large")}
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    s3.buckets.clear()
    s3_backends.bucket_accounts.clear()
    assert snapshot_in(tmp_path).load() is True
    come = s3_backends[ACCOUNT]["aws"]
    assert {name: come.get_object("kept-bucket", name).last_modified for name in before} == before
    assert [come.get_object("kept-bucket", name).value for name in before] == [b"small", LARGE]
    assert s3_backends.bucket_accounts["kept-bucket"] == ("aws", ACCOUNT)


def test_what_is_deleted_takes_no_room(tmp_path: Path, saved: Path, s3: Any) -> None:
    snapshot = snapshot_in(tmp_path)
    blobs = saved.with_name("blobs")
    assert [path.read_bytes() for path in blobs.iterdir()] == [LARGE]
    s3.delete_object("kept-bucket", "large")
    snapshot.save()
    assert [*blobs.iterdir()] == []


def other_version(file: Path) -> None:
    head, _, rest = file.read_bytes().partition(b"\n")
    file.write_bytes(json.dumps(json.loads(head) | {"moto": "5.0.0"}).encode() + b"\n" + rest)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def no_blobs(file: Path) -> None:
    for path in file.with_name("blobs").iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (other_version, r"another version: lambdastream .* with moto 5\.0\.0"),
        (cut, "cannot be read"),
        (no_blobs, "cannot be read"),
        (lambda file: file.write_bytes(b""), "cannot be read"),
        (lambda file: file.write_bytes(b"[]\nrest"), "cannot be read"),
        (lambda file: file.chmod(0o644), "not made by the local AWS of this user"),
    ],
    ids=["another version", "cut off", "without its blobs", "empty", "no header", "from elsewhere"],
)
def test_what_cannot_be_brought_back_is_told_and_stays(
    tmp_path: Path, saved: Path, damage: Callable[[Path], None], problem: str
) -> None:
    damage(saved)
    content = saved.read_bytes()
    with pytest.raises(LocalAwsError, match=problem) as caught:
        snapshot_in(tmp_path).load()
    assert "lambdastream up --fresh" in caught.value.next_step
    assert saved.read_bytes() == content


def test_one_that_was_killed_while_it_saved_leaves_the_last_state(tmp_path: Path, saved: Path) -> None:
    saved.with_name("snapshot.new").write_bytes(saved.read_bytes()[:50])
    assert snapshot_in(tmp_path).load() is True


def test_a_save_that_fails_is_told_and_fails_nobody(
    tmp_path: Path, s3: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    del s3
    snapshot = snapshot_in(tmp_path)
    (tmp_path / SNAPSHOT / "snapshot").mkdir()
    snapshot.save()
    assert "The state is not saved" in capsys.readouterr().err
