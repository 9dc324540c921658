"""Which adapter is there, told without fetching one."""

import hashlib
import shutil
from pathlib import Path

import pytest

from lambdastream.control.adapter_status import adapter_status
from lambdastream.runtime.web_adapter.binary import machine_architecture

PROGRAM = "/bin/true"


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAMBDASTREAM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LAMBDASTREAM_ADAPTER", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def cached(empty_cache: Path) -> Path:
    digest = hashlib.sha256(Path(PROGRAM).read_bytes()).hexdigest()
    path = empty_cache / "adapter" / f"lambda-adapter-1.0.0-{machine_architecture()}-{digest}"
    path.parent.mkdir(parents=True)
    shutil.copy(PROGRAM, path)
    return path


def test_without_an_adapter_there_is_none_and_none_is_fetched(empty_cache: Path) -> None:
    assert adapter_status() is None
    assert not empty_cache.exists()


def test_the_cached_one_is_named_with_its_version(cached: Path) -> None:
    assert adapter_status() == {"version": "1.0.0", "path": str(cached)}


def test_the_named_one_comes_first(cached: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDASTREAM_ADAPTER", str(tmp_path / "mine"))
    (tmp_path / "mine").write_bytes(b"mine")
    assert adapter_status() == {"version": "custom", "path": str(tmp_path / "mine")}
    shutil.copy(cached, tmp_path / "mine")
    assert adapter_status() == {"version": "1.0.0", "path": str(tmp_path / "mine")}


def test_a_cache_that_cannot_be_read_is_no_reason_to_fail(empty_cache: Path) -> None:
    empty_cache.mkdir()
    (empty_cache / "adapter").touch()
    assert adapter_status() is None


def test_a_named_one_that_is_not_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDASTREAM_ADAPTER", "/nowhere/lambda-adapter")
    assert adapter_status() is None
