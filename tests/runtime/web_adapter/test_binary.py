"""What a file must be to count as the adapter's binary."""

import re
import time
from pathlib import Path

import pytest

from lambdastream.errors import AdapterNotFoundError
from lambdastream.runtime.web_adapter.binary import check_starts, elf_architecture, machine_architecture

TRUE = Path("/bin/true").read_bytes()
MACHINES = {"x86_64": 62, "arm64": 183}
OTHER = {"x86_64": "arm64", "arm64": "x86_64"}


def elf(architecture):
    return TRUE[:18] + MACHINES[architecture].to_bytes(2, "little") + TRUE[20:]


def program(folder, content):
    path = folder / "lambda-adapter"
    path.write_bytes(content)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("content", "architecture"),
    [
        pytest.param(elf("x86_64"), "x86_64", id="x86_64"),
        pytest.param(elf("arm64"), "arm64", id="arm64"),
        pytest.param(TRUE[:18] + b"\xf3\x00" + TRUE[20:], None, id="RISC-V"),
        pytest.param(TRUE[:19], None, id="cut short"),
        pytest.param(b"", None, id="empty"),
        pytest.param(b"#!/bin/sh\nexec /bin/true\n", None, id="a script"),
    ],
)
def test_an_elf_header_tells_the_architecture(tmp_path, content, architecture):
    assert elf_architecture(program(tmp_path, content)) == architecture


def test_this_machines_own_programs_are_for_this_machine():
    assert elf_architecture(Path("/bin/true")) == machine_architecture()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(TRUE, id="a program"),
        pytest.param(b"#!/bin/sh\nexit 1\n", id="one that fails, as the adapter does without a Runtime API"),
        pytest.param(b"#!/bin/sh\necho no Runtime API >&2\nexit 101\n", id="one that panics"),
        pytest.param(b"#!/bin/sh\nexec /bin/sleep 60\n", id="one that runs on"),
    ],
)
def test_a_program_that_starts_is_fine_however_it_ends(tmp_path, content):
    before = time.monotonic()
    check_starts(program(tmp_path, content))
    assert time.monotonic() - before < 10


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"not a program", "Exec format error", id="no program"),
        pytest.param(b"", "Exec format error", id="empty"),
        pytest.param(b"#!/no/such/shell\n", "interpreter that it names is not on this machine", id="no interpreter"),
        pytest.param(TRUE.replace(b"libc.so.6\0", b"libX.so.6\0"), "libX.so.6", id="a library is missing"),
        pytest.param(re.sub(rb"GLIBC_2\.\d\d\0", b"GLIBC_9.99\0", TRUE), "GLIBC_9.99", id="built on a newer system"),
        pytest.param(b"#!/bin/sh\nkill -SEGV $$\n", "signal 11", id="dies of a signal"),
        pytest.param(b"#!/bin/sh\nexec /no/such/program\n", "/no/such/program", id="a wrapper around nothing"),
        pytest.param(
            elf(OTHER[machine_architecture()])[:4096], "it is built for|signal", id="for the other architecture"
        ),
    ],
)
def test_a_program_that_does_not_start_is_refused_with_the_reason(tmp_path, content, reason):
    path = program(tmp_path, content)
    with pytest.raises(AdapterNotFoundError, match=reason) as refused:
        check_starts(path)
    assert str(path) in refused.value.problem


def test_a_program_that_is_tried_out_sees_nothing_of_our_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    seen = tmp_path / "seen"

    check_starts(program(tmp_path, f"#!/bin/sh\necho $AWS_LAMBDA_RUNTIME_API $HOME >{seen}\n".encode()))

    assert seen.read_text() == "127.0.0.1:1\n"


@pytest.mark.parametrize(
    ("system", "machine"),
    [
        pytest.param("Darwin", "arm64", id="macOS"),
        pytest.param("Windows", "AMD64", id="Windows"),
        pytest.param("Linux", "riscv64", id="Linux on RISC-V"),
    ],
)
def test_another_kind_of_machine_is_told_where_to_work(monkeypatch, system, machine):
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    with pytest.raises(AdapterNotFoundError, match=f"{system} on {machine}") as refused:
        machine_architecture()
    assert "dev container" in refused.value.next_step
