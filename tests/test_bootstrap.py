"""``make lab`` on a machine with nothing but a Python: which one is taken, and what is said when none fits.

The interpreters here are scripts: what they are asked, a real one answers; what they would install is written down.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = ("bash", "cat", "chmod", "dirname", "env", "mkdir", "rm", "touch")

PYTHON = """#!/bin/sh
echo "$0 $*" >> "$CALLS"
case "$*" in
*ensurepip*) exit {without_ensurepip} ;;
--version) echo "Python {version}" ;;
"-m venv"*)
    rm -rf "$4"
    mkdir -p "$4/bin"
    for name in python uv; do
        printf '#!/bin/sh\\necho "$0 $*" >> "$CALLS"\\n' > "$4/bin/$name"
        chmod 755 "$4/bin/$name"
    done ;;
*) exec "$REAL" -c "import sys; sys.version_info = tuple(map(int, '{version}'.split('.'))); $2" ;;
esac
"""
SHIM = "#!/bin/sh\necho 'version manager: command not found' >&2\nexit 127\n"
BOOTSTRAP = """#!/usr/bin/env bash
set -euo pipefail
echo "bootstrap $*" >> "$CALLS"
[ -z "${FAILS:-}" ] || exit 1
mkdir -p "$1/bin"
printf '#!/bin/sh\\necho "lambdastream $*" >> "$CALLS"\\nexit "${CODE:-0}"\\n' > "$1/bin/lambdastream"
chmod 755 "$1/bin/lambdastream"
"""


@dataclass(frozen=True)
class Machine:
    """A fresh clone on a machine whose PATH has one folder of tools, and those with interpreters that a test makes."""

    folder: Path

    @property
    def clone(self) -> Path:
        return self.folder / "a clone"

    @property
    def calls(self) -> list[str]:
        """What was run, in order, without the questions to the interpreters."""
        written = self.folder / "calls"
        lines = written.read_text(encoding="utf-8").splitlines() if written.exists() else []
        return [line.removeprefix(f"{self.folder}/") for line in lines if " -c " not in line]

    def add(self, name: str, version: str = "", *, ensurepip: bool = True) -> Path:
        """An interpreter of that version in a folder on PATH; without a version, one that does not start."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(PYTHON.format(version=version, without_ensurepip=int(not ensurepip)) if version else SHIM)
        path.chmod(0o755)
        return path

    def run(self, *command: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        path = ":".join(str(self.folder / name) for name in ("first", "second", "tools"))
        own = {"PATH": path, "REAL": sys.executable, "CALLS": str(self.folder / "calls"), **variables}
        return subprocess.run(command, cwd=self.folder, env=own, capture_output=True, text=True, check=False)

    def bootstrap(self, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.run(self.clone / "requirements" / "bootstrap.sh", ".venv", **variables)

    def make(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.run(shutil.which("make"), "-C", self.clone, *arguments, **variables)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    shutil.copytree(ROOT / "requirements", made.clone / "requirements")
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, made.clone)
    (tmp_path / "tools").mkdir()
    for tool in TOOLS:
        (tmp_path / "tools" / tool).symlink_to(shutil.which(tool))
    return made


def makes(python: str) -> str:
    return f"{python} -m venv --clear .venv"


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        ({"first/python3": "3.11.0"}, "first/python3"),
        ({"first/python3": "3.14.0", "first/python3.12": "3.12.1"}, "first/python3"),
        ({"first/python3": "", "first/python3.12": "3.12.1"}, "first/python3.12"),
        ({"first/python3": "3.10.13", "first/python3.11": "3.11.7"}, "first/python3.11"),
        ({"first/python3": "2.7.18", "second/python3": "3.13.0"}, "second/python3"),
        ({"first/python3.12": "", "second/python3.12": "3.12.1"}, "second/python3.12"),
        ({"first/python3": "", "first/python3.13": "", "second/python3.13": "3.13.0"}, "second/python3.13"),
    ],
    ids=["the only one", "python3 first", "shim", "too old", "older before newer", "shim before the real one", "shims"],
)
def test_the_first_python_that_starts_is_taken(machine: Machine, there: dict[str, str], taken: str) -> None:
    for name, version in there.items():
        machine.add(name, version)
    done = machine.bootstrap()
    assert (done.returncode, done.stderr) == (0, "")
    assert machine.calls[1] == makes(taken)


def test_a_named_python_is_taken_before_any_other(machine: Machine) -> None:
    machine.add("first/python3", "3.14.0")
    named = machine.add("my pythons/python3.12", "3.12.1")
    assert machine.bootstrap(LAMBDASTREAM_PYTHON=str(named)).returncode == 0
    assert machine.calls[1] == makes("my pythons/python3.12")


