"""What the tests of the data plane share: a data plane in a thread, functions to deploy, and a client on the bare wire."""

import asyncio
import fcntl
import functools
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvloop
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import settings

from lambdastream.control.profile import Profile
from lambdastream.control.project import Project
from lambdastream.control.supervisor import stop
from lambdastream.doors.authentication import Keys
from lambdastream.doors.data_plane import DataPlane
from lambdastream.runtime.description import FunctionDescription, FunctionUrlConfig
from lambdastream.runtime.interpreter import managed_runtime, own_runtime, uv
from lambdastream.runtime.isolation.availability import WantedIsolation, namespace_problem
from lambdastream.runtime.limits import LIFTED, Limits

FUNCTIONS = Path(__file__).parent / "functions"
CHAT = Path(__file__).parents[1] / "app" / "chat"
CHAT_REQUIREMENTS = Path(__file__).parents[1] / "requirements" / "chat.txt"
ADAPTER_LAYER = "arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerX86:27"
PATIENCE = 60

# httpx reads the certificates of the world for each client that it makes, which takes longer than most of the calls here.
httpx._transports.default.create_ssl_context = functools.cache(httpx.create_ssl_context)  # noqa: SLF001

# The same examples every time; `make test ARGS=--hypothesis-profile=thorough` looks for others, and for longer.
settings.register_profile("usual", derandomize=True, database=None, deadline=None, max_examples=60)
settings.register_profile("thorough", settings.get_profile("usual"), derandomize=False, max_examples=1000)
settings.load_profile("usual")


class LoopThread:
    """An event loop in a thread of its own. What goes wrong in it unseen is in `faults`."""

    def __init__(self) -> None:
        self.faults: list[dict[str, Any]] = []
        self._loop = uvloop.new_event_loop()
        self._loop.set_exception_handler(lambda _, fault: self.faults.append(fault))
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.start(work)()

    def start(self, work: Coroutine[Any, Any, Any]) -> Callable[[], Any]:
        """Start work; returns what waits for it."""
        running = asyncio.run_coroutine_threadsafe(work, self._loop)
        return lambda: running.result(PATIENCE)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        async def work() -> Any:
            return function(*arguments)

        return self.run(work())

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        assert self.faults == []


@dataclass(frozen=True)
class Answer:
    """A response as it came over the wire. `whole` is false when the connection ended in its middle."""

    status: int
    headers: dict[str, str]
    body: bytes
    whole: bool = True


class Wire:
    """A client's connection that writes bytes as they are."""

    def __init__(self, port: int, *, receive_buffer: int = 0) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        self._file = self.socket.makefile("rb")

    def send(self, *data: bytes) -> None:
        self.socket.sendall(b"".join(data))

    def request(self, line: str, body: bytes = b"", **headers: str) -> Answer:
        """Send a whole request, return its answer. `content_type` names the header `content-type`."""
        fields = {"host": "localhost", **headers} | ({"content-length": str(len(body))} if body else {})
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
        self.send(f"{line} HTTP/1.1\r\n{head}\r\n".encode(), body)
        return self.answer(has_body=not line.startswith("HEAD"))

    def answer(self, *, has_body: bool = True) -> Answer:
        """Read one answer."""
        status, headers = self.head()
        if not has_body:
            return Answer(status, headers, b"")
        if "content-length" in headers:
            return Answer(status, headers, self._file.read(int(headers["content-length"])))
        if "transfer-encoding" not in headers:
            return Answer(status, headers, b"")
        pieces = list(self.chunks())
        return Answer(status, headers, b"".join(pieces[:-1]), whole=pieces[-1] == b"")

    def head(self) -> tuple[int, dict[str, str]]:
        line = self._file.readline()
        assert line, "The connection was closed."
        headers = {}
        while field_line := self._file.readline().decode("latin-1").strip():
            name, _, value = field_line.partition(": ")
            headers[name] = value
        return int(line.split()[1]), headers

    def chunks(self) -> Iterator[bytes]:
        """The chunks of a body. The last is empty, or `None` when the connection ended before it."""
        while size := self._file.readline():
            data = self._file.read(int(size, 16))
            self._file.readline()
            yield data
            if not data:
                return
        yield None

    def at_end(self) -> bool:
        """Wait for the end of the connection: whether it comes with nothing before it."""
        try:
            return self._file.read() == b""
        except ConnectionResetError:
            return True

    def is_silent(self) -> bool:
        """Whether nothing has arrived yet."""
        self.socket.setblocking(False)
        try:
            return not self._file.peek(1)
        finally:
            self.socket.settimeout(PATIENCE)

    def close(self) -> None:
        self._file.close()
        self.socket.close()


