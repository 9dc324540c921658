"""Real clients, over real sockets: what they send is what is verified."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import boto3
import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from lambdastream.wire.http_message import HttpRequest

TOKEN = "token/with+odd=characters=="
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:f:$LATEST"
CONFIG = Config(retries={"total_max_attempts": 1})
S3_CONFIG = CONFIG.merge(Config(signature_version="s3v4", s3={"addressing_style": "path"}))
ANSWER = b"<ErrorResponse><Error><Code>Recorded</Code></Error></ErrorResponse>"


@dataclass
class Recorder:
    """A server that keeps the raw requests, and answers each with 400."""

    port: int = 0
    requests: list[HttpRequest] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def only(self) -> HttpRequest:
        (request,) = self.requests
        return request


def handler(recorder: Recorder) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            # Not `self.path`, in which leading slashes have become one.
            method, target, _ = self.requestline.split(" ")
            headers = tuple((name.lower(), value) for name, value in self.headers.items())
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            recorder.requests.append(HttpRequest(method, target, headers, body))
            self.send_response(400)
            self.send_header("content-length", str(len(ANSWER)))
            self.end_headers()
            self.wfile.write(ANSWER)

        do_GET = do_PUT = do_POST = answer  # noqa: N815 (the names that the server calls)

        def log_message(self, *arguments) -> None:
            pass

    return Handler


@pytest.fixture(scope="module", autouse=True)
def _no_settings_of_this_machine() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name in list(os.environ):
            if name.startswith("AWS_") or name.lower().endswith("_proxy"):
                environment.delenv(name)
        environment.setenv("AWS_CONFIG_FILE", os.devnull)
        environment.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        yield


@pytest.fixture(scope="module")
def server() -> Iterator[Recorder]:
    recorder = Recorder()
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(recorder)) as listening:
        recorder.port = listening.server_port
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield recorder
        listening.shutdown()
        thread.join()


@pytest.fixture
def recorder(server) -> Recorder:
    server.requests.clear()
    return server


@pytest.fixture(scope="module")
def client(server, signing):
    """Make a boto3 client of a service, once."""
    session = boto3.Session(signing.key, signing.secret, TOKEN, signing.region)
    clients = {}

    def make(service):
        if service not in clients:
            config = S3_CONFIG if service == "s3" else CONFIG
            clients[service] = session.client(service, endpoint_url=server.url, config=config)
        return clients[service]

    yield make
    for made in clients.values():
        made.close()


def call(service, operation, *, id, **arguments):  # noqa: A002 (as pytest.param has it)
    return pytest.param(service, operation, arguments, id=id)


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        call("s3", "list_buckets", id="s3 buckets"),
        call("s3", "put_object", Bucket="b", Key="a b+c/ü~(x)'!*.txt", Body=b"hello", id="s3 put"),
        call("s3", "put_object", Bucket="b", Key="file", Body=io.BytesIO(b"hello" * 1000), id="s3 put a file"),
        call("s3", "put_object", Bucket="b", Key="m", Metadata={"Colour": " dark   red "}, id="s3 put metadata"),
        call("s3", "get_object", Bucket="b", Key="a//b", Range="bytes=0-1", id="s3 double slash"),
        call("s3", "get_object", Bucket="b", Key="a/../b/./", id="s3 dot segments"),
        call("s3", "get_object", Bucket="b", Key="/x=1&y=2?z#;:@,$%41", id="s3 reserved characters"),
        call("s3", "copy_object", Bucket="b", Key="k", CopySource={"Bucket": "c", "Key": "a b+ü"}, id="s3 copy"),
        call("s3", "list_objects_v2", Bucket="b", Prefix="a b+/ü", Delimiter="/", id="s3 list"),
        call("s3", "delete_objects", Bucket="b", Delete={"Objects": [{"Key": "x"}]}, id="s3 delete, checksum"),
        call("lambda", "get_function", FunctionName=ARN, id="lambda get by ARN"),
        call("lambda", "list_tags", Resource=ARN, id="lambda tags of an ARN"),
        call("lambda", "invoke", FunctionName="f", Qualifier="$LATEST", Payload=b"{}", id="lambda invoke"),
        call("logs", "describe_log_groups", logGroupNamePrefix="/aws/lambda/", id="logs"),
        call("cloudformation", "describe_stacks", StackName="a", NextToken="a+b /ü&=", id="cloudformation"),
        call("sts", "get_caller_identity", id="sts"),
        call("sts", "assume_role", RoleArn="arn:aws:iam::1:role/a/b", RoleSessionName="me", id="sts assume role"),
        call(
            "bedrock-runtime",
            "converse_stream",
            modelId="anthropic.claude-x:0",
            messages=[{"role": "user", "content": [{"text": "ü"}]}],
            id="bedrock-runtime",
        ),
    ],
)
def test_what_boto3_sends_is_accepted_and_nothing_else(recorder, client, signing, service, operation, arguments):
    with pytest.raises(ClientError):
        getattr(client(service), operation)(**arguments)
    request = recorder.only()

    claim = signing.check(
        request, service="bedrock" if service == "bedrock-runtime" else service, region=signing.region
    )

    assert (claim.access_key_id, claim.session_token) == (signing.key, TOKEN)
    assert not claim.presigned
    signing.refusal(replace(request, body=request.body + b"x"))
    signing.refusal(replace(request, target=request.target + "x"))


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        call("s3", "get_object", Bucket="b", Key="a b+ü//c", ResponseContentType="text/plain; a=b", id="s3 get"),
        call("s3", "list_objects_v2", Bucket="b", Prefix="a b+/", id="s3 list"),
        call("sts", "get_caller_identity", id="sts"),
        call("lambda", "get_function", FunctionName=ARN, Qualifier="live", id="lambda"),
    ],
)
def test_a_url_that_boto3_presigned_is_accepted(recorder, client, signing, service, operation, arguments):
    url = client(service).generate_presigned_url(operation, Params=arguments, ExpiresIn=60)
    method = "POST" if service == "sts" else "GET"
    httpx.request(method, url)

    claim = signing.check(recorder.only(), service=service)

    assert (claim.presigned, claim.expires, claim.session_token) == (True, 60, TOKEN)


def test_an_upload_to_a_presigned_url_is_accepted(recorder, client, signing):
    url = client("s3").generate_presigned_url("put_object", {"Bucket": "b", "Key": "ü"})
    httpx.put(url, content=b"anything")

    assert signing.check(recorder.only()).expires == 3600


class FunctionUrlAuth(httpx.Auth):
    """Signs for a function URL with AuthType AWS_IAM, as AWS's examples do: only what AWS wants signed."""

    requires_request_body = True

    def __init__(self, signing):
        self._signer = SigV4Auth(Credentials(signing.key, signing.secret), "lambda", signing.region)

    def auth_flow(self, request):
        headers = {name: request.headers[name] for name in ("host", "content-type") if name in request.headers}
        signed = AWSRequest(request.method, str(request.url), headers, request.content)
        self._signer.add_auth(signed)
        request.headers.update(dict(signed.headers))
        yield request


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"method": "GET", "url": "/"}, id="get"),
        pytest.param({"method": "POST", "url": "/stream/chat", "params": {"query": "a b+c/ü&"}}, id="query"),
        pytest.param(
            {"method": "POST", "url": "/", "json": {"a": "ü"}, "headers": {"Cookie": "a=b"}}, id="body and cookie"
        ),
        pytest.param({"method": "PUT", "url": "/a b/(c):d/ü", "headers": {"Accept": "*/*", "X-A": "x"}}, id="path"),
    ],
)
def test_httpx_with_a_signer_of_its_own_is_accepted(recorder, signing, options):
    with httpx.Client(base_url=recorder.url, auth=FunctionUrlAuth(signing)) as http:
        http.request(**options)

    signing.check(recorder.only(), service="lambda", region=signing.region)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("arguments", [("/a/b",), ("/?a=1&b=2",), ("/", "--json", '{"a": 1}')], ids=" ".join)
def test_curls_own_signer_is_accepted(recorder, signing, arguments):
    target, *options = arguments
    identity = ("--user", f"{signing.key}:{signing.secret}", "--aws-sigv4", f"aws:amz:{signing.region}:lambda")
    subprocess.run(["curl", "--silent", "--noproxy", "*", *identity, recorder.url + target, *options], check=True)

    request = recorder.only()
    assert signing.check(request, service="lambda").access_key_id == signing.key
    assert urlsplit(request.target).path == urlsplit(target).path
