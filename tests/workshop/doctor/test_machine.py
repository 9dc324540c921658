"""The doctor on the machine: each finding is fine, can fail, and names a fix."""

import subprocess
import sys
from pathlib import Path

import pytest

from lambdastream.workshop.doctor.machine import (
    GIB,
    adapter_finding,
    disk_findings,
    isolation_findings,
    machine,
    platform_finding,
    python_finding,
)

ADAPTER = {"version": "1.0.0", "path": "/cache/lambda-adapter"}
CARGO = "#!/bin/sh\n"


@pytest.mark.parametrize(
    ("system", "architecture", "level"),
    [
        ("Linux", "x86_64", "fine"),
        ("Linux", "aarch64", "fine"),
        ("Linux", "riscv64", "wrong"),
        ("Darwin", "arm64", "wrong"),
        ("Windows", "AMD64", "wrong"),
    ],
)
def test_functions_run_on_linux_alone(system: str, architecture: str, level: str) -> None:
    finding = platform_finding(system, architecture)
    assert finding.level == level
    assert bool(finding.fix) is (level == "wrong")


@pytest.mark.parametrize(("version", "level"), [((3, 11, 0), "fine"), ((3, 14, 1), "fine"), ((3, 10, 9), "wrong")])
def test_the_python_is_new_enough(version: tuple[int, ...], level: str) -> None:
    assert python_finding(version).level == level


@pytest.mark.parametrize(
    ("problem", "level"), [("", "fine"), ("Operation not permitted", "warning")], ids=["namespaces", "none"]
)
def test_how_functions_are_kept_apart_is_told(problem: str, level: str) -> None:
    [finding] = isolation_findings("Linux", lambda: problem)
    assert finding.level == level
    assert problem in finding.what
    assert ("SYS_ADMIN" in finding.fix) is bool(problem)


def test_where_no_function_runs_nobody_tries_a_namespace() -> None:
    assert [*isolation_findings("Darwin", lambda: pytest.fail("There is none."))] == []


def no_image(image: str) -> bool:
    return False


def never(image: str) -> bool:
    pytest.fail("Nobody needs the image.")


def test_an_adapter_that_is_there_is_fine_and_nobody_looks_further() -> None:
    finding = adapter_finding(ADAPTER, {}, reaches_image=never)
    assert (finding.level, finding.fix) == ("fine", "")
    assert "1.0.0: /cache/lambda-adapter" in finding.what


def test_a_named_adapter_that_is_gone_is_wrong() -> None:
    finding = adapter_finding(None, {"LAMBDASTREAM_ADAPTER": "/nowhere"}, reaches_image=never)
    assert (finding.level, finding.fix) == ("wrong", "unset LAMBDASTREAM_ADAPTER")


def test_a_missing_adapter_comes_from_the_image_that_is_named() -> None:
    asked = []
    finding = adapter_finding(
        None,
        {"LAMBDASTREAM_ADAPTER_IMAGE": "127.0.0.1:5000/lwa:1.0.0"},
        reaches_image=lambda image: not asked.append(image),
    )
    assert (finding.level, asked) == ("warning", ["127.0.0.1:5000/lwa:1.0.0"])
    assert finding.fix.startswith(sys.executable)


@pytest.mark.parametrize(("has_cargo", "level"), [(True, "warning"), (False, "wrong")])
def test_without_the_image_cargo_builds_the_adapter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_cargo: bool, level: str
) -> None:
    if has_cargo:
        (tmp_path / "cargo").write_text(CARGO, encoding="utf-8")
        (tmp_path / "cargo").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "none"))
    finding = adapter_finding(None, {}, reaches_image=no_image)
    assert finding.level == level
    assert finding.fix


@pytest.mark.parametrize(
    ("free", "level"), [(3 * GIB, "fine"), (GIB, "warning"), (GIB // 4, "wrong")], ids=["much", "little", "none"]
)
def test_the_disk_has_room(tmp_path: Path, free: int, level: str) -> None:
    (finding,) = disk_findings({tmp_path / "not" / "yet", tmp_path}, lambda path: free if path.is_dir() else 0)
    assert (finding.level, bool(finding.fix)) == (level, level != "fine")


def test_a_disk_is_told_of_once_while_something_is_written_to_it(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    rooms = iter([5 * GIB, 4 * GIB])
    assert len(list(disk_findings((tmp_path, tmp_path / "other"), lambda _: next(rooms)))) == 1


def test_this_machine_is_looked_at_and_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDASTREAM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LAMBDASTREAM_ADAPTER", str(tmp_path / "none"))
    findings = machine(tmp_path)
    assert [finding.check for finding in findings][:4] == ["platform", "python", "isolation", "adapter"]
    assert findings[3].level == "wrong"
    assert not (tmp_path / "cache").exists()


def test_the_command_that_gets_the_adapter_runs() -> None:
    command = adapter_finding(None, {}, reaches_image=lambda _: True).fix
    checked = command.replace("find_adapter(say=print)", "print(find_adapter.__name__)")
    done = subprocess.run(["sh", "-c", checked], capture_output=True, text=True, check=False)
    assert done.stdout == "find_adapter\n"