def eventually(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "The condition never came true."
        time.sleep(0.005)
    return value


def sign(
    keys: Keys, method: str, url: str, content: bytes = b"", *, service: str = "lambda", **headers: str
) -> dict[str, str]:
    """The headers of a request that is signed with these keys, as an AWS SDK would sign it."""
    request = AWSRequest(method, url, headers, content)
    credentials = Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token or None)
    (S3SigV4Auth if service == "s3" else SigV4Auth)(credentials, service, "us-east-1").add_auth(request)
    return dict(request.headers.items())


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def descendants(pid: int) -> list[int]:
    """Every process that this one started, and those that they started."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, new = set(), {pid}
    while new := {child for child, parent in parents.items() if parent in new} - found:
        found |= new
    return sorted(found)


@dataclass
class Deployed:
    """A deployed function."""

    name: str
    url: str
    folder: Path
    log_file: Path
    client: httpx.Client
    status: Callable[[], dict[str, Any]]

    @property
    def port(self) -> int:
        return int(self.url.rstrip("/").rpartition(":")[2])

    @property
    def log(self) -> str:
        return self.log_file.read_text() if self.log_file.exists() else ""

    @property
    def states(self) -> list[str]:
        return [environment["state"] for environment in self.status()["environments"]]

    @property
    def pids(self) -> list[int]:
        return [pid for environment in self.status()["environments"] for pid in environment["pids"]]

    def request(self, method: str, path: str = "", **options: Any) -> httpx.Response:
        return self.client.request(method, self.url + path, **options)

    def get(self, path: str = "", **parameters: Any) -> httpx.Response:
        return self.request("GET", path, params=parameters)

    def stream(self, method: str, path: str = "", **options: Any) -> Any:
        return self.client.stream(method, self.url + path, **options)


@dataclass
class LocalLambda:
    """A data plane in a thread of its own."""

    loop: LoopThread
    plane: DataPlane
    logs: Path
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=PATIENCE))
    _names: Iterator[int] = field(default_factory=lambda: iter(range(1000)))

    @property
    def endpoint_url(self) -> str:
        return self.plane.endpoint_url

    def deploy(
        self,
        code: Path,
        handler: str = "handler.handler",
        *,
        name: str = "",
        mode: str | None = None,
        timeout: float = 20,
        runtime: str = "",
        **settings: Any,
    ) -> Deployed:
        """Deploy a function; with a URL, if an invoke mode is named."""
        url = FunctionUrlConfig("NONE", mode) if mode else None
        name = name or f"function-{next(self._names)}"
        runtime = runtime or own_runtime()
        description = FunctionDescription(name, code, handler, runtime, timeout=timeout, url=url, **settings)
        status = self.loop.run(self.plane.deploy(description))
        log_file = self.logs / f"{name}.log"
        return Deployed(name, status["url"], code, log_file, self.client, lambda: self.status(name))

    def deploy_web(self, code: Path, handler: str = "run.sh", *, adapter_mode: str = "", **settings: Any) -> Deployed:
        """Deploy a web app behind the Lambda Web Adapter, with its settings as every example has them."""
        variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap", "PORT": "8000"}
        variables |= {"AWS_LWA_INVOKE_MODE": adapter_mode} if adapter_mode else {}
        variables |= settings.pop("environment", {})
        return self.deploy(code, handler, environment=variables, layers=(ADAPTER_LAYER,), **settings)

    def status(self, name: str) -> dict[str, Any]:
        functions = self.loop.call(self.plane.status)["functions"]
        return next(function for function in functions if function["name"] == name)

    def invoke(self, name: str, **payload: Any) -> Any:
        """Call a function by its name; returns what it answered."""
        url = f"{self.endpoint_url}/2015-03-31/functions/{name}/invocations"
        content = json.dumps(payload).encode()
        return self.client.post(url, content=content, headers=sign(self.plane.keys, "POST", url, content)).json()

    def stop(self) -> None:
        self.client.close()
        self.loop.run(self.plane.stop())


@contextmanager
def running(
    logs: Path,
    limits: Limits | None = None,
    control_plane: Path | None = None,
    isolation: WantedIsolation = "paths",
) -> Iterator[LocalLambda]:
    loop = LoopThread()
    plane = DataPlane(logs=logs, limits=limits, control_plane=control_plane, isolation=isolation)
    try:
        loop.run(plane.start())
        local = LocalLambda(loop, plane, logs)
        try:
            yield local
        finally:
            local.stop()
    finally:
        loop.close()


@pytest.fixture(scope="session")
def local_of() -> Callable[..., Any]:
    """Start a data plane for the time of a `with` block; its functions' logs go to this folder."""
    return running


