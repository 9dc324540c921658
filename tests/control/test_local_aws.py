"""Deploying to the local AWS that runs for a project, and asking it what runs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from lambdastream.control import DeployedFunction, LocalAws, connect
from lambdastream.control.project import Project, Running
from lambdastream.errors import (
    DescriptionError,
    FunctionNotFoundError,
    LambdastreamError,
    LocalAwsError,
    NotRunningError,
    RuntimeNotFoundError,
    UsageError,
)

FUNCTIONS = "/_lambdastream/functions/"


@pytest.fixture
def local_aws(running) -> LocalAws:
    return connect(running.project)


def test_without_a_local_aws_the_error_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(NotRunningError) as raised:
        connect(Project(tmp_path))
    assert "lambdastream up" in raised.value.next_step


def test_one_that_does_not_answer_is_not_running(listens: Callable[[str], bool]) -> None:
    endpoint = "http://127.0.0.1:1"
    assert not listens(endpoint)
    with pytest.raises(NotRunningError, match="does not answer") as raised:
        LocalAws(Running(endpoint, 1, "")).status()
    assert "lambdastream up" in raised.value.next_step


def test_what_is_deployed_answers_at_its_url(running, local_aws: LocalAws) -> None:
    function = local_aws.deploy(running.function("first"))
    assert (function.name, function.invoke_mode) == ("first", "BUFFERED")
    assert httpx.get(function.at("/some/path")).text == "hello"
    assert httpx.get(function.at("some/path")).text == "hello"


def test_a_function_that_is_replaced_keeps_its_url(running, local_aws: LocalAws) -> None:
    before = local_aws.deploy(running.function("replaced", "old"))
    assert httpx.get(before.url).text == "old"
    after = local_aws.deploy(running.function("replaced", "new"))
    assert after == before
    assert httpx.get(after.url).text == "new"
    assert [each["name"] for each in local_aws.status()["functions"]].count("replaced") == 1


def test_a_function_without_a_url_has_no_addresses(running, local_aws: LocalAws) -> None:
    function = local_aws.deploy(replace(running.function("hidden"), url=None))
    assert function == DeployedFunction("hidden", None, None)
    with pytest.raises(UsageError, match="hidden has no URL"):
        function.at("/")


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"runtime": "python3.99"}, RuntimeNotFoundError, "python3.99"),
        ({"layers": ("arn:aws:lambda:us-east-1:123456789012:layer:mine:1",)}, DescriptionError, "layer:mine:1"),
    ],
    ids=["runtime", "layer"],
)
def test_an_error_comes_back_as_its_own_class(
    running, local_aws: LocalAws, changes: dict[str, object], error: type[LambdastreamError], says: str
) -> None:
    before = local_aws.deploy(running.function("refused"))
    with pytest.raises(error, match=says) as raised:
        local_aws.deploy(replace(running.function("refused"), **changes))
    assert type(raised.value) is error
    assert raised.value.next_step
    assert httpx.get(before.url).text == "hello", "what was there still runs"


def test_what_is_not_a_description_is_refused(running, local_aws: LocalAws) -> None:
    headers = {"authorization": f"Bearer {running.project.running().token}"}
    for body, error in [(b"{", "UsageError"), (b'{"name": "x"}', "DescriptionError")]:
        answer = httpx.put(f"{local_aws.endpoint}{FUNCTIONS}x", headers=headers, content=body)
        assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_a_removed_function_is_gone_and_so_is_its_url(
    running, local_aws: LocalAws, listens: Callable[[str], bool]
) -> None:
    function = local_aws.deploy(running.function("removed"))
    assert listens(function.url)
    local_aws.remove("removed")
    assert not listens(function.url)
    assert "removed" not in [each["name"] for each in local_aws.status()["functions"]]


@pytest.mark.parametrize("name", ["never-deployed", "../status", "a b", "a?b#c", "a/b", "ü"])
def test_removing_what_is_not_there_says_so(local_aws: LocalAws, name: str) -> None:
    with pytest.raises(FunctionNotFoundError) as raised:
        local_aws.remove(name)
    assert f"No function {name} " in raised.value.problem


def test_status_has_its_documented_form(running, local_aws: LocalAws) -> None:
    function = local_aws.deploy(running.function("shown"))
    httpx.get(function.url)
    status = local_aws.status()
    assert set(status) >= {"endpoint", "profile", "functions", "apis", "adapter", "isolation"}
    assert (status["endpoint"], status["profile"], status["apis"]) == (local_aws.endpoint, "local", [])
    assert status["adapter"] is None or set(status["adapter"]) == {"version", "path"}
    (shown,) = [each for each in status["functions"] if each["name"] == "shown"]
    assert set(shown) == {"name", "url", "invoke_mode", "auth_type", "environments"}
    assert (shown["url"], shown["invoke_mode"], shown["auth_type"]) == (function.url, "BUFFERED", "NONE")
    (environment,) = shown["environments"]
    assert environment["state"] in {"busy", "idle"}  # the client may have its answer before the environment is free


@pytest.mark.parametrize("token", ["", "Bearer wrong", "Bearer \u00fc"], ids=ascii)
def test_deployments_need_the_token(running, local_aws: LocalAws, token: str) -> None:
    value = running.function("intruder").to_json()
    headers = {"authorization": token.encode()}
    answers = [
        httpx.put(f"{local_aws.endpoint}{FUNCTIONS}intruder", headers=headers, json=value),
        httpx.delete(f"{local_aws.endpoint}{FUNCTIONS}intruder", headers=headers),
        httpx.get(f"{local_aws.endpoint}/_lambdastream/status", headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [403] * 3
    assert "intruder" not in [each["name"] for each in local_aws.status()["functions"]]


def test_a_wrong_token_is_an_error_here(local_aws: LocalAws) -> None:
    with pytest.raises(LocalAwsError, match="Wrong token"):
        LocalAws(Running(local_aws.endpoint, 1, "wrong")).status()


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/_lambdastream/status", "/2015-03-31/functions/first/invocations"])
def test_pages_in_a_browser_are_refused(running, local_aws: LocalAws, path: str, headers: dict[str, str]) -> None:
    """Also with the right token: a page may have got hold of it, or a name may point here (DNS rebinding)."""
    authorization = f"Bearer {running.project.running().token}"
    answer = httpx.post(f"{local_aws.endpoint}{path}", headers={"authorization": authorization, **headers})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
