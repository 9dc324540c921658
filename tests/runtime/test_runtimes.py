"""What runs a function, by the runtime that it declares."""

import subprocess

import pytest

from lambdastream.errors import RuntimeNotFoundError
from lambdastream.runtime.init_error import InitError
from lambdastream.runtime.interpreter import ManagedRuntime, managed_runtime, own_runtime
from lambdastream.runtime.runtimes import OsOnlyRuntime, WrappedRuntime, find_runtime

LWA = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap"}


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        pytest.param({"runtime": own_runtime()}, ManagedRuntime, id="python"),
        pytest.param({"runtime": own_runtime(), "environment": LWA}, ManagedRuntime, id="python behind a wrapper"),
        pytest.param({"runtime": "provided.al2023"}, OsOnlyRuntime, id="provided.al2023"),
        pytest.param({"runtime": "provided.al2"}, OsOnlyRuntime, id="provided.al2"),
        pytest.param({"runtime": "nodejs24.x", "environment": LWA}, WrappedRuntime, id="nodejs behind a wrapper"),
        pytest.param({"runtime": "ruby3.4", "environment": LWA}, WrappedRuntime, id="ruby behind a wrapper"),
        pytest.param({"runtime": "java8.al2", "environment": LWA}, WrappedRuntime, id="java behind a wrapper"),
        pytest.param({"runtime": "dotnet10", "environment": LWA}, WrappedRuntime, id="dotnet behind a wrapper"),
    ],
)
def test_a_runtime_is_found_by_its_name_and_the_wrapper(describe, declared, found):
    runtime = find_runtime(describe(**declared))
    assert (type(runtime), runtime.name) == (found, declared["runtime"])


@pytest.mark.parametrize("name", ["nodejs24.x", "ruby3.4", "java21", "dotnet10", "go1.x"])
def test_a_language_that_is_not_here_is_refused_with_what_is(describe, name):
    with pytest.raises(RuntimeNotFoundError) as caught:
        find_runtime(describe(runtime=name))
    assert f"there is no {name} in the local AWS" in caught.value.problem
    for way in (own_runtime(), "provided.al2023", "provided.al2", "AWS_LAMBDA_EXEC_WRAPPER=/opt/bootstrap"):
        assert way in caught.value.next_step


def test_what_aws_takes_no_more_is_refused_with_its_successor(describe):
    with pytest.raises(RuntimeNotFoundError, match="AWS takes no functions for it any more") as caught:
        find_runtime(describe(runtime="provided", environment=LWA))
    assert "provided.al2023" in caught.value.next_step


def test_no_python_is_made_for_a_runtime_that_is_no_python(describe, tmp_path, monkeypatch):
    monkeypatch.setenv("LAMBDASTREAM_CACHE", str(tmp_path / "cache"))
    find_runtime(describe(runtime="provided.al2023"))
    find_runtime(describe(runtime="nodejs24.x", environment=LWA))
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("bootstraps", "first"),
    [(["code", "opt"], "code"), (["code"], "code"), (["opt"], "opt")],
    ids=["in the code and a layer", "in the code", "in a layer"],
)
@pytest.mark.parametrize("wrapper", ["", "/opt/bootstrap"], ids=["", "a wrapper is ignored"])
@pytest.mark.conformance("runtime-os-only")
def test_the_bootstrap_of_the_code_goes_before_that_of_a_layer(describe, tmp_path, bootstraps, first, wrapper):
    for folder in ("code", "opt"):
        (tmp_path / folder).mkdir()
    for folder in bootstraps:
        (tmp_path / folder / "bootstrap").touch()
    description = describe(code=tmp_path / "code", runtime="provided.al2023")
    command = OsOnlyRuntime("provided.al2023").command(description, tmp_path / "opt", wrapper)
    assert command == [str(tmp_path / first / "bootstrap")]


def test_a_folder_is_no_bootstrap(describe, tmp_path):
    (tmp_path / "bootstrap").mkdir()
    with pytest.raises(InitError) as caught:
        OsOnlyRuntime("provided.al2023").command(describe(), tmp_path / "opt", "")
    assert caught.value.error_type == "Runtime.InvalidEntrypoint"
    assert caught.value.reason == "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
    assert str(tmp_path) in caught.value.advice


@pytest.mark.conformance("runtime-managed")
def test_a_python_runtime_starts_the_interface_client_behind_the_wrapper(describe, tmp_path):
    runtime = managed_runtime(own_runtime())
    client = [str(runtime.python), "-m", "awslambdaric", "handler.handler"]
    assert runtime.command(describe(), tmp_path, "") == client
    assert runtime.command(describe(), tmp_path, "/opt/wrapper") == ["/opt/wrapper", *client]


def test_a_wrapper_that_starts_what_it_is_given_hears_that_there_is_no_such_runtime(describe, tmp_path):
    command = WrappedRuntime("nodejs24.x").command(describe(runtime="nodejs24.x"), tmp_path, "/usr/bin/env")
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "There is no nodejs24.x here" in ended.stderr
