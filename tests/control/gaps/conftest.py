"""A control plane in a process of its own, moto as it is in another, and a stand-in for the data plane."""

import base64
import io
import json
import os
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import boto3
import httpx
import pytest
from botocore.config import Config

from lambdastream.doors.openapi import from_openapi
from lambdastream.errors import DescriptionError
from lambdastream.runtime.arn import function_reference

KEYS = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
# The real one. It has an answer for the caller of a slow deployment sooner, so that no test waits long for that.
CONTROL_PLANE = """
import sys
from lambdastream.control import control_plane, snapshot
from lambdastream.control.gaps import long_deployments
long_deployments.LONGEST_WAIT = 2.0
# What all these tests leave would be saved again after each call of the next. `test_snapshot.py` is about that.
snapshot.Snapshot.save = lambda _: None
sys.exit(control_plane.main(["--port", "0"]))
"""
PLAIN_MOTO = """
import os
os.environ.update(AWS_DEFAULT_REGION="us-east-1", S3_IGNORE_SUBDOMAIN_BUCKETNAME="true")
from lambdastream.control.moto_start import quick_imports
with quick_imports():
    from werkzeug.serving import make_server
    from moto.server import DomainDispatcherApplication, create_backend_app
    import moto.cloudformation.models
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
print("READY", server.port, flush=True)
server.serve_forever()
"""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
GOES_ON = {f"{what}_IN_PROGRESS" for what in ("CREATE", "UPDATE", "DELETE", "ROLLBACK", "UPDATE_ROLLBACK")}
ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}


class StandIn(ThreadingHTTPServer):
    """Answers as the data plane does, and remembers what it was told. It refuses what is named so."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), StandInHandler)
        self.functions: dict[str, dict[str, Any]] = {}
        self.concurrency: dict[str, int | None] = {}
        self.apis: dict[str, dict[str, Any]] = {}
        self.tokens: set[str] = set()
        self.hold = threading.Event()
        self.hold.set()
        self.registry = ""

    def registry_answer(self) -> tuple[int, dict[str, str]]:
        """Where the registry of container images is, or that there is none."""
        if self.registry:
            return 200, {"address": self.registry}
        return 400, {"error": "RegistryNotFoundError", "problem": "There is no registry.", "next_step": "Install it."}


def refusal(api: dict[str, Any]) -> dict[str, str] | None:
    """What the data plane says to an API that it does not take."""
    try:
        if api["stage"]:
            from_openapi(api["body"], api_id=api["id"], api_type=api["type"], stage=api["stage"])
    except DescriptionError as error:
        return {"error": "DescriptionError", "problem": error.problem, "next_step": error.next_step}
    return None


class StandInHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: StandIn

    def do_PUT(self) -> None:
        if self.path.endswith("/registry"):
            self.answer(*self.server.registry_answer())
            return
        told = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.tokens.add(self.headers["authorization"])
        self.server.hold.wait(60)
        if "/concurrency/" in self.path:
            self.server.concurrency[unquote(self.path.rpartition("/")[2])] = told["reserved"]
            self.send_response(204)
            self.end_headers()
        elif told.get("handler", "").startswith("refused"):
            self.answer(400, {"error": "DescriptionError", "problem": "It cannot run.", "next_step": "Change it."})
        elif "/apis/" in self.path and (refused := refusal(told)):
            self.answer(400, refused)
        elif "/apis/" in self.path:
            self.server.apis[told["id"]] = told
            self.answer(200, {"url": f"http://127.0.0.1:22{len(told['id']):03}/"})
        else:
            self.server.functions[function_reference(told["name"], told["qualifier"], told["region"]).label] = told
            url = told["url"]
            mode = url["invoke_mode"] if url else None
            self.answer(
                200, {"name": told["name"], "url": "http://127.0.0.1:21234/" if url else None, "invoke_mode": mode}
            )

    def do_DELETE(self) -> None:
        _, _, kind, name = self.path.split("/")
        known = getattr(self.server, kind)
        if kind == "functions":
            name = function_reference(unquote(name)).label
            # With a function its versions and aliases go.
            for label in [label for label in known if label.startswith(f"{name}:")]:
                del known[label]
        gone = known.pop(name, None)
        if gone is None:
            self.answer(400, {"error": "FunctionNotFoundError", "problem": "No such function.", "next_step": ""})
        else:
            self.send_response(204)
            self.end_headers()

    def answer(self, status: int, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@dataclass
class Aws:
    """An endpoint and boto3's clients for it."""

    endpoint: str
    _stack: ExitStack
    _clients: dict[str, Any] = field(default_factory=dict)
    region: str = "us-east-1"

    def __getitem__(self, service: str) -> Any:
        if service not in self._clients:
            config = Config(retries={"total_max_attempts": 1}, read_timeout=60, s3={"addressing_style": "path"})
            client = boto3.client(service, endpoint_url=self.endpoint, config=config, region_name=self.region, **KEYS)
            self._stack.callback(client.close)
            self._clients[service] = client
        return self._clients[service]

    def stack(self, name: str) -> dict[str, Any]:
        return self["cloudformation"].describe_stacks(StackName=name)["Stacks"][0]

    def status(self, name: str) -> str:
        """The stack's status when nothing goes on any more."""
        deadline = time.monotonic() + 60
        while (status := self.stack(name)["StackStatus"]) in GOES_ON and time.monotonic() < deadline:
            time.sleep(0.05)
        return status

    def outputs(self, name: str) -> dict[str, str]:
        return {output["OutputKey"]: output["OutputValue"] for output in self.stack(name).get("Outputs", [])}

    def events(self, name: str) -> list[tuple[str, str, str | None]]:
        """The stack's events: of what, its status, and the reason."""
        told = self["cloudformation"].describe_stack_events(StackName=name)["StackEvents"]
        return [(it["LogicalResourceId"], it["ResourceStatus"], it.get("ResourceStatusReason")) for it in told[::-1]]

    def types(self, name: str) -> list[str]:
        """The types of the resources that a stack has, each as often as it has one."""
        told = self["cloudformation"].describe_stack_resources(StackName=name)["StackResources"]
        return sorted(it["ResourceType"] for it in told if it.get("ResourceType"))

    def create(self, name: str, template: Any, **parameters: str) -> str:
        """Create a stack; returns its status."""
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        self["cloudformation"].create_stack(StackName=name, TemplateBody=text(template), Parameters=given)
        return self.status(name)

    def update(self, name: str, template: Any, **parameters: str) -> str:
        """Update a stack; returns its status."""
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        self["cloudformation"].update_stack(StackName=name, TemplateBody=text(template), Parameters=given)
        return self.status(name)

    def change_set(
        self, stack: str, name: str, template: Any, kind: str = "CREATE", **parameters: str
    ) -> dict[str, Any]:
        """Create a change set; returns what it says of itself."""
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        names = {"StackName": stack, "ChangeSetName": name}
        body = {"TemplateBody": text(template)} if not str(template).startswith("http") else {"TemplateURL": template}
        self["cloudformation"].create_change_set(**names, **body, ChangeSetType=kind, Parameters=given)
        return self["cloudformation"].describe_change_set(**names)

    def execute(self, stack: str, name: str, **options: Any) -> str:
        """Execute a change set; returns the stack's status."""
        self["cloudformation"].execute_change_set(StackName=stack, ChangeSetName=name, **options)
        return self.status(stack)

    def role(self) -> str:
        """A role for functions."""
        try:
            return self["iam"].get_role(RoleName="functions")["Role"]["Arn"]
        except self["iam"].exceptions.NoSuchEntityException:
            made = self["iam"].create_role(RoleName="functions", AssumeRolePolicyDocument=json.dumps(TRUST))
            return made["Role"]["Arn"]

    def create_function(self, name: str, code: bytes | None = None, **settings: Any) -> dict[str, Any]:
        settings = {"Runtime": "python3.11", "Handler": "handler.handler", "Role": self.role()} | settings
        archive = {"ZipFile": code or zip_of({"handler.py": "def handler(event, context): ..."})}
        return self["lambda"].create_function(FunctionName=name, Code=archive, **settings)


