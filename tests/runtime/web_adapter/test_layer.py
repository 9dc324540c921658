"""The adapter's layer: its ARNs, and what it puts at ``/opt``."""

import re
import subprocess
from pathlib import Path

import pytest

from lambdastream.errors import DescriptionError
from lambdastream.runtime.web_adapter.binary import Adapter
from lambdastream.runtime.web_adapter.layer import adapter_layer_architecture, is_adapter_layer, lay_out_adapter

LAYER = "arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayer"
BEIJING = "arn:aws-cn:lambda:cn-north-1:041581134020:layer:LambdaAdapterLayer"


@pytest.mark.conformance("layers-adapter")
@pytest.mark.parametrize(
    ("arn", "architecture"),
    [
        pytest.param(f"{LAYER}X86:27", "x86_64", id="x86_64"),
        pytest.param(f"{LAYER}Arm64:27", "arm64", id="arm64"),
        pytest.param(f"{LAYER}X86:3", "x86_64", id="any version"),
        pytest.param(f"{LAYER}X86:27".replace("us-east-1", "ap-southeast-2"), "x86_64", id="any region"),
        pytest.param(f"{LAYER}Arm64:27".replace("us-east-1", "mx-central-1"), "arm64", id="a young region"),
        pytest.param(f"{BEIJING}X86:27", "x86_64", id="Beijing"),
        pytest.param(
            "arn:aws-cn:lambda:cn-northwest-1:069767869989:layer:LambdaAdapterLayerX86:27", "x86_64", id="Ningxia"
        ),
    ],
)
def test_an_arn_of_the_adapters_layer_tells_its_architecture(arn, architecture):
    assert is_adapter_layer(arn)
    assert adapter_layer_architecture(arn) == architecture


@pytest.mark.conformance("layers-adapter")
@pytest.mark.parametrize(
    "arn",
    [
        pytest.param(f"{LAYER}X86", id="no version"),
        pytest.param(f"{LAYER}X86:0", id="versions start at 1"),
        pytest.param(f"{LAYER}X86:27:1", id="something behind it"),
        pytest.param(f"{LAYER}X86:27\n", id="a line end behind it"),
        pytest.param(f"{LAYER}Riscv:27", id="no such layer"),
        pytest.param(f"{LAYER}X86:27".replace("753240598075", "123456789012"), id="another account's"),
        pytest.param(f"{LAYER}X86:27".replace("us-east-1", ""), id="no region"),
        pytest.param(f"{LAYER}X86:27".replace("us-east-1", "cn-north-1"), id="China in AWS's partition"),
        pytest.param(f"{BEIJING}Arm64:27", id="China has none for arm64"),
        pytest.param(f"{BEIJING}X86:27".replace("041581134020", "753240598075"), id="China has accounts of its own"),
        pytest.param(
            f"{LAYER}X86:27".replace("arn:aws", "arn:aws-us-gov").replace("us-east", "us-gov-east"),
            id="GovCloud has none",
        ),
        pytest.param("arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension:53", id="another layer"),
        pytest.param("", id="nothing"),
    ],
)
def test_any_other_arn_is_not_the_adapters(arn):
    assert not is_adapter_layer(arn)
    with pytest.raises(DescriptionError, match="is not a layer of the Lambda Web Adapter"):
        adapter_layer_architecture(arn)


@pytest.fixture
def opt(tmp_path):
    binary = tmp_path / "cached-adapter"
    binary.write_bytes(Path("/bin/true").read_bytes())
    binary.chmod(0o755)
    lay_out_adapter(Adapter("1.0.0", binary), tmp_path / "opt")
    return tmp_path / "opt"


def test_the_layer_holds_the_extension_and_a_bootstrap(opt):
    files = {str(path.relative_to(opt)): path.stat().st_mode & 0o777 for path in opt.rglob("*") if path.is_file()}

    assert files == {"extensions/lambda-adapter": 0o755, "bootstrap": 0o755}
    assert subprocess.run([opt / "extensions" / "lambda-adapter"], check=False).returncode == 0


def test_whatever_writes_into_the_layer_leaves_the_users_cache_alone(opt, tmp_path):
    (opt / "extensions" / "lambda-adapter").write_bytes(b"another layer's")

    assert (tmp_path / "cached-adapter").read_bytes() == Path("/bin/true").read_bytes()


