"""A control plane that was killed in the middle of a deployment: what was cut off says so, and nothing is stuck."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError

Eventually = Callable[[Callable[[], object]], object]

FUNCTION = {
    "Type": "AWS::Lambda::Function",
    "Properties": {
        "FunctionName": "slow",
        "Runtime": "python3.11",
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": "def handler(event, context): ..."},
    },
}
ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}}
TEMPLATE = json.dumps({"Resources": {"Role": ROLE, "Slow": FUNCTION}})


class SlowDataPlane(ThreadingHTTPServer):
    """Takes functions once it is `open`. `asked` are those that it was given."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), SlowHandler)
        self.open = threading.Event()
        self.asked: list[str] = []


class SlowHandler(BaseHTTPRequestHandler):
    server: SlowDataPlane

    def do_PUT(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append(told["name"])
        self.server.open.wait(60)
        body = json.dumps({"name": told["name"], "url": None, "invoke_mode": None}).encode()
        with contextlib.suppress(OSError):
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def do_DELETE(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def data_plane() -> Iterator[SlowDataPlane]:
    with SlowDataPlane() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.open.set()
        server.shutdown()


@contextmanager
def control_plane(state: Path, data_plane: SlowDataPlane) -> Iterator[Callable[[str], Any]]:
    """A control plane, killed in the end; gives boto3's clients of it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    variables = kept | {
        "LAMBDASTREAM_DATA_PLANE": f"http://127.0.0.1:{data_plane.server_port}",
        "LAMBDASTREAM_DATA_PLANE_TOKEN": "token",
        "LAMBDASTREAM_STATE": str(state),
    }
    command = [sys.executable, "-m", "lambdastream.control.control_plane", "--port", "0"]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=variables) as process,
        contextlib.ExitStack() as stack,
    ):
        stack.callback(process.kill)
        assert process.stdout is not None
        _, port = process.stdout.readline().split()

        def client(service: str) -> Any:
            made = boto3.client(
                service,
                endpoint_url=f"http://127.0.0.1:{port}",
                region_name="us-east-1",
                aws_access_key_id="a",
                aws_secret_access_key="b",
                config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
            stack.callback(made.close)
            return made

        yield client


@pytest.mark.slow
def test_a_stack_that_was_cut_off_says_so_and_can_be_deployed_again(
    tmp_path: Path, data_plane: SlowDataPlane, eventually: Eventually
) -> None:
    with control_plane(tmp_path, data_plane) as client:
        formation = client("cloudformation")

        def create() -> None:
            with contextlib.suppress(BotoCoreError):
                formation.create_stack(StackName="cut", TemplateBody=TEMPLATE)

        creating = threading.Thread(target=create)
        creating.start()
        eventually(lambda: data_plane.asked == ["slow"])
        # It saves what there is, the half-made stack too.
        client("s3").create_bucket(Bucket="meanwhile")
    creating.join(20)
    data_plane.open.set()

    with control_plane(tmp_path, data_plane) as client:
        formation = client("cloudformation")
        (stack,) = formation.describe_stacks(StackName="cut")["Stacks"]
        assert stack["StackStatus"] == "CREATE_FAILED"
        events = formation.describe_stack_events(StackName="cut")["StackEvents"]
        assert "The local AWS ended before this did." in {event.get("ResourceStatusReason") for event in events}
        assert client("lambda").list_functions()["Functions"] == [], "nobody was told that it is there"

        formation.update_stack(StackName="cut", TemplateBody=TEMPLATE)
        formation.get_waiter("stack_update_complete").wait(StackName="cut", WaiterConfig={"Delay": 1})
        assert client("lambda").get_function(FunctionName="slow")["Configuration"]["State"] == "Active"
        formation.delete_stack(StackName="cut")
        assert client("iam").list_roles()["Roles"] == []