@dataclass
class ControlPlane(Aws):
    """A control plane, the stand-in that it talks to, and its folder for state."""

    data_plane: StandIn | None = None
    state: Path = Path()

    def own(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A call outside of AWS's paths."""
        return httpx.request(method, self.endpoint + path, timeout=20, trust_env=False, **options)


def text(template: Any) -> str:
    return template if isinstance(template, str) else json.dumps(template)


def zip_of(files: dict[str, str | bytes], modes: dict[str, int] | None = None) -> bytes:
    """A zip archive with these files; modes are 644 if nothing else is said."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (modes or {}).get(name, 0o100644) << 16
            archive.writestr(entry, content)
    return target.getvalue()


def function(**properties: Any) -> dict[str, Any]:
    """A function as a resource of a stack, whose role is the resource `Role`."""
    settings = {
        "Runtime": "python3.11",
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": "def handler(event, context): ..."},
    }
    return {"Type": "AWS::Lambda::Function", "Properties": settings | properties}


@contextmanager
def process(command: list[str], environment: dict[str, str]) -> Iterator[str]:
    """A server in a process; gives its endpoint."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with subprocess.Popen(
        [sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=kept | environment
    ) as running:
        try:
            ready, port = running.stdout.readline().split()
            assert ready == "READY"
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane whose data plane is a stand-in."""
    state = tmp_path_factory.mktemp("state")
    with ExitStack() as stack:
        stand_in = StandIn()
        stack.callback(stand_in.server_close)
        threading.Thread(target=stand_in.serve_forever, daemon=True).start()
        stack.callback(stand_in.shutdown)
        environment = {
            "LAMBDASTREAM_DATA_PLANE": f"http://127.0.0.1:{stand_in.server_port}",
            "LAMBDASTREAM_DATA_PLANE_TOKEN": "the-token",
            "LAMBDASTREAM_STATE": str(state),
        }
        endpoint = stack.enter_context(process(["-c", CONTROL_PLANE], environment))
        yield ControlPlane(endpoint, stack, data_plane=stand_in, state=state)


@pytest.fixture
def new_region(control_plane: ControlPlane) -> Iterator[Callable[[str], ControlPlane]]:
    """The same control plane, asked in another region."""
    with ExitStack() as stack:
        yield lambda region: replace(control_plane, _stack=stack, _clients={}, region=region)


@pytest.fixture(scope="session")
def plain_moto() -> Iterator[Aws]:
    """moto as it is, without any gap closed."""
    with ExitStack() as stack:
        yield Aws(stack.enter_context(process(["-W", "ignore", "-c", PLAIN_MOTO], {})), stack)


@pytest.fixture(scope="session", name="zip_of")
def _zip_of() -> Callable[..., bytes]:
    """A zip archive with these files; modes are 644 if nothing else is said."""
    return zip_of


@pytest.fixture(scope="session", name="base64_zip")
def _base64_zip() -> Callable[..., str]:
    """As `zip_of`, as text."""
    return lambda files: base64.b64encode(zip_of(files)).decode()


@pytest.fixture(scope="session", name="function")
def _function() -> Callable[..., dict[str, Any]]:
    """A function as a resource of a stack, whose role is the resource `Role`."""
    return function


@pytest.fixture(scope="session")
def role() -> dict[str, Any]:
    """A role for functions, as a resource of a stack."""
    return ROLE
