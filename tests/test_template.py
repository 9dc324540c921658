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
ACCOUNT = "123456789012"
OPEN = {"AuthType": "NONE", "OpenToEveryone": "at-my-expense"}
ALL = {"WithAgent": "yes", "StreamingApi": "yes"}
CHAT = ("ChatMangum", "ChatLwa")
FUNCTIONS = (*CHAT, "Agent")
ADAPTED = ("ChatLwa", "Agent")


def translated(template):
    """What SAM makes of a template."""
    # They take long to import: not in every process that collects the tests.
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    return Translator({}, Parser()).translate(template, {})


def uploaded():
    """The template as `sam deploy` leaves it: its code is in a bucket."""
    text = TEMPLATE.read_text(encoding="utf-8")
    return yaml_parse(re.sub(r"CodeUri: app/(\w+)", r"CodeUri: s3://bucket/\1", text))


@pytest.fixture(scope="module")
def expanded():
    """What SAM makes of the template, whatever its parameters' values are."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        return translated(uploaded())


@pytest.fixture
def deployed(expanded):
    """The resources that SAM makes of the template, as CloudFormation works them out for some parameters' values.

    `Properties` are worked out, `Written` is how SAM wrote them.
    """

    def run(region="eu-west-1", **parameters):
        defaults = {name: parameter["Default"] for name, parameter in expanded["Parameters"].items()}
        pseudo = {"AWS::Region": region, "AWS::StackName": "chat", "AWS::Partition": "aws", "AWS::AccountId": ACCOUNT}
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


def test_the_two_chats_have_one_code_and_the_agent_has_its_own():
    template = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    functions = of_type(template["Resources"], "AWS::Serverless::Function")
    assert set(functions) == set(FUNCTIONS)
    assert template["Globals"]["Function"]["CodeUri"] == "app/chat"
    assert {name: each["Properties"].get("CodeUri") for name, each in functions.items()} == {
        "ChatMangum": None,
        "ChatLwa": None,
        "Agent": "app/agent",
    }
    assert not any("Metadata" in function for function in functions.values())


def test_by_default_there_is_the_chat_alone(deployed):
    assert not any("Agent" in name or "Stream" in name for name in deployed())
    assert {"Agent", "ChatStreamApi"} <= set(deployed(**ALL))


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-2"])
@pytest.mark.parametrize(("architecture", "layer"), [("x86_64", "X86"), ("arm64", "Arm64")])
def test_the_adapters_layer_is_that_of_the_region_and_the_architecture(deployed, region, architecture, layer):
    resources = deployed(region, Architecture=architecture, **ALL)
    for function in (properties(resources, name) for name in ADAPTED):
        assert function["Architectures"] == [architecture]
        assert function["Layers"] == [f"arn:aws:lambda:{region}:753240598075:layer:LambdaAdapterLayer{layer}:27"]


@pytest.mark.parametrize("runtime", ["python3.11", "python3.14"])
def test_the_runtime_is_a_parameter(deployed, runtime):
    resources = deployed(PythonRuntime=runtime, **ALL)
    assert {properties(resources, name)["Runtime"] for name in FUNCTIONS} == {runtime}


def test_one_function_is_a_handler_and_the_other_a_program_behind_the_adapter(deployed):
    resources = deployed()
    mangum, lwa = properties(resources, "ChatMangum"), properties(resources, "ChatLwa")
    assert (mangum["Handler"], lwa["Handler"]) == ("handler.handler", "run.sh")
    assert "Layers" not in mangum
    assert mangum["Environment"]["Variables"] == {"ALLOWED_ORIGINS": "*"}
    assert lwa["Environment"]["Variables"] == {
        "ALLOWED_ORIGINS": "*",
        "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
        "AWS_LWA_INVOKE_MODE": "response_stream",
        "PORT": "8000",
    }
    assert mangum["Timeout"] < 30 <= lwa["Timeout"]


@pytest.mark.parametrize(
    ("profile", "model"),
    [
        pytest.param("eu", "eu.amazon.nova-2-lite-v1:0", id="an inference profile"),
        pytest.param("none", "amazon.nova-2-lite-v1:0", id="one region"),
    ],
)
def test_the_agent_is_told_its_model(deployed, profile, model):
    agent = properties(deployed(ModelProfile=profile, **ALL), "Agent")
    assert (agent["Handler"], agent["Timeout"], agent["MemorySize"]) == ("run.sh", 300, 1024)
    assert agent["Environment"]["Variables"]["AWS_LWA_ASYNC_INIT"] == "true"
    assert agent["Environment"]["Variables"]["BEDROCK_MODEL_ID"] == model
    assert agent["Environment"]["Variables"]["AWS_LWA_INVOKE_MODE"] == "response_stream"


@pytest.mark.parametrize("auth_type", ["AWS_IAM", "NONE"])
def test_each_function_has_a_url_and_behind_the_adapter_it_streams(deployed, auth_type):
    resources = deployed(AuthType=auth_type, **ALL)
    assert properties(resources, "ChatMangumUrl")["InvokeMode"] == "BUFFERED"
    assert {properties(resources, f"{name}Url")["InvokeMode"] for name in ADAPTED} == {"RESPONSE_STREAM"}
    assert {properties(resources, f"{name}Url")["AuthType"] for name in FUNCTIONS} == {auth_type}


def test_by_default_nobody_may_call_a_url_unsigned(deployed):
    permissions = of_type(deployed(**ALL), "AWS::Lambda::Permission")
    assert {properties(permissions, name)["Principal"] for name in permissions} == {"apigateway.amazonaws.com"}
    assert "ReservedConcurrentExecutions" not in properties(deployed(), "ChatLwa")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_open_url_has_both_permissions_and_a_cap(deployed, function):
    resources = deployed(**OPEN, **ALL)
    permissions = [
        resource["Properties"]
        for resource in of_type(resources, "AWS::Lambda::Permission").values()
        if resource["Properties"]["Principal"] == "*" and resource["Written"]["FunctionName"] == {"Ref": function}
    ]
    assert {
        (each["Action"], each.get("FunctionUrlAuthType"), each.get("InvokedViaFunctionUrl")) for each in permissions
    } == {("lambda:InvokeFunctionUrl", "NONE", None), ("lambda:InvokeFunction", None, True)}
    assert properties(resources, function)["ReservedConcurrentExecutions"] == 5


def test_what_is_open_by_way_of_cloudfront_has_the_cap_too(deployed):
    function = properties(deployed(OpenToEveryone="at-my-expense"), "ChatLwa")
    assert function["ReservedConcurrentExecutions"] == 5


def test_its_own_permissions_are_those_that_sam_makes_of_a_literal(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    template = uploaded()
    own = set(of_type(template["Resources"], "AWS::Lambda::Permission"))
    for name in FUNCTIONS:
        template["Resources"][name]["Properties"]["FunctionUrlConfig"]["AuthType"] = "NONE"
    made = of_type(translated(template)["Resources"], "AWS::Lambda::Permission")

    def for_everyone(resources):
        return sorted(
            str(sorted(each.items()))
            for each in (properties(made, name) for name in resources)
            if each["Principal"] == "*"
        )

    assert len(for_everyone(own)) == 2 * len(FUNCTIONS)
    assert for_everyone(own) == for_everyone(made.keys() - own)


def test_openness_takes_a_word_of_consent(expanded):
    rules = expanded["Rules"]
    assert rules == yaml_parse(TEMPLATE.read_text(encoding="utf-8"))["Rules"]
    [(_, rule)] = rules.items()
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "AuthType"}, "NONE"]}
    [assertion] = rule["Assertions"]
    assert assertion["Assert"] == {"Fn::Equals": [{"Ref": "OpenToEveryone"}, "at-my-expense"]}
    assert "OpenToEveryone=at-my-expense" in assertion["AssertDescription"]


def test_the_http_api_leads_to_mangum_and_is_throttled(deployed):
    resources = deployed()
    [api] = of_type(resources, "AWS::ApiGatewayV2::Api").values()
    operation = api["Written"]["Body"]["paths"]["$default"]["x-amazon-apigateway-any-method"]
    integration = operation["x-amazon-apigateway-integration"]
    assert "${ChatMangum.Arn}/invocations" in str(integration["uri"])
    assert integration["payloadFormatVersion"] == "2.0"
    [stage] = of_type(resources, "AWS::ApiGatewayV2::Stage").values()
    assert stage["Properties"]["DefaultRouteSettings"] == {"ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 10}


def test_the_rest_api_streams_from_the_adapter_and_is_throttled(deployed):
    resources = deployed(**ALL)
    [api] = of_type(resources, "AWS::ApiGateway::RestApi").values()
    paths = api["Written"]["Body"]["paths"]
    root, proxy = (paths[path]["x-amazon-apigateway-any-method"] for path in ("/", "/{proxy+}"))
    assert root == proxy
    integration = root["x-amazon-apigateway-integration"]
    assert integration["responseTransferMode"] == "STREAM"
    assert "${ChatLwa.Arn}/response-streaming-invocations" in str(integration["uri"])
    assert integration["timeoutInMillis"] == 1000 * properties(resources, "ChatLwa")["Timeout"]
    [stage] = of_type(resources, "AWS::ApiGateway::Stage").values()
    assert stage["Properties"]["StageName"] == "prod"
    [deployment] = of_type(resources, "AWS::ApiGateway::Deployment").values()
    assert "StageName" not in deployment["Properties"], "a stage that nothing throttles"
    [setting] = stage["Properties"]["MethodSettings"]
    assert (setting["ThrottlingRateLimit"], setting["ThrottlingBurstLimit"]) == (5, 10)


@pytest.mark.parametrize("opened", [{}, OPEN], ids=["signed", "open"])
def test_the_apis_are_as_open_as_the_urls(deployed, opened):
    resources = deployed(**opened, **ALL)
    for name, path in (("ChatApi", "$default"), ("ChatStreamApi", "/"), ("ChatStreamApi", "/{proxy+}")):
        body = properties(resources, name)["Body"]
        [scheme] = body["components"]["securitySchemes"]
        assert body["components"]["securitySchemes"][scheme]["x-amazon-apigateway-authtype"] == "awsSigv4"
        operation = body["paths"][path]["x-amazon-apigateway-any-method"]
        assert operation.get("security") == (None if opened else [{scheme: []}])


@pytest.mark.parametrize(("api", "function"), [("ChatApi", "ChatMangum"), ("ChatStreamApi", "ChatLwa")])
def test_an_api_may_invoke_its_function_alone(deployed, api, function):
    [(_, permission)] = [
        item
        for item in of_type(deployed(**ALL), "AWS::Lambda::Permission").items()
        if "${" + api + "}" in str(item[1]["Written"]["SourceArn"])
    ]
    assert permission["Written"]["FunctionName"] == {"Ref": function}
    assert permission["Properties"]["Principal"] == "apigateway.amazonaws.com"
    assert permission["Properties"]["Action"] == "lambda:InvokeFunction"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_write_its_own_log_and_the_chat_nothing_else(deployed, function):
    resources = deployed(**ALL)
    given = resources[function]["Written"]
    assert given["Role"] == {"Fn::GetAtt": [f"{function}Role", "Arn"]}
    assert given["LoggingConfig"] == {"LogGroup": {"Ref": f"{function}Logs"}}
    role = properties(resources, f"{function}Role")
    assert "ManagedPolicyArns" not in role
    [trusted] = role["AssumeRolePolicyDocument"]["Statement"]
    assert (trusted["Principal"], trusted["Action"]) == ({"Service": "lambda.amazonaws.com"}, "sts:AssumeRole")
    [policy, *others] = resources[f"{function}Role"]["Written"]["Policies"]
    assert bool(others) == (function == "Agent")
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"Fn::GetAtt": [f"{function}Logs", "Arn"]},
        }
    ]
    log = properties(resources, f"{function}Logs")
    assert (log["LogGroupName"], log["RetentionInDays"]) == (f"/aws/lambda/chat-{function}", 14)


MODEL = "bedrock:InvokeModelWithResponseStream"


def test_without_a_profile_the_agent_may_ask_one_model_in_one_region(deployed):
    role = properties(deployed(ModelProfile="none", **ALL), "AgentRole")
    assert role["Policies"][1]["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": MODEL,
            "Resource": "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-2-lite-v1:0",
        }
    ]


def test_by_a_profile_the_agent_may_ask_the_model_where_the_profile_leads_and_only_so(deployed):
    role = properties(deployed(ModelProfile="eu", **ALL), "AgentRole")
    profile = f"arn:aws:bedrock:eu-west-1:{ACCOUNT}:inference-profile/eu.amazon.nova-2-lite-v1:0"
    assert role["Policies"][1]["PolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Action": MODEL, "Resource": profile},
        {
            "Effect": "Allow",
            "Action": MODEL,
            "Resource": "arn:aws:bedrock:*::foundation-model/amazon.nova-2-lite-v1:0",
            "Condition": {"StringEquals": {"bedrock:InferenceProfileArn": profile}},
        },
    ]


def test_these_are_all_the_roles_there_are(deployed):
    assert set(of_type(deployed(**OPEN, **ALL), "AWS::IAM::Role")) == {f"{name}Role" for name in FUNCTIONS}


def test_outputs_name_what_a_reader_calls_and_no_secret(deployed):
    outputs = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))["Outputs"]
    assert set(outputs) == {
        *(f"{name}Url" for name in (*FUNCTIONS, "ChatApi", "ChatStreamApi")),
        *(f"{name}Arn" for name in FUNCTIONS),
    }
    values = {name: output["Value"] for name, output in outputs.items()}
    named = {name for name in names(values) if not name.startswith("AWS::")} - {"Fn::GetAtt"}
    assert named <= set(deployed(**ALL))  # resources: no parameter is among them
    conditions = {name: output["Condition"] for name, output in outputs.items() if "Condition" in output}
    assert conditions == {"AgentUrl": "HasAgent", "AgentArn": "HasAgent", "ChatStreamApiUrl": "HasStreamingApi"}


MUTATIONS = [
    pytest.param("AWS_LWA_INVOKE_MODE: response_stream", "AWS_LWA_INVOKE_MODE: buffered", "E9501", id="mode"),
    pytest.param("InvokeMode: RESPONSE_STREAM", "InvokeMode: BUFFERED", "E9502", id="URL"),
    pytest.param("AWS_LAMBDA_EXEC_WRAPPER: /opt/bootstrap", "X: y", "E9503", id="wrapper"),
    pytest.param("Handler: run.sh", "Handler: start.sh", "E9504", id="script"),
    pytest.param("- IsArm", "- IsOpen", "E9505", id="layer"),
    pytest.param(
        "      Handler: run.sh", "      Handler: run.sh\n      Events: {Web: {Type: HttpApi}}", "W9506", id="API"
    ),
    pytest.param("${ChatMangum.Arn}/inv", "${ChatLwa.Arn}/inv", "W9506", id="HTTP API"),
    pytest.param("responseTransferMode: STREAM", "responseTransferMode: BUFFERED", "W9506", id="REST API"),
    pytest.param("${ChatLwa.Arn}/response", "${ChatMangum.Arn}/response", "E9509", id="Mangum behind the REST API"),
    pytest.param("Timeout: 29", "Timeout: 31", "W9507", id="timeout"),
    pytest.param("    ReservedConcurrentExecutions:", "    Description:", "W9508", id="cap"),
    pytest.param("InvokeMode: BUFFERED", "InvokeMode: RESPONSE_STREAM", "E9509", id="Mangum"),
    pytest.param("Action: lambda:InvokeFunctionUrl", "Action: lambda:GetFunction", "E9510", id="permission"),
]


@pytest.fixture
def project(tmp_path):
    """A copy of what `sam` needs of the project."""
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
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
@pytest.mark.parametrize("app", ["chat", "agent"])
def test_our_lint_sees_a_script_that_cannot_start(project, spoil, app):
    spoil(project / "app" / app / "run.sh")
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
def test_sam_builds_it_once_for_both_chats_without_docker(project):
    runtime = f"python3.{sys.version_info.minor}"
    result = sam(project, "build", "--exclude", "Agent", "--parameter-overrides", f"PythonRuntime={runtime}")
    assert result.returncode == 0, result.stdout + result.stderr
    said = result.stdout + result.stderr
    assert len(re.findall(r"Building codeuri", said)) == 1
    assert "functions: ChatMangum, ChatLwa" in said
    for name in CHAT:
        built = project / ".aws-sam" / "build" / name
        assert (built / "run.sh").stat().st_mode & 0o777 == 0o755
        assert (built / "handler.py").is_file()
        assert (built / "fastapi").is_dir()
    assert lint(project / ".aws-sam" / "build" / "template.yaml") == []