@pytest.fixture(scope="session", name="eventually")
def _eventually() -> Callable[..., Any]:
    """Wait until a condition holds; returns what it gave."""
    return eventually


@pytest.fixture(scope="session", name="sign")
def _sign() -> Callable[..., dict[str, str]]:
    """Sign a request as an AWS SDK does; returns its headers."""
    return sign


@pytest.fixture(scope="session", name="is_alive")
def _is_alive() -> Callable[[int], bool]:
    """Whether this process runs."""
    return is_alive


@pytest.fixture(scope="session", name="descendants")
def _descendants() -> Callable[[int], list[int]]:
    """Every process that a process started, and those that they started."""
    return descendants


@pytest.fixture(scope="session")
def loop() -> Iterator[LoopThread]:
    """An event loop for servers that a test talks to."""
    thread = LoopThread()
    yield thread
    thread.close()


@pytest.fixture
def connect() -> Iterator[Callable[..., Wire]]:
    """Open connections to a port of loopback; they are closed in the end."""
    with ExitStack() as stack:

        def open_one(port: int, **options: Any) -> Wire:
            wire = Wire(port, **options)
            stack.callback(wire.close)
            return wire

        yield open_one


@pytest.fixture(scope="session")
def copy_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Copy one of the test functions to a folder of its own."""

    def copy(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        return shutil.copytree(FUNCTIONS / name, folder, dirs_exist_ok=True)

    return copy


@pytest.fixture
def write_function(tmp_path: Path) -> Callable[..., Path]:
    """Write a function's folder from the text of its files. Scripts are executable."""

    def write(files: dict[str, str]) -> Path:
        folder = tmp_path / "function"
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, newline="")
            (folder / name).chmod(0o755 if name.endswith(".sh") else 0o644)
        return folder

    return write


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Make a folder that all processes of this test run share, by a function that fills it; returns it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make(name: str, fill: Callable[[Path], object]) -> Path:
        folder = shared / name
        with (shared / f"{name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.fstat(lock.fileno()).st_size:
                folder.mkdir()
                fill(folder)
                lock.write("filled")
        return folder

    return make


def _build_chat(folder: Path) -> None:
    shutil.copytree(CHAT, folder, dirs_exist_ok=True)
    python = str(managed_runtime(own_runtime()).python)
    target = ("--python", python, "--target", str(folder))
    # Compiled, or each of its cold starts would be a second longer: what is tested is not how long they are.
    uv("pip", "install", "--quiet", "--compile-bytecode", "--require-hashes", *target, "-r", str(CHAT_REQUIREMENTS))


@pytest.fixture(scope="session")
def chat_build(once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """The chat app with what its requirements install, as `sam build` makes it."""
    return once("chat-build", _build_chat)


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLambda]:
    """The data plane that most tests share. A long streamed answer does not take as long there as on AWS."""
    os.environ["FROM_THE_PARENT"] = "a function must not see this"
    with running(tmp_path_factory.mktemp("logs"), Limits(stream_rate=LIFTED)) as shared:
        yield shared
    del os.environ["FROM_THE_PARENT"]


@pytest.fixture(scope="module")
def local_with_namespaces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLambda]:
    """A data plane whose functions run in mount namespaces."""
    if problem := namespace_problem():
        pytest.skip(f"This machine gives no mount namespaces: {problem}")
    with running(tmp_path_factory.mktemp("logs"), isolation="namespaces") as local:
        yield local