@pytest.mark.parametrize("version", ["", "3.10.13"], ids=["does not start", "too old"])
def test_a_named_python_that_does_not_fit_is_not_replaced(machine: Machine, version: str) -> None:
    machine.add("first/python3", "3.14.0")
    named = machine.add("mine/python3", version)
    done = machine.bootstrap(LAMBDASTREAM_PYTHON=str(named))
    assert done.returncode == 1
    assert f"LAMBDASTREAM_PYTHON names {named}" in done.stderr
    assert machine.calls == []


@pytest.mark.parametrize(
    "there", [{}, {"first/python3": ""}, {"first/python3": "3.10.13"}], ids=["none", "shim", "old"]
)
def test_without_a_python_it_says_how_to_get_one(machine: Machine, there: dict[str, str]) -> None:
    for name, version in there.items():
        machine.add(name, version)
    done = machine.bootstrap()
    assert done.returncode == 1
    assert "No Python 3.11 or newer starts on this machine." in done.stderr
    assert "apt install python3 python3-venv" in done.stderr
    assert "LAMBDASTREAM_PYTHON=" in done.stderr
    assert not (machine.clone / ".venv").exists()


def test_a_python_without_ensurepip_names_the_package_to_install(machine: Machine) -> None:
    machine.add("first/python3", "3.12.1", ensurepip=False)
    done = machine.bootstrap()
    assert done.returncode == 1
    assert "(3.12) has no ensurepip" in done.stderr
    assert "apt install python3.12-venv" in done.stderr
    assert not (machine.clone / ".venv").exists()


def test_everything_is_installed_from_the_hashed_requirements(machine: Machine) -> None:
    machine.add("first/python3", "3.12.1")
    machine.bootstrap()
    assert machine.calls[1:] == [
        makes("first/python3"),
        ".venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt",
        ".venv/bin/uv pip sync --quiet --require-hashes requirements/lab.txt",
        ".venv/bin/uv pip uninstall --quiet rfc3987-syntax --python .venv/bin/python",
        ".venv/bin/uv pip install --quiet --no-deps --no-build-isolation --editable . --python .venv/bin/python",
    ]


def test_an_environment_that_works_is_kept(machine: Machine) -> None:
    machine.add("first/python3", "3.12.1")
    machine.bootstrap()
    machine.bootstrap()
    assert machine.calls.count(makes("first/python3")) == 1


def test_an_environment_whose_python_is_gone_is_made_anew(machine: Machine) -> None:
    machine.add("first/python3", "3.12.1")
    machine.bootstrap()
    python = machine.clone / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3.12")
    assert machine.bootstrap().returncode == 0
    assert machine.calls.count(makes("first/python3")) == 2


def test_a_step_that_fails_ends_it(machine: Machine) -> None:
    machine.add("first/python3", "3.12.1")
    machine.bootstrap()
    (machine.clone / ".venv" / "bin" / "uv").write_text("#!/bin/sh\necho no network >&2\nexit 2\n", encoding="utf-8")
    done = machine.bootstrap()
    assert (done.returncode, done.stderr) == (2, "no network\n")


@pytest.fixture
def bootstrapped(machine: Machine) -> Machine:
    """A clone in which nothing is installed for real: its bootstrap writes down that it was run."""
    (machine.clone / "requirements" / "bootstrap.sh").write_text(BOOTSTRAP, encoding="utf-8")
    return machine


def test_make_lab_sets_up_once_and_runs_the_lab(bootstrapped: Machine) -> None:
    assert bootstrapped.make("lab", "ARGS=--check --port 0").returncode == 0
    assert bootstrapped.make("lab").returncode == 0
    assert bootstrapped.calls == ["bootstrap .venv", "lambdastream lab --check --port 0", "lambdastream lab"]


def test_a_changed_requirement_sets_up_anew(bootstrapped: Machine) -> None:
    bootstrapped.make("lab")
    ready = bootstrapped.clone / ".venv" / "ready"
    os.utime(ready, (0, 0))
    bootstrapped.make("lab")
    assert bootstrapped.calls.count("bootstrap .venv") == 2


def test_a_failed_set_up_is_tried_again(bootstrapped: Machine) -> None:
    assert bootstrapped.make("lab", FAILS="yes").returncode != 0
    assert bootstrapped.make("lab").returncode == 0
    assert bootstrapped.calls == ["bootstrap .venv", "bootstrap .venv", "lambdastream lab"]


def test_a_lab_that_fails_fails_make(bootstrapped: Machine) -> None:
    assert bootstrapped.make("lab", CODE="1").returncode != 0


def test_make_passes_on_the_named_python(bootstrapped: Machine) -> None:
    script = bootstrapped.clone / "requirements" / "bootstrap.sh"
    script.write_text('#!/usr/bin/env bash\necho "$LAMBDASTREAM_PYTHON" >> "$CALLS"\nexit 1\n', encoding="utf-8")
    bootstrapped.make("lab", "LAMBDASTREAM_PYTHON=/my/python3")
    assert bootstrapped.calls == ["/my/python3"]
