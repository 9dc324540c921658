"""Unpacking what people upload."""

import io
import os
import zipfile

import pytest

from lambdastream.control.archive import unpack
from lambdastream.errors import PackagingError

LINK = 0o120777


def zip_of(*entries: tuple[str, bytes, int]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, mode in entries:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    return target.getvalue()


def test_files_folders_links_and_modes_are_kept(tmp_path):
    archive = zip_of(
        ("empty/", b"", 0o040755),
        ("run.sh", b"#!/bin/sh\n", 0o100755),
        ("lib/a.py", b"a = 1\n", 0),
        ("link", b"lib/a.py", LINK),
        ("suid", b"", 0o104755),
    )
    unpack(archive, tmp_path / "code")
    code = tmp_path / "code"
    modes = {name: (code / name).stat().st_mode & 0o7777 for name in ("run.sh", "lib/a.py", "suid")}
    assert modes == {"run.sh": 0o755, "lib/a.py": 0o644, "suid": 0o755}
    assert (code / "empty").is_dir()
    assert (code / "link").read_text() == "a = 1\n"
    assert os.listdir(tmp_path) == ["code"]  # noqa: PTH208


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        b"not a zip",
        zip_of(("a", b"a" * 100, 0))[:60],
        zip_of(("../a", b"", 0)),
        zip_of(("a/../../b", b"", 0)),
        zip_of(("/etc/a", b"", 0)),
        zip_of(("a\\..\\..\\b", b"", 0)),
        zip_of(("link", b"/etc/passwd", LINK)),
        zip_of(("link", b"../outside", LINK)),
        zip_of(("d/up", b"..", LINK), ("out", b"d/up/..", LINK)),
        zip_of(("d", b"..", LINK), ("d/a", b"", 0)),
        zip_of(("zeros", b"\0" * 2_000_000, 0)),
        zip_of(*((f"file-{number}", b"", 0) for number in range(101))),
    ],
    ids=[
        "empty",
        "no zip",
        "cut off",
        "path out",
        "path in and out",
        "absolute path",
        "backslashes",
        "absolute link",
        "link out",
        "links that lead out together",
        "file behind a link",
        "too large",
        "too many",
    ],
)
def test_what_is_refused_leaves_nothing(tmp_path, archive):
    folder = tmp_path / "project" / "code"
    with pytest.raises(PackagingError):
        unpack(archive, folder, largest=1_000_000, most=100)
    assert list(tmp_path.rglob("*")) == [tmp_path / "project"]


def test_a_size_that_lies_is_found_out(tmp_path):
    archive = bytearray(zip_of(("zeros", b"\0" * 2_000_000, 0)))
    size = (2_000_000).to_bytes(4, "little")
    while size in archive:
        at = archive.index(size)
        archive[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(PackagingError):
        unpack(bytes(archive), tmp_path / "code", largest=1_000_000)