def test_it_can_be_laid_out_anew_over_what_is_there(opt, tmp_path):
    (opt / "bootstrap").write_text("old")
    newer = tmp_path / "newer"
    newer.write_bytes(b"newer")

    lay_out_adapter(Adapter("custom", newer), opt)

    assert (opt / "extensions" / "lambda-adapter").read_bytes() == b"newer"
    assert (opt / "bootstrap").read_text().startswith("#!/bin/sh\n")


def bootstrap(opt, task, handler="run.sh"):
    task.mkdir(exist_ok=True)
    return subprocess.run(
        [opt / "bootstrap", "/var/lang/bin/python3.13", "/var/runtime/bootstrap.py"],
        env={"LAMBDA_TASK_ROOT": str(task), "_HANDLER": handler, "PORT": "8000"},
        capture_output=True,
        text=True,
        check=False,
    )


def script(task, content, mode=0o755, name="run.sh"):
    path = task / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)


@pytest.mark.parametrize(
    ("handler", "content"),
    [
        pytest.param("run.sh", b'#!/bin/sh\necho "port $PORT"\nexit 7\n', id="a script"),
        pytest.param("run.sh", b'#!/bin/sh\necho "port $PORT"; exit 7', id="without a last line end"),
        pytest.param("run.sh", b'echo "port $PORT"\nexit 7\n', id="without an interpreter line"),
        pytest.param("bin/run me", b'#!/bin/sh\necho "port $PORT"\nexit 7\n', id="in a folder, with a space"),
        pytest.param("run.sh", b'#!/bin/sh\ncr="\r"\necho "port $PORT"\nexit 7\n', id="a carriage return further down"),
    ],
)
def test_bootstrap_becomes_the_handler_file(opt, tmp_path, handler, content):
    script(tmp_path / "task", content, name=handler)

    ended = bootstrap(opt, tmp_path / "task", handler)

    assert (ended.returncode, ended.stdout, ended.stderr) == (7, "port 8000\n", "")


def test_bootstrap_runs_in_the_process_of_the_runtime(opt, tmp_path):
    script(tmp_path / "task", b"#!/bin/sh\necho $$\n")
    with subprocess.Popen(
        [opt / "bootstrap"],
        env={"LAMBDA_TASK_ROOT": str(tmp_path / "task"), "_HANDLER": "run.sh"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert int(process.stdout.read()) == process.pid


def test_bootstrap_starts_a_compiled_handler(opt, tmp_path):
    script(tmp_path / "task", Path("/bin/true").read_bytes(), name="app")
    assert bootstrap(opt, tmp_path / "task", "app").returncode == 0


@pytest.mark.parametrize(
    ("file", "handler", "status", "message"),
    [
        pytest.param(None, "run.sh", 127, "is not a file .* Set Handler to", id="missing"),
        pytest.param(
            (b"#!/bin/sh\n", 0o755), "main.handler", 127, "is not a file .* Set Handler", id="a Python handler"
        ),
        pytest.param((b"#!/bin/sh\n", 0o755), "", 127, "is not a file .* Set Handler to", id="no handler at all"),
        pytest.param((b"#!/bin/sh\n", 0o644), "run.sh", 126, "is not executable.* chmod 755 run.sh,", id="mode 644"),
        pytest.param((b"#!/bin/sh\r\n", 0o755), "run.sh", 126, r"CRLF .* sed -i 's/\\r\$//' run.sh,", id="CRLF"),
        pytest.param(
            (b"true\r\n", 0o755), "run.sh", 126, r"CRLF .* sed -i 's/\\r\$//' run.sh,", id="CRLF, no interpreter"
        ),
    ],
)
def test_bootstrap_tells_why_it_cannot_start_the_handler_and_what_to_do(opt, tmp_path, file, handler, status, message):
    if file is not None:
        script(tmp_path / "task", *file)

    ended = bootstrap(opt, tmp_path / "task", handler)

    assert (ended.returncode, ended.stdout) == (status, "")
    assert re.fullmatch(f"lambdastream: The handler {handler} .*{message}.*\n", ended.stderr)
