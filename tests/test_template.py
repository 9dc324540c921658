"""`template.yaml`: what SAM makes of it, what the lint says when it is changed, and the real commands on it."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from samcli.yamlhelper import yaml_parse

from lambdastream.lint import lint
from lambdastream.lint._values import World
from lambdastream.lint._worlds import names

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "template.yaml"
CONFIG = ROOT / "samconfig.toml"
OPEN = {"AuthType": "NONE"}


def translated(template):
    """What SAM makes of a template."""
    # They take long to import: not in every process that collects the tests.
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    return Translator({}, Parser()).translate(template, {})


@pytest.fixture
def deployed(monkeypatch):
    """The resources that SAM makes of the template, as CloudFormation works them out for some parameters' values.

    `Properties` are worked out, `Written` is how SAM wrote them.
    """
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    def run(region="eu-west-1", **parameters):
        template = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
        template["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
        defaults = {name: parameter["Default"] for name, parameter in template["Parameters"].items()}
        expanded = translated(template)
        pseudo = {"AWS::Region": region, "AWS::StackName": "chat", "AWS::Partition": "aws"}
        world = World(expanded, defaults | pseudo | parameters)
        return {
            name: resource | {"Properties": world.resolve(resource["Properties"]), "Written": resource["Properties"]}
            for name, resource in expanded["Resources"].items()
            if world.exists(resource)
        }

    return run


def properties(resources, name):
    return resources[name]["Properties"]


def of_type(resources, kind):
    return {name: resource for name, resource in resources.items() if resource["Type"] == kind}


def test_there_are_two_functions_with_one_code():
    template = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    functions = of_type(template["Resources"], "AWS::Serverless::Function")
    assert set(functions) == {"ChatMangum", "ChatLwa"}
    assert template["Globals"]["Function"]["CodeUri"] == "app/chat"
    assert not any("CodeUri" in function["Properties"] or "Metadata" in function for function in functions.values())


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-2"])
@pytest.mark.parametrize(("architecture", "layer"), [("x86_64", "X86"), ("arm64", "Arm64")])
def test_the_adapters_layer_is_that_of_the_region_and_the_architecture(deployed, region, architecture, layer):
    function = properties(deployed(region, Architecture=architecture), "ChatLwa")
    assert function["Architectures"] == [architecture]
    assert function["Layers"] == [f"arn:aws:lambda:{region}:753240598075:layer:LambdaAdapterLayer{layer}:27"]


@pytest.mark.parametrize("runtime", ["python3.11", "python3.14"])
def test_the_runtime_is_a_parameter(deployed, runtime):
    resources = deployed(PythonRuntime=runtime)
    assert {properties(resources, name)["Runtime"] for name in ("ChatMangum", "ChatLwa")} == {runtime}


def test_one_function_is_a_handler_and_the_other_a_program_behind_the_adapter(deployed):
    resources = deployed()
    mangum, lwa = properties(resources, "ChatMangum"), properties(resources, "ChatLwa")
    assert (mangum["Handler"], lwa["Handler"]) == ("handler.handler", "run.sh")
    assert "Layers" not in mangum
    assert lwa["Environment"]["Variables"] == {
        "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
        "AWS_LWA_INVOKE_MODE": "response_stream",
        "PORT": "8000",
    }
    assert mangum["Timeout"] < 30 <= lwa["Timeout"]


@pytest.mark.parametrize("auth_type", ["AWS_IAM", "NONE"])
def test_each_function_has_a_url_and_one_of_them_streams(deployed, auth_type):
    resources = deployed(AuthType=auth_type)
    assert properties(resources, "ChatMangumUrl")["InvokeMode"] == "BUFFERED"
    assert properties(resources, "ChatLwaUrl")["InvokeMode"] == "RESPONSE_STREAM"
    assert {properties(resources, f"{name}Url")["AuthType"] for name in ("ChatMangum", "ChatLwa")} == {auth_type}


def test_by_default_nobody_may_call_a_url_unsigned(deployed):
    permissions = of_type(deployed(), "AWS::Lambda::Permission")
    assert {properties(permissions, name)["Principal"] for name in permissions} == {"apigateway.amazonaws.com"}
    assert "ReservedConcurrentExecutions" not in properties(deployed(), "ChatLwa")


@pytest.mark.parametrize("function", ["ChatMangum", "ChatLwa"])
def test_an_open_url_has_both_permissions_and_a_cap(deployed, function):
    resources = deployed(**OPEN)
    permissions = [
        resource["Properties"]
        for resource in of_type(resources, "AWS::Lambda::Permission").values()
        if resource["Properties"]["Principal"] == "*" and resource["Written"]["FunctionName"] == {"Ref": function}
    ]
    assert {
        (each["Action"], each.get("FunctionUrlAuthType"), each.get("InvokedViaFunctionUrl")) for each in permissions
    } == {("lambda:InvokeFunctionUrl", "NONE", None), ("lambda:InvokeFunction", None, True)}
    assert properties(resources, function)["ReservedConcurrentExecutions"] == 5


def test_its_own_permissions_are_those_that_sam_makes_of_a_literal(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    template = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    template["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
    own = set(of_type(template["Resources"], "AWS::Lambda::Permission"))
    for name in ("ChatMangum", "ChatLwa"):
        template["Resources"][name]["Properties"]["FunctionUrlConfig"]["AuthType"] = "NONE"
    made = of_type(translated(template)["Resources"], "AWS::Lambda::Permission")

    def for_everyone(resources):
        return sorted(
            str(sorted(each.items()))
            for each in (properties(made, name) for name in resources)
            if each["Principal"] == "*"
        )

    assert len(for_everyone(own)) == 4
    assert for_everyone(own) == for_everyone(made.keys() - own)


def test_the_http_api_leads_to_mangum_and_is_throttled(deployed):
    resources = deployed()
    [api] = of_type(resources, "AWS::ApiGatewayV2::Api").values()
    integration = api["Properties"]["Body"]["paths"]["$default"]["x-amazon-apigateway-any-method"]
    assert "${ChatMangum.Arn}/invocations" in str(integration)
    assert "payloadFormatVersion': '2.0'" in str(integration)
    [stage] = of_type(resources, "AWS::ApiGatewayV2::Stage").values()
    assert stage["Properties"]["DefaultRouteSettings"] == {"ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 10}


@pytest.mark.parametrize("function", ["ChatMangum", "ChatLwa"])
def test_a_function_may_write_its_own_log_and_nothing_else(deployed, function):
    resources = deployed()
    given = resources[function]["Written"]
    assert given["Role"] == {"Fn::GetAtt": [f"{function}Role", "Arn"]}
    assert given["LoggingConfig"] == {"LogGroup": {"Ref": f"{function}Logs"}}
    role = properties(resources, f"{function}Role")
    assert "ManagedPolicyArns" not in role
    [trusted] = role["AssumeRolePolicyDocument"]["Statement"]
    assert (trusted["Principal"], trusted["Action"]) == ({"Service": "lambda.amazonaws.com"}, "sts:AssumeRole")
    [policy] = resources[f"{function}Role"]["Written"]["Policies"]
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"Fn::GetAtt": [f"{function}Logs", "Arn"]},
        }
    ]
    log = properties(resources, f"{function}Logs")
    assert (log["LogGroupName"], log["RetentionInDays"]) == (f"/aws/lambda/chat-{function}", 14)


def test_these_are_all_the_roles_there_are(deployed):
    assert set(of_type(deployed(**OPEN), "AWS::IAM::Role")) == {"ChatMangumRole", "ChatLwaRole"}


def test_outputs_name_what_a_reader_calls(deployed):
    outputs = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))["Outputs"]
    assert set(outputs) == {"ChatMangumUrl", "ChatApiUrl", "ChatLwaUrl", "ChatMangumArn", "ChatLwaArn"}
    assert set(names(outputs)) - {"Fn::GetAtt"} <= set(deployed())


MUTATIONS = [
    pytest.param("AWS_LWA_INVOKE_MODE: response_stream", "AWS_LWA_INVOKE_MODE: buffered", "E9501", id="mode"),
    pytest.param("InvokeMode: RESPONSE_STREAM", "InvokeMode: BUFFERED", "E9502", id="URL"),
    pytest.param("AWS_LAMBDA_EXEC_WRAPPER: /opt/bootstrap", "X: y", "E9503", id="wrapper"),
    pytest.param("Handler: run.sh", "Handler: start.sh", "E9504", id="script"),
    pytest.param("- IsArm", "- IsOpen", "E9505", id="layer"),
    pytest.param(
        "      Handler: run.sh", "      Handler: run.sh\n      Events: {Web: {Type: HttpApi}}", "W9506", id="API"
    ),
    pytest.param("Timeout: 29", "Timeout: 31", "W9507", id="timeout"),
    pytest.param("    ReservedConcurrentExecutions:", "    Description:", "W9508", id="cap"),
    pytest.param("InvokeMode: BUFFERED", "InvokeMode: RESPONSE_STREAM", "E9509", id="Mangum"),
    pytest.param("Action: lambda:InvokeFunctionUrl", "Action: lambda:GetFunction", "E9510", id="permission"),
]


@pytest.fixture
def project(tmp_path):
    """A copy of what `sam` needs of the project."""
    shutil.copytree(ROOT / "app" / "chat", tmp_path / "app" / "chat", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TEMPLATE, tmp_path)
    shutil.copy(CONFIG, tmp_path)
    return tmp_path


def test_our_lint_has_nothing_to_say():
    assert lint(TEMPLATE) == []


@pytest.mark.parametrize(("right", "wrong", "rule"), MUTATIONS)
def test_our_lint_sees_each_change_for_the_worse(project, right, wrong, rule):
    text = TEMPLATE.read_text(encoding="utf-8")
    assert right in text
    (project / "template.yaml").write_text(text.replace(right, wrong), encoding="utf-8")
    assert rule in {finding.rule for finding in lint(project / "template.yaml")}


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda script: script.chmod(0o644), id="mode"),
        pytest.param(lambda script: script.write_bytes(script.read_bytes().replace(b"\n", b"\r\n")), id="CRLF"),
        pytest.param(Path.unlink, id="missing"),
    ],
)
def test_our_lint_sees_a_script_that_cannot_start(project, spoil):
    spoil(project / "app" / "chat" / "run.sh")
    assert [finding.rule for finding in lint(project / "template.yaml")] == ["E9504"]


def test_the_configuration_names_no_account_and_no_place():
    config = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["default"]
    deploy = config["deploy"]["parameters"]
    assert deploy["capabilities"] == "CAPABILITY_IAM"
    assert deploy["resolve_s3"] is True
    assert deploy["confirm_changeset"] is False
    assert config["global"]["parameters"] == {"stack_name": "streaming-chat"}
    settings = {name for command in config.values() for name in command["parameters"]}
    assert settings.isdisjoint({"profile", "region", "s3_bucket", "role_arn", "parameter_overrides"})


def sam(folder, *arguments):
    """Runs the real `sam`, without the user's own settings, and with this Python on the path for the builder."""
    tools = Path(sys.executable).parent
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_"))}
    environment = kept | {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": str(folder / ".sam"),
        "AWS_CONFIG_FILE": str(folder / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "no-credentials"),
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
    }
    return subprocess.run(
        [tools / "sam", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )


@pytest.mark.slow
def test_sam_validates_it(project):
    result = sam(project, "validate", "--lint")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "is a valid SAM Template" in result.stdout


@pytest.mark.slow
def test_sam_builds_it_once_for_both_without_docker(project):
    runtime = f"python3.{sys.version_info.minor}"
    result = sam(project, "build", "--parameter-overrides", f"PythonRuntime={runtime}")
    assert result.returncode == 0, result.stdout + result.stderr
    said = result.stdout + result.stderr
    assert len(re.findall(r"Building codeuri", said)) == 1
    assert "functions: ChatMangum, ChatLwa" in said
    for name in ("ChatMangum", "ChatLwa"):
        built = project / ".aws-sam" / "build" / name
        assert (built / "run.sh").stat().st_mode & 0o777 == 0o755
        assert (built / "handler.py").is_file()
        assert (built / "fastapi").is_dir()
    assert lint(project / ".aws-sam" / "build" / "template.yaml") == []
