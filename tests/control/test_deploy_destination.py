"""Where a deploy goes: boto3 resolves the variables, and the address itself says whether it is a local AWS.

What stands in for AWS is a proxy: calls to AWS's names come to it over plain HTTP.
"""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from lambdastream.control import Destination, destination
from lambdastream.control.aws_caller import is_aws
from lambdastream.control.deploy_destination import answers_as_lambdastream, judge
from lambdastream.control.profile import NAME, REGION, Profile
from lambdastream.control.project import Project

ACCOUNT = "123456789012"
AWS_NAME = "http://sts.eu-central-1.amazonaws.com"
KEYS = "aws_access_key_id = AKIDMINE\naws_secret_access_key = secret\n"
WHO_YOU_ARE = f"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""
REFUSED = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error></ErrorResponse>"""


class Sts(BaseHTTPRequestHandler):
    """STS of AWS, seen through a proxy: it knows one key."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        is_known = "AKIDMINE" in self.headers["authorization"] and self.path.startswith(AWS_NAME)
        body = (WHO_YOU_ARE if is_known else REFUSED).encode()
        self.send_response(200 if is_known else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.send_response(403)
        self.end_headers()
        self.wfile.write(b'{"message": "Forbidden"}')

    def log_message(self, *_: object) -> None:
        """Requests are not worth a line."""


@pytest.fixture(scope="module")
def sts() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Sts) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home with profiles of its own, and a current folder without anything in it."""
    (tmp_path / "home" / ".aws").mkdir(parents=True)
    (tmp_path / "home" / ".aws" / "config").write_text(
        f"[profile workshop]\nregion = eu-central-1\nendpoint_url = {AWS_NAME}\n"
        f"[profile tired]\nregion = eu-central-1\nendpoint_url = {AWS_NAME}\n"
        "[profile local]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:1\n",
        encoding="utf-8",
    )
    (tmp_path / "home" / ".aws" / "credentials").write_text(
        f"[workshop]\n{KEYS}[tired]\n{KEYS.replace('MINE', 'OLD')}[local]\n{KEYS}", encoding="utf-8"
    )
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


@pytest.fixture
def go(home: Path, sts: str) -> Callable[..., Destination]:
    """Where a deploy goes from a shell with these variables, in which calls to AWS's names go through the proxy."""
    return lambda **variables: destination({"HOME": str(home), "HTTP_PROXY": sts, "NO_PROXY": "127.0.0.1"} | variables)


