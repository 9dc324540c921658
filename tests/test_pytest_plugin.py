"""The plugin for pytest, in projects that have nothing to do with this one."""

import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
ADAPTER, ARCHITECTURE = {
    "x86_64": ("LambdaAdapterLayerX86", "x86_64"),
    "aarch64": ("LambdaAdapterLayerArm64", "arm64"),
}[platform.machine()]
FILES = {
    "pyproject.toml": f"""
[tool.pytest.ini_options]
lambdastream_template = "infra/template.yaml"
lambdastream_parameters = ["Runtime={RUNTIME}", "Greeting = good day"]
""",
    "infra/samconfig.toml": """
version = 0.1
[default.global.parameters]
profile = "prod"
region = "eu-central-1"
stack_name = "production"
[default.deploy.parameters]
s3_bucket = "of-the-account"
""",
    "infra/template.yaml": f"""
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Runtime: {{Type: String}}
  Greeting: {{Type: String}}
Resources:
  Web:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ../web
      Handler: run.sh
      Runtime: !Ref Runtime
      Architectures: [{ARCHITECTURE}]
      Timeout: 20
      Layers: [!Sub "arn:aws:lambda:${{AWS::Region}}:753240598075:layer:{ADAPTER}:27"]
      Environment:
        Variables:
          AWS_LAMBDA_EXEC_WRAPPER: /opt/bootstrap
          AWS_LWA_INVOKE_MODE: response_stream
          PORT: "8000"
          GREETING: !Ref Greeting
      FunctionUrlConfig: {{AuthType: NONE, InvokeMode: RESPONSE_STREAM}}
Outputs:
  WebUrl: {{Value: !GetAtt WebUrl.FunctionUrl}}
""",
    "web/run.sh": "#!/bin/sh\nexec python server.py\n",
    "web/server.py": """
import os, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class App(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        print("asked for", self.path, flush=True)
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for word in (os.environ["GREETING"] + " , this is a stream").split(" "):
            self.wfile.write(b"%x\\r\\n%b\\r\\n" % (len(word), word.encode()))
            time.sleep(0.1)
        self.wfile.write(b"0\\r\\n\\r\\n")

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), App).serve_forever()
""",
    "test_stack.py": """
import os
import boto3, httpx
from lambdastream.client import check

def test_it_streams(sam_stack):
    found = check(sam_stack.urls["Web"])
    assert found.streams, found

def test_outputs_and_parameters(sam_stack):
    assert sam_stack.outputs == {"WebUrl": sam_stack.urls["Web"]}
    assert httpx.get(sam_stack.outputs["WebUrl"]).text == "goodday,thisisastream"
    assert "asked for /" in sam_stack.log("Web")

def test_boto3_in_this_process(local_aws_environment, sam_stack):
    names = [each["StackName"] for each in boto3.client("cloudformation").describe_stacks()["Stacks"]]
    assert "under-test" in names
    assert boto3.client("lambda").meta.region_name == "us-east-1"

def test_it_is_only_for_one_test(local_aws):
    assert os.environ["AWS_PROFILE"] == "prod"
    assert boto3.client("lambda").meta.region_name == "eu-central-1"
    assert local_aws.client("sts").get_caller_identity()["Account"] == "123456789012"

def test_one_that_fails(sam_stack):
    assert sam_stack.name == "another"
""",
}
WAITING = """
import time
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", range(2))
def test_long(local_aws, worker_id, number):
    assert local_aws.status()["endpoint"] == local_aws.endpoint
    Path(f"up-{worker_id}").write_text(local_aws.endpoint)
    time.sleep(300)
"""


def started(folder, *options, **variables):
    """pytest as a user runs it, in a folder, with AWS settings of the user's own."""
    home = folder.parent / "home"
    (home / ".aws").mkdir(parents=True, exist_ok=True)
    (home / ".aws" / "config").write_text("[profile prod]\nregion = eu-central-1\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "--basetemp", str(folder.parent / "temporary"), *options],
        cwd=folder,
        env={**kept, "AWS_PROFILE": "prod", "AWS_CONFIG_FILE": str(home / ".aws" / "config"), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ran(folder, *options):
    with started(folder, *options) as process:
        return process.communicate(timeout=110)[0]


def project(folder, files):
    for name, text in files.items():
        path = folder / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    return folder / "project"


def left(folder):
    """The processes that belong to a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            told = b"".join((path / name).read_bytes() for name in ("environ", "cmdline", "mountinfo"))
            told += os.fsencode((path / "cwd").readlink())
        except OSError:
            continue
        if os.fsencode(folder) in told:
            found.append(path)
    return found


def test_a_project_that_does_not_use_it_pays_nothing():
    code = (
        "import pytest, sys; old = set(sys.modules); import lambdastream.pytest_plugin; print(*set(sys.modules) - old)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"lambdastream", "lambdastream.pytest_plugin", "httpx._main"}


def test_it_is_known_to_pytest_and_says_what_it_offers(pytestconfig):
    assert pytestconfig.pluginmanager.hasplugin("lambdastream")
    assert pytestconfig.getini("lambdastream_template") == "template.yaml"
    assert pytestconfig.getini("lambdastream_parameters") == []


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_a_stack_is_deployed_for_the_tests_and_everything_ends_with_them(tmp_path):
    folder = project(tmp_path, FILES)
    said = ran(folder)
    assert "1 failed, 4 passed" in said, said
    assert "test_one_that_fails" in said
    assert left(tmp_path) == []
    assert sorted(path.name for path in folder.iterdir() if path.name[0] not in "._") == [
        *("infra", "pyproject.toml", "test_stack.py", "web")
    ]
    assert not (folder / ".lambdastream").exists()
    assert not list(folder.rglob(".aws-sam"))
    assert [path.name for path in (tmp_path / "home" / ".aws").iterdir()] == ["config"]


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_each_worker_has_one_of_its_own_and_nothing_is_left_when_pytest_is_killed(tmp_path, eventually):
    folder = project(tmp_path, {"test_a.py": WAITING})
    with started(folder, "-n", "2") as process:
        eventually(lambda: len([path for path in folder.glob("up-*") if path.read_text()]) == 2, seconds=120)
        assert len({path.read_text() for path in folder.glob("up-*")}) == 2
        assert len(left(tmp_path)) > 4
        process.send_signal(signal.SIGKILL)
    eventually(lambda: left(tmp_path) == [])
