"""The environment variables of a function's processes."""

from pathlib import Path

import pytest

from lambdastream.errors import DescriptionError
from lambdastream.runtime.interpreter import ManagedRuntime
from lambdastream.runtime.runtimes import OsOnlyRuntime, WrappedRuntime
from lambdastream.runtime.variables import Folders, container_variables, extension_variables, runtime_variables

PYTHON = ManagedRuntime("python3.11", Path("/lang"))
LIBRARIES = "/lang/lib/python3.11/site-packages"
OS_ONLY = OsOnlyRuntime("provided.al2023")
# AWS Lambda developer guide, "Defined runtime environment variables": for Python and for an OS-only runtime. What is set
# elsewhere, credentials by the environment and the trace by the runtime, is not here; docstring of the module: the rest.
RESERVED = {
    "_HANDLER": ("app.handler", "app.handler"),
    "AWS_DEFAULT_REGION": ("eu-west-1", "eu-west-1"),
    "AWS_REGION": ("eu-west-1", "eu-west-1"),
    "AWS_EXECUTION_ENV": ("AWS_Lambda_python3.11", None),
    "AWS_LAMBDA_FUNCTION_NAME": ("chat", "chat"),
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": ("256", "256"),
    "AWS_LAMBDA_FUNCTION_VERSION": ("7", "7"),
    "AWS_LAMBDA_INITIALIZATION_TYPE": ("on-demand", "on-demand"),
    "AWS_LAMBDA_LOG_GROUP_NAME": ("/aws/lambda/chat", "/aws/lambda/chat"),
    "AWS_LAMBDA_LOG_STREAM_NAME": ("stream", "stream"),
    "AWS_LAMBDA_RUNTIME_API": ("127.0.0.1:9001", "127.0.0.1:9001"),
    "LAMBDA_TASK_ROOT": ("{code}", "{code}"),
    "LAMBDA_RUNTIME_DIR": (LIBRARIES, "/var/runtime"),
}
UNRESERVED = {
    "LANG": ("en_US.UTF-8", "en_US.UTF-8"),
    "TZ": (":UTC", ":UTC"),
    "PATH": (
        "/lang/bin:/usr/local/bin:/usr/bin:/bin:/made/opt/bin",
        "/usr/local/bin:/usr/bin:/bin:/made/opt/bin",
    ),
    "LD_LIBRARY_PATH": (
        f"/lang/lib:{LIBRARIES}:{LIBRARIES}/lib:{{code}}:{{code}}/lib:/made/opt/lib",
        "/var/runtime:/var/runtime/lib:{code}:{code}/lib:/made/opt/lib",
    ),
    "PYTHONPATH": (f"/made/opt/python/lib/python3.11/site-packages:/made/opt/python:{LIBRARIES}", None),
    "NODE_PATH": (None, None),
    "GEM_PATH": (None, None),
    "AWS_XRAY_CONTEXT_MISSING": ("LOG_ERROR", "LOG_ERROR"),
}
OURS = {"TMPDIR"}
FOLDERS = Folders(Path("/made/opt"), Path("/made/tmp"))
LAMBDAS_OWN = Folders(Path("/opt"), None)


@pytest.fixture
def variables(describe):
    """The variables for a function that declares some."""

    def build(declared, *, port=None, endpoint_url=None, stands_for=PYTHON, folders=FOLDERS, **settings):
        description = describe(environment=declared, **settings)
        return runtime_variables(
            description,
            stands_for,
            folders,
            runtime_api="127.0.0.1:9001",
            log_stream="stream",
            port=port,
            endpoint_url=endpoint_url,
        )

    return build


@pytest.mark.conformance("variables-set")
@pytest.mark.parametrize(("stands_for", "column"), [(PYTHON, 0), (OS_ONLY, 1)], ids=["python", "provided"])
def test_a_runtime_gets_the_variables_of_the_guide_and_no_others(variables, tmp_path, stands_for, column):
    given = variables(
        {"OWN": "1"},
        stands_for=stands_for,
        runtime=stands_for.name,
        name="chat",
        handler="app.handler",
        memory=256,
        version="7",
        region="eu-west-1",
    )
    expected = {name: values[column] for name, values in (RESERVED | UNRESERVED).items()}
    assert {name: given.pop(name, None) for name in expected} == {
        name: value and value.format(code=tmp_path) for name, value in expected.items()
    }
    assert given == {"OWN": "1"} | dict.fromkeys(OURS, "/made/tmp")


@pytest.mark.conformance("variables-reserved")
@pytest.mark.parametrize("name", [name for name in RESERVED if not name.startswith("_")])
def test_a_function_cannot_declare_what_is_reserved(variables, name):
    with pytest.raises(DescriptionError, match=f"Reserved keys used: {name}"):
        variables({name: "declared"})


@pytest.mark.parametrize("name", [name for name in UNRESERVED if name != "PYTHONPATH"])
def test_a_function_can_declare_what_is_not_reserved(variables, name):
    assert variables({name: "declared"})[name] == "declared"


def test_a_declared_python_path_does_not_hide_the_layers(variables, tmp_path):
    own = UNRESERVED["PYTHONPATH"][0]
    assert variables({"PYTHONPATH": "/var/task/src"})["PYTHONPATH"] == f"{tmp_path}/src:{own}"
    assert variables({"PYTHONPATH": "/x"}, stands_for=OS_ONLY, runtime=OS_ONLY.name)["PYTHONPATH"] == "/x"


@pytest.mark.parametrize(
    ("runtime", "name", "value"),
    [
        ("nodejs24.x", "AWS_EXECUTION_ENV", "AWS_Lambda_nodejs24.x"),
        ("nodejs24.x", "NODE_PATH", "/made/opt/nodejs/node24/node_modules:/made/opt/nodejs/node_modules"),
        ("ruby3.4", "GEM_PATH", "{code}/vendor/bundle/ruby/3.4.0:/made/opt/ruby/gems/3.4.0"),
        ("java21", "AWS_EXECUTION_ENV", "AWS_Lambda_java21"),
        ("java21", "NODE_PATH", None),
        ("nodejs24.x", "PYTHONPATH", None),
    ],
)
def test_other_languages_have_variables_of_their_own(variables, tmp_path, runtime, name, value):
    given = variables({}, stands_for=WrappedRuntime(runtime), runtime=runtime)
    assert given.get(name) == (value and value.format(code=tmp_path))


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


def test_a_tmp_that_is_where_it_should_be_needs_no_variable_and_declared_paths_stay(variables):
    given = variables({"VALUE": "/opt/bin:/opt"}, folders=LAMBDAS_OWN)
    assert given["VALUE"] == "/opt/bin:/opt"
    assert "TMPDIR" not in given


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


@pytest.mark.conformance("variables-extensions")
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


def test_a_container_gets_what_lambda_sets_and_a_port_of_its_own(describe):
    description = describe(
        name="chat", environment={"OWN": "variable", "READINESS_CHECK_PORT": "8080"}, region="eu-west-1"
    )
    variables = container_variables(
        description,
        {"PORT": "8080", "PATH": "/image/bin", "AWS_LWA_READINESS_CHECK_PORT": "9090"},
        runtime_api="127.0.0.1:9001",
        log_stream="stream",
        port=21000,
        endpoint_url="http://127.0.0.1:4566",
    )
    assert variables == {
        "OWN": "variable",
        "PORT": "21000",
        "AWS_LWA_PORT": "21000",
        "READINESS_CHECK_PORT": "21000",
        "TZ": ":UTC",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_LAMBDA_FUNCTION_NAME": "chat",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/chat",
        "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
    }
