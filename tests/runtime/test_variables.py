"""The environment variables of a function's processes."""

from pathlib import Path

import pytest

from lambdastream.runtime.interpreter import ManagedRuntime
from lambdastream.runtime.variables import Folders, extension_variables, runtime_variables


@pytest.fixture
def variables(describe):
    """The variables for a function that declares some."""

    def build(declared, *, port=None, endpoint_url=None, **settings):
        description = describe(environment=declared, **settings)
        return runtime_variables(
            description,
            ManagedRuntime("python3.11", Path("/lang")),
            Folders(Path("/made/opt"), Path("/made/tmp")),
            runtime_api="127.0.0.1:9001",
            log_stream="stream",
            port=port,
            endpoint_url=endpoint_url,
        )

    return build


def test_lambda_tells_a_function_about_itself(variables, tmp_path):
    given = variables({"OWN": "1"}, name="chat", handler="run.sh", memory=256)
    expected = {
        "OWN": "1",
        "_HANDLER": "run.sh",
        "LAMBDA_TASK_ROOT": str(tmp_path),
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
        "AWS_LAMBDA_FUNCTION_NAME": "chat",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/chat",
        "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "TMPDIR": "/made/tmp",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
    }
    assert expected.items() <= given.items()
    assert given["PATH"].startswith("/lang/bin:")


def test_a_function_cannot_declare_what_lambda_sets(variables):
    given = variables({"AWS_LAMBDA_FUNCTION_NAME": "x", "AWS_LAMBDA_RUNTIME_API": "x"}, name="chat")
    assert (given["AWS_LAMBDA_FUNCTION_NAME"], given["AWS_LAMBDA_RUNTIME_API"]) == ("chat", "127.0.0.1:9001")


@pytest.mark.parametrize(
    ("value", "becomes"),
    [
        ("/opt", "/made/opt"),
        ("/opt/bootstrap", "/made/opt/bootstrap"),
        ("/var/task/bin:/usr/bin:/opt/bin", "{code}/bin:/usr/bin:/made/opt/bin"),
        ("/optional/x", "/optional/x"),
        ("/srv/opt", "/srv/opt"),
        ("https://example.com/opt/x", "https://example.com/opt/x"),
        ("", ""),
    ],
)
def test_lambdas_folders_are_mapped_where_a_path_begins_with_them(variables, tmp_path, value, becomes):
    assert variables({"VALUE": value})["VALUE"] == becomes.format(code=tmp_path)


@pytest.mark.parametrize(
    ("declared", "port", "given"),
    [
        pytest.param({"PORT": "8000"}, None, {"PORT": "8000"}, id="without extensions it stays"),
        pytest.param({}, 20001, {"PORT": "20001", "AWS_LWA_PORT": "20001"}, id="one of its own"),
        pytest.param({"PORT": "8000"}, 20001, {"PORT": "20001", "AWS_LWA_PORT": "20001"}, id="in place of its own"),
        pytest.param(
            {"AWS_LWA_PORT": "8000", "AWS_LWA_READINESS_CHECK_PORT": "8000"},
            20001,
            {"PORT": "20001", "AWS_LWA_PORT": "20001", "AWS_LWA_READINESS_CHECK_PORT": "20001"},
            id="a readiness check moves along",
        ),
        pytest.param(
            {"PORT": "8000", "READINESS_CHECK_PORT": "9000"},
            20001,
            {"PORT": "20001", "AWS_LWA_PORT": "20001", "READINESS_CHECK_PORT": "9000"},
            id="a readiness check elsewhere stays",
        ),
    ],
)
def test_an_environment_with_extensions_has_a_port_of_its_own(variables, declared, port, given):
    assert {name: value for name, value in variables(declared, port=port).items() if "PORT" in name} == given


@pytest.mark.parametrize(
    ("declared", "given"), [({}, "http://127.0.0.1:4566"), ({"AWS_ENDPOINT_URL": "http://other"}, "http://other")]
)
def test_the_local_aws_is_the_endpoint_unless_the_function_names_one(variables, declared, given):
    assert variables(declared, endpoint_url="http://127.0.0.1:4566")["AWS_ENDPOINT_URL"] == given


def test_an_extension_does_not_get_what_is_the_runtimes_alone(variables):
    given = variables({"OWN": "1"})
    missing = {
        "_HANDLER",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
    }
    assert given.keys() - extension_variables(given).keys() == missing
