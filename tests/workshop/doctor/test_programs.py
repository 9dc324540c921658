"""The doctor on programs: found by starting them, from a PATH that the test makes."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lambdastream.runtime.interpreter import own_runtime
from lambdastream.workshop.doctor.declared import Declared
from lambdastream.workshop.doctor.programs import programs, runtime_findings, sam_finding

OWN = own_runtime()
NO_PIP = f'case "$*" in *pip*) exit 1;; esac; exec {sys.executable} "$@"'
WITH_PIP = f'case "$*" in *pip*) exit 0;; esac; exec {sys.executable} "$@"'
Put = Callable[[str, str], None]


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Put a program on PATH, where there is no other."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def write(name: str, script: str) -> None:
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)

    return write


def test_sam_is_on_the_path(put: Put, tmp_path: Path) -> None:
    put("sam", "true")
    assert (sam_finding().level, sam_finding().what) == ("fine", f"sam: {tmp_path / 'sam'}")


def test_sam_beside_this_python_has_to_be_put_on_the_path(put: Put) -> None:
    found = sam_finding()
    assert found.level == "wrong"
    assert found.fix == f'export PATH="{Path(sys.executable).parent}:$PATH"'


@pytest.mark.parametrize("name", [OWN, "python", "python3"])
def test_a_runtime_with_pip_is_fine(put: Put, name: str) -> None:
    put(name, WITH_PIP)
    assert [each.level for each in runtime_findings(Declared(OWN))] == ["fine"]


def test_a_shim_that_does_not_start_is_passed_over(put: Put) -> None:
    put(OWN, "exit 127")
    put("python", WITH_PIP)
    assert [each.level for each in runtime_findings(Declared(OWN))] == ["fine"]


def test_a_runtime_without_pip_cannot_build(put: Put, tmp_path: Path) -> None:
    put(OWN, NO_PIP)
    (found,) = runtime_findings(Declared(OWN))
    assert (found.level, found.check) == ("wrong", "pip")
    assert found.fix == f"uv pip install --python {tmp_path / OWN} pip"


def test_a_runtime_that_is_here_and_not_on_the_path(put: Put) -> None:
    (found,) = runtime_findings(Declared(OWN))
    assert (found.level, found.check) == ("wrong", "runtime")
    assert found.fix == f'export PATH="{Path(sys.executable).parent}:$PATH"'


def test_a_runtime_that_is_nowhere_is_installed(put: Put) -> None:
    (found,) = runtime_findings(Declared("python3.99"))
    assert (found.level, found.fix) == ("wrong", "uv python install 3.99")


def test_a_parameter_lets_the_own_runtime_take_its_place(put: Put) -> None:
    put(OWN, WITH_PIP)
    instead, own = runtime_findings(Declared("python3.99", "PythonRuntime", (OWN, "python3.99")))
    assert (instead.level, own.level) == ("warning", "fine")
    options = f"--parameter-overrides PythonRuntime={OWN}"
    assert instead.fix == f"sam build {options} && sam deploy {options}"


def test_without_a_template_it_is_the_own_runtime_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    sam, runtime = programs([])
    assert (sam.level, runtime.level) == ("fine", "fine")
    assert OWN in runtime.what
