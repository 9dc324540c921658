"""Building a function: its code, and beside it what its requirements name."""

import hashlib
import os
import stat
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from lambdastream.control.package import package
from lambdastream.control.project import Project
from lambdastream.errors import LocalAwsError, PackagingError, RuntimeNotFoundError
from lambdastream.runtime.interpreter import own_runtime

LEFT_OUT = ("__pycache__/app.cpython-311.pyc", "stale.pyc", ".git/config", ".DS_Store", "pkg/.cache/x")
WHEEL = {
    "greeting.py": "HELLO = 'hello'\n",
    "greeting-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n",
    "greeting-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "greeting-1.0.dist-info/RECORD": "greeting.py,,\ngreeting-1.0.dist-info/METADATA,,\ngreeting-1.0.dist-info/WHEEL,,\n",
}


@dataclass(frozen=True)
class Source:
    """A function's code, and the project that it is built in."""

    folder: Path
    project: Project

    def write(self, name: str, text: str = "") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def build(self, **options: object) -> Path:
        return package(self.folder, project=self.project, **options)

    def built(self) -> list[Path]:
        """Every folder that is there, finished or not."""
        return [path for path in self.project.builds.iterdir() if path.is_dir()]


@pytest.fixture
def source(tmp_path: Path) -> Source:
    made = Source(tmp_path / "chat", Project(tmp_path / "project"))
    made.write("app.py", "import greeting\n")
    made.write("pkg/data.txt", "data")
    made.write("run.sh", "#!/bin/sh\n").chmod(0o755)
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wheels") / "greeting-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        for name, text in WHEEL.items():
            file.writestr(name, text)
    return path


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_code_is_copied_with_its_modes_and_without_caches(source: Source) -> None:
    for name in LEFT_OUT:
        source.write(name)
    built = source.build()
    assert files(built) == {"app.py", "pkg/data.txt", "run.sh"}
    assert stat.S_IMODE((built / "run.sh").stat().st_mode) == 0o755
    assert built.parent == source.project.builds


def test_requirements_are_installed_beside_the_code(source: Source, wheel: Path) -> None:
    source.write("requirements.txt", f"--no-index\ngreeting @ {wheel.as_uri()}\n")
    built = source.build()
    assert (built / "greeting.py").read_text(encoding="utf-8") == WHEEL["greeting.py"]
    assert {"app.py", "requirements.txt"} <= files(built)


def test_another_file_of_requirements_can_be_named(source: Source, wheel: Path, tmp_path: Path) -> None:
    source.write("requirements.txt", "--no-index\nno-such-package==1\n")
    pins = tmp_path / "pins.txt"
    pins.write_text(f"--no-index\ngreeting @ {wheel.as_uri()}\n", encoding="utf-8")
    assert (source.build(requirements=pins) / "greeting.py").is_file()


@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
def test_hashes_are_verified(source: Source, wheel: Path, right: bool) -> None:
    digest = hashlib.sha256(wheel.read_bytes() if right else b"something else").hexdigest()
    source.write("requirements.txt", f"--no-index\ngreeting @ {wheel.as_uri()} --hash=sha256:{digest}\n")
    if right:
        assert (source.build() / "greeting.py").is_file()
    else:
        with pytest.raises(PackagingError, match=r"(?s)chat/requirements\.txt cannot be installed.*[Hh]ash mismatch"):
            source.build()


def test_what_uv_cannot_find_it_says_in_its_own_words_and_nothing_is_left(source: Source) -> None:
    source.write("requirements.txt", "--no-index\nno-such-package==1\n")
    with pytest.raises(PackagingError) as raised:
        source.build()
    assert "no-such-package" in raised.value.problem
    assert "not found" in raised.value.problem
    assert raised.value.next_step
    assert source.built() == []

    source.write("requirements.txt", "")
    assert source.build().is_dir()


def test_what_was_built_before_is_taken_as_it_is(source: Source) -> None:
    first = source.build()
    (first / "mark").touch()
    for name in LEFT_OUT:
        source.write(name)
    os.utime(source.folder / "app.py", (0, 0))
    assert source.build() == first
    assert (first / "mark").exists()


CHANGES: dict[str, Callable[[Source], object]] = {
    "a file's text": lambda source: source.write("app.py", "import other\n"),
    "a file's mode": lambda source: (source.folder / "run.sh").chmod(0o644),
    "a file more": lambda source: source.write("pkg/more.txt"),
    "a file less": lambda source: (source.folder / "pkg" / "data.txt").unlink(),
    "a file's name": lambda source: (source.folder / "app.py").rename(source.folder / "main.py"),
    "a file's folder": lambda source: (source.folder / "pkg").rename(source.folder / "package"),
    "requirements": lambda source: source.write("requirements.txt", "# none\n"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_change_makes_another_build(source: Source, change: Callable[[Source], object]) -> None:
    before = source.build()
    change(source)
    after = source.build()
    assert after != before
    assert files(after) == files(source.folder)


def test_another_runtime_makes_another_build(source: Source) -> None:
    assert source.build(runtime="python3.98") != source.build(runtime=own_runtime())


def test_a_runtime_that_is_not_here_cannot_be_built_for(source: Source, wheel: Path) -> None:
    source.write("requirements.txt", f"--no-index\ngreeting @ {wheel.as_uri()}\n")
    with pytest.raises(RuntimeNotFoundError, match=r"python3\.98"):
        source.build(runtime="python3.98")
    assert source.built() == []


def test_two_who_build_at_once_get_the_same_build(source: Source, wheel: Path) -> None:
    source.write("requirements.txt", f"--no-index\ngreeting @ {wheel.as_uri()}\n")
    with ThreadPoolExecutor() as pool:
        builds = [each.result() for each in [pool.submit(source.build) for _ in range(3)]]
    assert len(set(builds)) == 1
    assert source.built() == builds[:1]


def test_what_a_killed_builder_left_is_removed(source: Source) -> None:
    first = source.build()
    (source.project.builds / "unfinished-x" / "function").mkdir(parents=True)
    source.write("app.py", "changed = True\n")
    assert sorted(source.built()) != [first]
    second = source.build()
    assert set(source.built()) == {first, second}


def test_the_current_project_is_built_in_by_default(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    source.project.make_state()
    monkeypatch.chdir(source.project.root)
    assert package(str(source.folder)) == source.build()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda source: {"source": source.folder / "nowhere"}, "There is no folder .*/nowhere"),
        (lambda source: {"source": source.folder / "app.py"}, "There is no folder .*/app.py"),
        (lambda source: {"requirements": source.folder / "none.txt"}, "There is no file .*/none.txt"),
        (lambda source: (source.folder / "link").symlink_to("nowhere") or {}, "cannot be built: [^(]*/link"),
        (lambda source: os.mkfifo(source.folder / "pipe") or {}, "cannot be built: .*named pipe"),
    ],
    ids=["no folder", "a file", "no requirements", "dangling link", "named pipe"],
)
def test_what_cannot_be_built_is_named(source: Source, spoil: Callable[[Source], dict[str, Path]], says: str) -> None:
    options = {"source": source.folder, "project": source.project, **spoil(source)}
    with pytest.raises(PackagingError, match=says) as raised:
        package(options.pop("source"), **options)
    assert raised.value.next_step


def test_a_project_that_cannot_be_written_is_named(source: Source) -> None:
    source.project.root.touch()
    with pytest.raises(LocalAwsError, match="cannot be written"):
        source.build()
