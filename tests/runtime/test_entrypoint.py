"""Programs that cannot be started: why, and what to do about it."""

import subprocess
from pathlib import Path

import pytest

from lambdastream.runtime import entrypoint
from lambdastream.runtime.entrypoint import check_format, start_advice, why_not_started
from lambdastream.runtime.web_adapter.binary import machine_architecture

MACHINES = {"x86_64": 62, "arm64": 183}
HERE = machine_architecture()
OTHER = "arm64" if HERE == "x86_64" else "x86_64"


def elf(machine: int, size: int = 64) -> bytes:
    """The head of a 64-bit program for Linux."""
    return (b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\0" + machine.to_bytes(2, "little")).ljust(size, b"\0")


@pytest.fixture
def start(tmp_path):
    """Try to start a file; gives the program and the system's error."""

    def go(content: bytes | None, mode: int = 0o755):
        program = tmp_path / "bootstrap"
        if content is not None:
            program.write_bytes(content)
            program.chmod(mode)
        with pytest.raises(OSError, match=r"\[Errno") as caught:
            subprocess.run([program], check=False)
        return program, caught.value

    return go


@pytest.mark.parametrize(
    ("content", "mode", "reason", "advice"),
    [
        pytest.param(None, 0, "no such file or directory", "", id="missing"),
        pytest.param(
            b"#!/bin/sh\n",
            0o644,
            "permission denied",
            "It is not executable. Run: chmod 755 bootstrap, then deploy again.",
            id="not executable",
        ),
        pytest.param(
            b"#!/bin/sh\r\nexit\r\n",
            0o755,
            "no such file or directory",
            r"It has CRLF line endings, Linux needs LF. Run: sed -i 's/\r$//' bootstrap, then deploy again.",
            id="CRLF",
        ),
        pytest.param(
            b"#!/no/such/shell -x\n",
            0o755,
            "no such file or directory",
            "Its first line names /no/such/shell -x, which is not on this machine.",
            id="no interpreter",
        ),
        pytest.param(
            elf(MACHINES[OTHER]),
            0o755,
            "exec format error",
            f"It is built for {OTHER}, and this machine is {HERE}: build it for {HERE}, and deploy again.",
            id="another architecture",
        ),
        pytest.param(
            b"echo hello\n",
            0o755,
            "exec format error",
            "It is no program for Linux, and no script with a first line such as #!/bin/sh.",
            id="no first line",
        ),
        pytest.param(
            b"MZ\x90\0",
            0o755,
            "exec format error",
            "It is no program for Linux, and no script with a first line such as #!/bin/sh.",
            id="a program for Windows",
        ),
    ],
)
def test_what_does_not_start_is_said_in_lambdas_words_with_a_way_out(start, content, mode, reason, advice):
    program, error = start(content, mode)
    assert why_not_started(program, program.parent, error) == f"fork/exec {program}: {reason}"
    assert start_advice(program, error) == advice


@pytest.mark.parametrize(
    ("content", "mode", "formats", "refused"),
    [
        pytest.param(elf(MACHINES[HERE]), 0o755, {}, False, id="a program for this machine"),
        pytest.param(elf(MACHINES[OTHER]), 0o755, {}, True, id="for another"),
        pytest.param(elf(MACHINES[OTHER]), 0o755, {"qemu": "enabled"}, False, id="for another, which is emulated"),
        pytest.param(elf(MACHINES[OTHER]), 0o755, {"qemu": "disabled"}, True, id="for another, the emulator disabled"),
        pytest.param(elf(MACHINES[OTHER]), 0o644, {}, False, id="not executable: the start says so"),
        pytest.param(b"#!/bin/sh", 0o755, {}, False, id="a script"),
        pytest.param(b"#!/bin/sh\r\n", 0o755, {}, False, id="a script with CRLF: the start says so"),
        pytest.param(b"echo", 0o755, {}, True, id="a script without a first line"),
        pytest.param(b"", 0o755, {}, True, id="empty"),
        pytest.param(None, 0, {}, False, id="missing: the start says so"),
    ],
)
def test_a_file_that_is_no_program_is_refused_as_linux_does(tmp_path, monkeypatch, content, mode, formats, refused):
    program = tmp_path / "bootstrap"
    if content is not None:
        program.write_bytes(content)
        program.chmod(mode)
    registered = tmp_path / "binfmt_misc"
    registered.mkdir()
    (registered / "status").write_text("enabled\n")
    magic, mask = elf(MACHINES[OTHER])[:20], b"\xff" * 7 + bytes(9) + b"\xfe\xff\xff\xff"
    for name, state in formats.items():
        fields = f"interpreter /usr/bin/{name}\nflags: OCF\noffset 0\nmagic {magic.hex()}\nmask {mask.hex()}\n"
        (registered / name).write_text(f"{state}\n{fields}")
    monkeypatch.setattr(entrypoint, "BINARY_FORMATS", registered)
    if refused:
        with pytest.raises(OSError, match="Exec format error"):
            check_format(program)
    else:
        check_format(program)


def test_a_folder_to_run_in_that_is_gone_is_named_in_the_programs_place():
    error = FileNotFoundError(2, "No such file or directory")
    assert why_not_started(Path("/bin/sh"), Path("/gone"), error) == "fork/exec /gone: no such file or directory"
    assert start_advice(Path("/bin/sh"), PermissionError(13, "Permission denied")) == ""