def test_the_local_profile_goes_to_the_local_aws(running, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(running.project.root)
    endpoint = running.project.running().endpoint
    found = destination(Profile(running.project).environment({"HOME": str(home)}))
    assert found == Destination("local", ACCOUNT, REGION, NAME, endpoint, running.project)
    assert str(found) == f"→ Deploys go to the LOCAL AWS at {endpoint} (profile local). Nothing costs money."
    assert (found.is_local, found.is_aws) == (True, False)


def test_the_local_aws_of_another_project_is_named(running, go: Callable[..., Destination]) -> None:
    found = go(**Profile(running.project).environment({}))
    assert found.is_local
    assert f"of another project, {running.project.root}" in str(found)


def test_the_name_of_a_profile_says_nothing(running, home: Path, go: Callable[..., Destination]) -> None:
    endpoint = running.project.running().endpoint
    config = home / ".aws" / "config"
    config.write_text(f"[profile prod]\nregion = eu-west-1\nendpoint_url = {endpoint}\n", encoding="utf-8")
    assert go(AWS_PROFILE="prod").is_local
    config.write_text(f"[profile local]\nregion = eu-west-1\nendpoint_url = {AWS_NAME}\n", encoding="utf-8")
    (home / ".aws" / "credentials").write_text(f"[local]\n{KEYS}", encoding="utf-8")
    assert go(AWS_PROFILE="local").is_aws


def test_a_profile_of_aws_goes_to_its_account(go: Callable[..., Destination]) -> None:
    found = go(AWS_PROFILE="workshop")
    assert found == Destination("aws", ACCOUNT, "eu-central-1", "workshop")
    assert str(found) == (
        "→ Deploys go to AWS: account 123456789012, region eu-central-1, profile workshop. This costs money."
    )
    assert (found.is_local, found.is_aws, found.endpoint) == (False, True, None)


def test_exported_keys_are_named_beside_the_profile_that_they_win_over(go: Callable[..., Destination]) -> None:
    found = go(AWS_PROFILE="tired", AWS_ACCESS_KEY_ID="AKIDMINE", AWS_SECRET_ACCESS_KEY="secret")
    assert found.is_aws
    assert "profile tired, with exported keys" in str(found)


def test_a_samconfig_file_in_the_folder_wins_over_the_variables(go: Callable[..., Destination]) -> None:
    Path("samconfig.toml").write_text("[default.deploy.parameters]\nprofile = 'workshop'\nregion = 'eu-west-3'\n")
    found = go(AWS_PROFILE="local")
    assert (found.kind, found.profile, found.region) == ("aws", "workshop", "eu-west-3")
    assert "profile and region from samconfig.toml" in str(found)


@pytest.mark.parametrize(
    ("variables", "says", "next_step"),
    [
        pytest.param({"AWS_PROFILE": "nobody"}, "nobody", "lambdastream doctor", id="no such profile"),
        pytest.param({"AWS_PROFILE": "tired"}, "expired", "aws sso login --profile tired", id="expired"),
        pytest.param(
            {"AWS_PROFILE": "workshop", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"},
            "The services are at different places: cloudformation, lambda, iam, logs, sts at AWS; s3 at http://127.0.0.1:1.",
            'eval "$(lambdastream env)"',
            id="a service elsewhere",
        ),
    ],
)
def test_what_is_unclear_says_why_and_what_to_do(
    go: Callable[..., Destination], variables: dict[str, str], says: str, next_step: str
) -> None:
    found = go(**variables)
    assert (found.kind, found.is_local, found.is_aws) == ("unclear", False, False)
    assert says in found.why
    assert next_step in found.next_step
    assert str(found).startswith("→ It is UNCLEAR where deploys go: ")


SOMEBODY = {"profile": "work", "region": "eu-west-1", "method": "sso", "endpoints": {}, "account": ""}


@pytest.mark.parametrize(
    ("answer", "why", "next_step"),
    [
        pytest.param(
            {"profile": "default", "method": "", "error": "NoRegionError", "problem": "You must specify a region."},
            "Neither a profile nor keys are selected.",
            'eval "$(lambdastream env)"',
            id="nothing set",
        ),
        pytest.param(
            {"error": "NoRegionError", "problem": "You must specify a region."},
            "No region is set for the profile work.",
            "export AWS_DEFAULT_REGION=us-east-1",
            id="no region",
        ),
        pytest.param(
            {"endpoints": dict.fromkeys(("s3", "cloudformation"), "http://127.0.0.1:1")},
            "Nothing answers at http://127.0.0.1:1, where the profile work points.",
            "lambdastream up --detach",
            id="nothing answers",
        ),
        pytest.param(
            {"endpoints": dict.fromkeys(("s3", "cloudformation"), "https://aws.company.example")},
            "https://aws.company.example is neither AWS nor on this machine.",
            'eval "$(lambdastream env)"',
            id="somewhere else",
        ),
        pytest.param(
            {"endpoints": {"cloudformation": AWS_NAME}, "error": "EndpointConnectionError", "problem": "No network"},
            "They point at AWS, and STS does not say at which account: No network.",
            "lambdastream doctor",
            id="no network",
        ),
    ],
)
def test_an_answer_that_settles_nothing_is_unclear(answer: dict[str, object], why: str, next_step: str) -> None:
    found = judge(SOMEBODY | answer)
    assert (found.kind, found.why) == ("unclear", why)
    assert next_step in found.next_step


def test_another_program_at_the_address_is_no_local_aws(sts: str, go: Callable[..., Destination]) -> None:
    found = go(AWS_PROFILE="workshop", AWS_ENDPOINT_URL=sts)
    assert (found.kind, found.why) == ("unclear", f"What answers at {sts} is no local AWS of lambdastream.")


def test_a_local_aws_is_known_by_its_answer(running, sts: str) -> None:
    found = [answers_as_lambdastream(url) for url in (running.project.running().endpoint, sts, "http://127.0.0.1:1")]
    assert found == [True, False, None]


def test_this_process_is_asked_by_default_and_no_module_of_the_current_folder(
    running, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("boto3.py").write_text("raise SystemExit('planted')", encoding="utf-8")
    for name, value in Profile(running.project).environment({"HOME": str(home)}).items():
        monkeypatch.setenv(name, value)
    assert destination().endpoint == running.project.running().endpoint


@pytest.mark.parametrize("found", [Destination("local", profile="<b>"), Destination("unclear", why="<b>")], ids=str)
def test_a_notebook_shows_it_as_text(found: Destination) -> None:
    assert "&lt;b&gt;" in found._repr_html_()
    assert "<b>" not in found._repr_html_()
    assert repr(found) == str(found)


def test_it_is_plain_json(tmp_path: Path) -> None:
    found = Destination("local", profile="local", project=Project(tmp_path))
    assert found.to_json() == {
        "kind": "local",
        "account": None,
        "region": None,
        "profile": "local",
        "endpoint": None,
        "note": "",
        "why": "",
        "next_step": "",
    }


@pytest.mark.parametrize(
    ("url", "aws"),
    [
        ("https://cloudformation.us-east-1.amazonaws.com", True),
        ("https://lambda.cn-north-1.amazonaws.com.cn", True),
        ("https://lambda.us-east-1.api.aws", True),
        ("http://127.0.0.1:4566", False),
        ("https://amazonaws.com.example.org", False),
        ("https://notamazonaws.com", False),
        ("", False),
    ],
)
def test_the_names_of_aws(url: str, aws: bool) -> None:
    assert is_aws(url) is aws
