"""A function sees what Lambda would give it, and nothing more."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lambdastream.runtime.interpreter import own_runtime

DOCUMENTED = {
    "_HANDLER",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_XRAY_CONTEXT_MISSING",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "LANG",
    "LD_LIBRARY_PATH",
    "PATH",
    "PYTHONPATH",
    "TMPDIR",
    "TZ",
}
ADAPTERS = {"AWS_LAMBDA_EXEC_WRAPPER", "AWS_LWA_INVOKE_MODE", "AWS_LWA_PORT", "PORT"}
SHELLS = {"PWD", "OLDPWD", "SHLVL", "_"}
MADE_BY_THE_RUNTIME = {"LC_CTYPE", "_X_AMZN_TRACE_ID"}


@pytest.mark.conformance("variables-set")
def test_a_handler_sees_the_documented_variables_and_no_others(local, plain):
    assert "FROM_THE_PARENT" in os.environ
    seen = local.invoke(plain.name, do="variables")
    assert seen.keys() - MADE_BY_THE_RUNTIME == DOCUMENTED
    assert seen["LAMBDA_TASK_ROOT"] == str(plain.folder)
    assert seen["AWS_ENDPOINT_URL"] == local.endpoint_url


def test_a_web_app_sees_those_and_the_adapters(web):
    seen = web.get("variables").json()
    assert seen.keys() - MADE_BY_THE_RUNTIME - SHELLS == DOCUMENTED | ADAPTERS
    assert seen["PORT"] == seen["AWS_LWA_PORT"] != "8000"


def test_a_bootstrap_sees_the_documented_variables_but_those_of_a_language(local, copy_of):
    path = {"PATH": f"{Path(sys.executable).parent}:{os.defpath}"}
    function = local.deploy(copy_of("custom"), runtime="provided.al2023", environment=path)
    seen = local.invoke(function.name, answer="buffered")["variables"]
    assert seen.keys() - {"LC_CTYPE"} == DOCUMENTED - {"AWS_EXECUTION_ENV", "PYTHONPATH"}


def test_the_trace_of_an_invocation_is_a_variable_of_a_handler(local, plain):
    traces = {local.invoke(plain.name, do="variables")["_X_AMZN_TRACE_ID"] for _ in range(2)}
    assert len(traces) == 2
    assert all(trace.startswith("Root=1-") for trace in traces)


@pytest.mark.conformance("isolation-packages")
def test_a_function_has_what_its_runtime_has_and_nothing_of_the_lab(local, plain):
    lab = ["fastapi", "httpx", "lambdastream", "pytest", "uvicorn", "uvloop"]
    runtime = ["awslambdaric", "boto3", "json"]
    seen = local.invoke(plain.name, do="modules", names=lab + runtime)
    assert [name for name, there in seen.items() if there] == runtime


@pytest.mark.conformance("isolation-packages")
def test_a_function_has_what_its_own_folder_and_its_layers_bring(local, copy_of, tmp_path):
    python = tmp_path / "layer" / "python"
    site_packages = python / "lib" / own_runtime() / "site-packages"
    code = copy_of("plain")
    for place, name in ((python, "from_the_layer"), (site_packages, "from_its_packages"), (code, "from_the_code")):
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{name}.py").touch()
    function = local.deploy(place, layers=(str(tmp_path / "layer"),))
    names = ["from_the_code", "from_the_layer", "from_its_packages", "from_nowhere"]
    seen = local.invoke(function.name, do="modules", names=names)
    assert seen == dict(zip(names, (True, True, True, False), strict=True))


def test_lambdas_folders_are_mapped_in_declared_values(local, copy_of, tmp_path):
    layer = tmp_path / "layer"
    layer.mkdir()
    (layer / "settings").write_text("from the layer")
    declared = {"SETTINGS": "/opt/settings", "CODE": "/var/task/handler.py", "OTHER": "/optional"}
    function = local.deploy(copy_of("plain"), layers=(str(layer),), environment=declared)
    seen = local.invoke(function.name, do="variables")
    assert Path(seen["SETTINGS"]).read_text() == "from the layer"
    assert seen["CODE"] == str(function.folder / "handler.py")
    assert seen["OTHER"] == "/optional"


@pytest.mark.conformance("isolation-tmp")
def test_each_environment_has_a_tmp_of_its_own_that_goes_with_it(local, copy_of, eventually):
    function = local.deploy(copy_of("plain"), mode="BUFFERED")
    tmp = Path(local.invoke(function.name, do="variables")["TMPDIR"])
    assert tmp.is_dir()
    (tmp / "left").touch()
    function.get("leave", status=1)
    eventually(lambda: not tmp.exists())
    assert local.invoke(function.name, do="variables")["TMPDIR"] != str(tmp)


@pytest.mark.conformance("isolation-ports")
def test_functions_that_declare_the_same_port_answer_each_for_itself(local, copy_of):
    functions = [
        local.deploy_web(copy_of("web"), name=name, mode="RESPONSE_STREAM", adapter_mode="response_stream")
        for name in ("one-of-two", "two-of-two")
    ]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda function: [function.get("name").json() for _ in range(3)], functions))
    assert answers == [["one-of-two"] * 3, ["two-of-two"] * 3]


def test_environments_of_one_function_answer_each_for_itself(web, tmp_path):
    at = tmp_path / "meeting"
    at.mkdir()
    with ThreadPoolExecutor(2) as pool:
        pids = [answer.json() for answer in pool.map(lambda _: web.get("meet", at=str(at), count=2), range(2))]
    assert len(set(pids)) == 2
    environments = web.status()["environments"]
    assert len({environment["port"] for environment in environments}) == len(environments) >= 2
    assert set(pids) <= {pid for environment in environments for pid in environment["pids"]}


@pytest.mark.parametrize("name", ["plain", "web"])
def test_a_function_runs_in_its_own_folder(request, name):
    function = request.getfixturevalue(name)
    function.get("pid")
    for environment in function.status()["environments"]:
        assert os.readlink(f"/proc/{environment['pids'][-1]}/cwd") == str(function.folder)  # noqa: PTH115 - a text


@pytest.mark.conformance("role-credentials")
def test_a_function_can_call_the_local_aws_with_its_own_boto3_and_its_roles_credentials(local, plain, write_function):
    source = (
        "import json, boto3\n"
        "def handler(event, context):\n"
        "    answer = boto3.client('lambda').invoke(FunctionName='plain', Payload=json.dumps(event))\n"
        "    return json.loads(answer['Payload'].read())\n"
    )
    function = local.deploy(write_function({"handler.py": source}))
    assert local.invoke(function.name, do="echo", a=1) == {"do": "echo", "a": 1}
    assert json.loads(plain.get("pid").text) != os.getpid()
