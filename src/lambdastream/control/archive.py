"""Unpacking the zip archives that people upload, as Lambda does, and never outside of the folder meant for them."""

from __future__ import annotations

import io
import os
import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO, Final

from lambdastream.errors import PackagingError

# Source: AWS Lambda quotas, "Deployment package (.zip file archive) size".
LARGEST_UNPACKED: Final = 262_144_000
MOST_FILES: Final = 100_000
LONGEST_LINK: Final = 4096
PIECE: Final = 1 << 20
ADVICE: Final = "Build the function again (sam build), and deploy what was built."


def unpack(archive: bytes, folder: Path, *, largest: int = LARGEST_UNPACKED, most: int = MOST_FILES) -> None:
    """Unpack a zip archive into ``folder``, which must not be there yet; on an error nothing of it is left.

    ``largest`` is in bytes, all files together; ``most`` counts the entries. Files keep whether they are executable.
    Raises ``PackagingError`` for what is no archive, is too large, or would reach outside of the folder.
    """
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        _unpack(archive, partial, largest, most)
        partial.rename(folder)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise _refused(f"Could not unzip uploaded file: {error}.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _unpack(archive: bytes, folder: Path, largest: int, most: int) -> None:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        entries = opened.infolist()
        if len(entries) > most:
            raise _refused(f"The archive has {len(entries)} entries, more than {most}.")
        if sum(entry.file_size for entry in entries) > largest:
            raise _too_large(largest)
        links: list[tuple[Path, str]] = []
        left = largest
        for entry in entries:
            target = _inside(folder, entry.filename)
            if stat.S_ISLNK(entry.external_attr >> 16):
                links.append((target, _link_target(opened, entry)))
            elif entry.is_dir():
                target.mkdir(parents=True, exist_ok=True)
            else:
                # The sizes that an archive declares may be lies.
                left -= _write(opened, entry, target, left)
                if left < 0:
                    raise _too_large(largest)
    # Links come last, so that no file is written through one.
    for place, points_to in links:
        _link(folder, place, points_to)
    for place, points_to in links:
        _check_link(folder, place, points_to)


def _inside(folder: Path, name: str) -> Path:
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        raise _refused(f"The archive has an entry {name!r}, which is not a path inside of it.")
    return folder.joinpath(*path.parts)


def _write(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(entry) as source, target.open("wb") as copy:
        written = _copy(source, copy, left)
    target.chmod(0o755 if entry.external_attr >> 16 & 0o111 else 0o644)
    return written


def _copy(source: IO[bytes], copy: IO[bytes], left: int) -> int:
    written = 0
    while written <= left and (piece := source.read(PIECE)):
        copy.write(piece)
        written += len(piece)
    return written


def _link_target(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    with opened.open(entry) as source:
        return source.read(LONGEST_LINK).decode()


def _link(folder: Path, place: Path, points_to: str) -> None:
    if PurePosixPath(points_to).is_absolute():
        raise _refused(f"The link {place.relative_to(folder)} in the archive leads to {points_to}, outside of it.")
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.parent.resolve().is_relative_to(folder.resolve()):
        raise _refused(f"The archive has an entry {place.relative_to(folder)}, which lies behind a link out of it.")
    place.symlink_to(points_to)


def _check_link(folder: Path, place: Path, points_to: str) -> None:
    if not Path(os.path.realpath(place)).is_relative_to(folder.resolve()):
        raise _refused(f"The link {place.relative_to(folder)} in the archive leads to {points_to}, outside of it.")


def _too_large(largest: int) -> PackagingError:
    return _refused(f"Unzipped size must be smaller than {largest} bytes.")


def _refused(problem: str) -> PackagingError:
    return PackagingError(problem, next_step=ADVICE)