@pytest.fixture
def start_local(tmp_path: Path) -> Iterator[Callable[..., LocalLambda]]:
    """Start a data plane of the test's own, with these limits, and the control plane at this socket."""
    with ExitStack() as stack:

        def start(*, control_plane: Path | None = None, **limits: Any) -> LocalLambda:
            return stack.enter_context(running(tmp_path / "logs", Limits(**limits), control_plane))

        yield start


@pytest.fixture(scope="session")
def plain(local: LocalLambda, copy_of: Callable[[str], Path]) -> Deployed:
    """The function `plain`, behind awslambdaric and a BUFFERED URL."""
    return local.deploy(copy_of("plain"), name="plain", mode="BUFFERED")


@pytest.fixture(scope="session")
def web(local: LocalLambda, copy_of: Callable[[str], Path]) -> Deployed:
    """The function `web`, streaming through the Lambda Web Adapter and its URL."""
    return local.deploy_web(copy_of("web"), name="web", mode="RESPONSE_STREAM", adapter_mode="response_stream")


@pytest.fixture(scope="session")
def streaming(local: LocalLambda, copy_of: Callable[[str], Path]) -> Deployed:
    """The function `streaming`: a custom runtime that streams what its event says."""
    wrapper = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper.sh"}
    return local.deploy(copy_of("streaming"), name="streaming", mode="RESPONSE_STREAM", environment=wrapper)


@dataclass(frozen=True)
class SecondAws:
    """A local AWS in a folder of its own that stands in for AWS: reached by a profile, and by nothing else.

    The profile has another name, region and place than `local`, and only what a profile of AWS has, and an endpoint.
    """

    folder: Path
    profile: str = "workshop-aws"
    region: str = "eu-central-1"

    @property
    def project(self) -> Project:
        return Project(self.folder / "project")

    @property
    def endpoint(self) -> str:
        return self.project.running().endpoint

    def environment(self, **variables: str) -> dict[str, str]:
        """This process's environment with that profile, and nothing else that says where AWS is."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_CLI_"))}
        files = {"AWS_CONFIG_FILE": "config", "AWS_SHARED_CREDENTIALS_FILE": "credentials"}
        profile = {name: str(self.folder / "aws" / file) for name, file in files.items()}
        sam = {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "1"}
        return kept | profile | {"AWS_PROFILE": self.profile} | sam | variables

    def write_profile(self) -> None:
        """Write the profile's files, as `aws configure` does."""
        keys = Profile(self.project).keys()
        (self.folder / "aws").mkdir()
        (self.folder / "aws" / "config").write_text(
            f"[profile {self.profile}]\nregion = {self.region}\nendpoint_url = {self.endpoint}\n", encoding="utf-8"
        )
        (self.folder / "aws" / "credentials").write_text(
            f"[{self.profile}]\naws_access_key_id = {keys.access_key_id}\n"
            f"aws_secret_access_key = {keys.secret_access_key}\n",
            encoding="utf-8",
        )


@pytest.fixture(scope="module")
def second_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondAws]:
    """A second local AWS, which stands in for AWS: run the same cells with its `environment()`."""
    made = SecondAws(tmp_path_factory.mktemp("second-aws"))
    made.project.root.mkdir()
    command = [Path(sys.executable).with_name("lambdastream"), "up", "--detach", "--port", "0"]
    try:
        (made.project.root / "template.yaml").touch()
        subprocess.run(command, cwd=made.project.root, check=True, capture_output=True, timeout=PATIENCE)
        made.write_profile()
        yield made
    finally:
        stop(made.project)
