"""What moto alone lacks, gap by gap. The day one of these fails, moto has learnt it, and the module that it names can go."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from lambdastream.control import gaps

# Without a gap of its own: how the others are closed.
TOOLS = {"__init__", "patching"}
TOPIC = {"Type": "AWS::SNS::Topic"}
CONDITIONS = {
    "Parameters": {"Stage": {"Type": "String", "Default": "dev"}},
    "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
    "Resources": {
        "Topic": {**TOPIC, "Properties": {"DisplayName": {"Fn::If": ["Prod", "the topic", "a topic"]}}},
        "Queue": {"Type": "AWS::SQS::Queue", "Condition": "Prod"},
    },
}
OPENAPI = {"openapi": "3.0.1", "info": {"title": "web", "version": "1"}, "paths": {"/chat": {"get": {}}}}

shown: set[str] = set()


def lacking(*modules: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Mark a test of what moto lacks, and what these modules of `gaps` are for."""
    shown.update(modules)
    return lambda test: test


def test_every_gap_is_one_still():
    modules = {path.stem for path in Path(gaps.__file__).parent.glob("*.py")} - TOOLS
    assert modules - shown == set(), "Show here what moto lacks that these modules are for."
    assert shown - modules == set()


@lacking("cloudformation_templates")
def test_it_runs_code_of_templates(plain_moto):
    template = "Resources: {Topic: {Type: AWS::SNS::Topic}}\nDescription: !!python/object/apply:os.getenv [HOME]\n"
    plain_moto.create("runs-code", template)
    assert plain_moto.stack("runs-code")["Description"].startswith("/")


@lacking("container_registry", "container_images")
def test_it_has_no_registry_and_no_image_behind_a_function(plain_moto):
    repository = plain_moto["ecr"].create_repository(repositoryName="app")["repository"]
    assert repository["repositoryUri"].startswith("123456789012.dkr.ecr.")
    code = {"ImageUri": "127.0.0.1:5000/never-made:1"}
    made = plain_moto["lambda"].create_function(
        FunctionName="image", PackageType="Image", Code=code, Role=plain_moto.role()
    )
    assert made["State"] == "Active"


@lacking("template_urls")
def test_it_takes_the_host_for_the_bucket(plain_moto):
    plain_moto["s3"].create_bucket(Bucket="templates")
    plain_moto["s3"].put_object(Bucket="templates", Key="template", Body=json.dumps({"Resources": {"A": TOPIC}}))
    with pytest.raises(ClientError, match="bucket does not exist"):
        plain_moto["cloudformation"].create_stack(
            StackName="from-url", TemplateURL=f"{plain_moto.endpoint}/templates/template"
        )


@lacking("sam_transform")
def test_it_ignores_the_transform(plain_moto):
    properties = {"InlineCode": "a = 1", "Handler": "index.handler", "Runtime": "python3.11"}
    web = {"Type": "AWS::Serverless::Function", "Properties": properties}
    plain_moto.create("sam", {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Topic": TOPIC, "Web": web}})
    assert plain_moto.stack("sam")["StackStatus"] == "CREATE_COMPLETE"
    assert plain_moto.types("sam") == ["AWS::SNS::Topic"]


@lacking("dependencies")
@pytest.mark.parametrize(
    "resources",
    [
        {"A": {**TOPIC, "Properties": {"DisplayName": {"Ref": "B"}}}},
        {"A": {**TOPIC, "DependsOn": "B"}, "B": {**TOPIC, "DependsOn": "A"}},
    ],
    ids=["unresolved", "circular"],
)
def test_it_takes_references_that_lead_nowhere(plain_moto, resources):
    name = f"references-of-{len(resources)}"
    assert plain_moto.change_set(name, "first", {"Resources": resources})["Status"] == "CREATE_COMPLETE"


@lacking("parameter_rules")
def test_it_takes_any_value_for_a_parameter(plain_moto):
    parameter = {"Type": "String", "AllowedValues": ["dev", "prod"], "MaxLength": 4}
    rule = {"Assertions": [{"Assert": {"Fn::Equals": [{"Ref": "Stage"}, "dev"]}, "AssertDescription": "Not yet."}]}
    template = {"Parameters": {"Stage": parameter}, "Rules": {"Dev": rule}, "Resources": {"Topic": TOPIC}}
    assert plain_moto.create("any-value", template, Stage="elsewhere") == "CREATE_COMPLETE"


@lacking("stack_plan", "change_sets")
def test_it_does_not_see_parameters_that_change_a_condition(plain_moto):
    plain_moto.create("conditions", CONDITIONS)
    listed = plain_moto.change_set("conditions", "second", CONDITIONS, "UPDATE", Stage="prod")["Changes"]
    changes = {(it["ResourceChange"]["Action"], it["ResourceChange"]["LogicalResourceId"]) for it in listed}
    assert not {("Add", "Queue"), ("Modify", "Topic")} & changes


@lacking("change_sets")
def test_it_finds_a_change_set_in_any_stack(plain_moto):
    for stack in ("one", "two"):
        plain_moto.change_set(stack, "InitialCreation", {"Resources": {stack: TOPIC}})
    found = [
        plain_moto["cloudformation"].describe_change_set(StackName=stack, ChangeSetName="InitialCreation")["StackName"]
        for stack in ("one", "two")
    ]
    assert len(set(found)) == 1


@lacking("stacks")
def test_it_keeps_two_stacks_of_one_name(plain_moto):
    for change_set in ("first", "second"):
        plain_moto.change_set("taken", change_set, {"Resources": {"A": TOPIC}})
    stacks = plain_moto["cloudformation"].describe_stacks()["Stacks"]
    assert [stack["StackName"] for stack in stacks].count("taken") == 2


@lacking("stack_execution")
def test_it_does_not_roll_back(plain_moto):
    plain_moto.change_set("failed", "first", {"Resources": {"A": TOPIC, "B": {"Type": "AWS::Lambda::Function"}}})
    with pytest.raises(ResponseParserError):
        plain_moto.execute("failed", "first")
    assert plain_moto.stack("failed")["StackStatus"] != "ROLLBACK_COMPLETE"


@lacking("long_deployments")
def test_its_caller_waits_for_the_end_of_a_deployment(plain_moto):
    """Its stack waits here for one who is told of its events, and is slow."""
    asked, free = threading.Event(), threading.Event()

    class Slow(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.set()
            free.wait(20)
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server, ThreadPoolExecutor() as pool:
        pool.submit(server.serve_forever, 0.05)
        try:
            topic = plain_moto["sns"].create_topic(Name="events")["TopicArn"]
            url = f"http://127.0.0.1:{server.server_port}/"
            plain_moto["sns"].subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
            told = {"NotificationARNs": [topic], "TemplateBody": json.dumps({"Resources": {"A": TOPIC}})}
            deployment = pool.submit(plain_moto["cloudformation"].create_stack, StackName="slow", **told)
            assert asked.wait(20)
            with pytest.raises(NotYet):
                deployment.result(0.5)
            free.set()
            deployment.result(20)
        finally:
            free.set()
            server.shutdown()


@lacking("stack_events", "not_simulated")
def test_its_events_tell_of_the_stack_alone(plain_moto, function, role):
    web = function(FunctionName="told", VpcConfig={"SubnetIds": ["a"], "SecurityGroupIds": ["b"]})
    plain_moto.create("told", {"Resources": {"Role": role, "Web": web}})
    assert {of for of, _, _ in plain_moto.events("told")} == {"told"}


@lacking("outputs")
def test_it_forgets_a_change_sets_outputs(plain_moto):
    plain_moto.change_set("outputs", "first", {"Resources": {"A": TOPIC}, "Outputs": {"O": {"Value": "o"}}})
    plain_moto.execute("outputs", "first")
    assert plain_moto.outputs("outputs") == {}


@lacking("outputs")
def test_it_exports_what_is_under_a_condition_that_does_not_hold(plain_moto):
    output = {"Value": "o", "Condition": "Prod", "Export": {"Name": "never"}}
    plain_moto.create("exports", {**CONDITIONS, "Outputs": {"O": output}})
    assert "never" in [it["Name"] for it in plain_moto["cloudformation"].list_exports()["Exports"]]


@lacking("outputs")
def test_it_shows_secrets(plain_moto):
    template = {"Parameters": {"Secret": {"Type": "String", "NoEcho": True}}, "Resources": {"A": TOPIC}}
    plain_moto.create("secret", template, Secret="hunter2")
    assert plain_moto.stack("secret")["Parameters"][0]["ParameterValue"] == "hunter2"


@lacking("execute_api_names")
def test_its_outputs_name_apis_at_aws(plain_moto):
    url = {"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/"}
    api = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "web"}}
    plain_moto.create("names", {"Resources": {"Api": api}, "Outputs": {"Url": {"Value": url}}})
    assert plain_moto.outputs("names")["Url"].endswith(".execute-api.us-east-1.amazonaws.com/")


@lacking("resource_types")
def test_it_skips_what_it_does_not_know(plain_moto):
    plain_moto.create("odd", {"Resources": {"Topic": TOPIC, "Odd": {"Type": "AWS::Bedrock::Agent"}}})
    assert plain_moto.stack("odd")["StackStatus"] == "CREATE_COMPLETE"


@lacking("resource_types")
def test_its_names_are_longer_than_aws_allows(plain_moto, role):
    logical = "ARoleWithANameThatIsLongerThanWhatIsAllowed"
    plain_moto.create("a-stack-with-a-long-name", {"Resources": {logical: role}})
    names = [it["RoleName"] for it in plain_moto["iam"].list_roles()["Roles"] if logical in it["RoleName"]]
    assert len(names[0]) > 64


@lacking("cloudformation_types", "lambda_versions", "http_apis", "rest_apis")
@pytest.mark.parametrize(
    "resource_type",
    [
        "AWS::S3::BucketPolicy",
        "AWS::CDK::Metadata",
        "AWS::ApiGateway::Account",
        "AWS::CloudFormation::WaitConditionHandle",
        "AWS::Lambda::Alias",
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::Stage",
        "AWS::ApiGateway::Stage",
        "AWS::Lambda::Url",
    ],
)
def test_it_lacks_the_type(plain_moto, resource_type):
    name = resource_type.replace(":", "")
    plain_moto.create(name, {"Resources": {"Topic": TOPIC, "Odd": {"Type": resource_type}}})
    assert plain_moto.types(name) == ["AWS::SNS::Topic"]


@lacking("rest_apis")
def test_it_drops_an_apis_body_and_does_not_delete_the_api(plain_moto):
    api = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "web", "Body": OPENAPI}}
    plain_moto.create("rest", {"Resources": {"Api": api}, "Outputs": {"Id": {"Value": {"Ref": "Api"}}}})
    made = plain_moto.outputs("rest")["Id"]
    assert [it["path"] for it in plain_moto["apigateway"].get_resources(restApiId=made)["items"]] == ["/"]
    plain_moto["cloudformation"].delete_stack(StackName="rest")
    assert made in [it["id"] for it in plain_moto["apigateway"].get_rest_apis()["items"]]


@lacking("rest_apis")
def test_it_deploys_no_api_that_has_a_body_alone(plain_moto):
    api = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "web", "Body": OPENAPI}}
    deployment = {"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": "Api"}}}
    with pytest.raises(ResponseParserError, match="contain any methods"):
        plain_moto.create("deployment", {"Resources": {"Api": api, "Deployment": deployment}})


@lacking("rest_api_methods", "rest_api_body")
def test_it_keeps_a_method_that_its_stack_has_no_more(plain_moto):
    api = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "web"}}
    integration = {"IntegrationHttpMethod": "POST", "Type": "HTTP", "Uri": "https://example.com"}
    root = {"Fn::GetAtt": ["Api", "RootResourceId"]}
    settings = {"AuthorizationType": "NONE", "HttpMethod": "GET", "Integration": integration}
    of_api = {"RestApiId": {"Ref": "Api"}, "ResourceId": root}
    method = {"Type": "AWS::ApiGateway::Method", "Properties": of_api | settings}
    outputs = {"Id": {"Value": {"Ref": "Api"}}}
    plain_moto.create("methods", {"Resources": {"Api": api, "Method": method}, "Outputs": outputs})
    plain_moto.update("methods", {"Resources": {"Api": api}, "Outputs": outputs})
    (resource,) = plain_moto["apigateway"].get_resources(restApiId=plain_moto.outputs("methods")["Id"])["items"]
    assert set(resource["resourceMethods"]) == {"GET"}


@lacking("stack_parameters")
def test_it_tells_what_a_parameter_stands_for_in_its_place(plain_moto):
    plain_moto["ssm"].put_parameter(Name="/version", Value="33", Type="String")
    version = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/version"}
    plain_moto.create("stands-for", {"Parameters": {"Version": version}, "Resources": {"A": TOPIC}})
    assert plain_moto.stack("stands-for")["Parameters"] == [{"ParameterKey": "Version", "ParameterValue": "33"}]


@lacking("lambda_versions")
def test_it_cannot_delete_a_version_or_a_permission(plain_moto, function, role):
    permission = {"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "Web"}, "Principal": "*"}
    resources = {
        "Role": role,
        "Web": function(FunctionName="permitted"),
        "Permission": {"Type": "AWS::Lambda::Permission", "Properties": permission},
    }
    plain_moto.create("permitted", {"Resources": resources})
    del resources["Permission"]
    plain_moto.update("permitted", {"Resources": resources})
    policy = json.loads(plain_moto["lambda"].get_policy(FunctionName="permitted")["Policy"])
    assert len(policy["Statement"]) == 1


@lacking("lambda_functions")
def test_it_drops_properties_of_a_stacks_function(plain_moto, function, role):
    web = function(Architectures=["arm64"], FunctionName="dropped")
    plain_moto.create("dropped", {"Resources": {"Role": role, "Web": web}})
    found = plain_moto["lambda"].get_function_configuration(FunctionName="dropped")
    assert found["Architectures"] == ["x86_64"]


@lacking("function_deployment")
def test_it_calls_active_what_cannot_run(plain_moto):
    made = plain_moto.create_function("cannot-run", Runtime="python3.99", Handler="refused.handler")
    assert made["State"] == "Active"


@lacking("function_urls")
def test_it_makes_up_a_url_and_drops_the_mode(plain_moto):
    plain_moto.create_function("url")
    made = plain_moto["lambda"].create_function_url_config(FunctionName="url", AuthType="NONE")
    assert made["FunctionUrl"].endswith(".on.aws")
    plain_moto["lambda"].update_function_url_config(FunctionName="url", InvokeMode="RESPONSE_STREAM")
    assert plain_moto["lambda"].get_function_url_config(FunctionName="url")["InvokeMode"] != "RESPONSE_STREAM"
    with pytest.raises(ClientError):
        plain_moto["lambda"].list_function_url_configs(FunctionName="url")


@lacking("layers")
def test_it_does_not_know_the_adapters_layer(plain_moto):
    adapter = "arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerX86:27"
    with pytest.raises(ClientError, match="LayerVersion does not exist"):
        plain_moto.create_function("adapted", Layers=[adapter])


@lacking("logging_config")
def test_it_drops_a_functions_log_group(plain_moto):
    made = plain_moto.create_function("named", LoggingConfig={"LogGroup": "/chat/logs"})
    assert made.get("LoggingConfig", {}).get("LogGroup") != "/chat/logs"


@lacking("log_groups")
def test_it_keeps_the_first_retention(plain_moto):
    for days in (7, 30):
        group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "a-group", "RetentionInDays": days}}
        (plain_moto.create if days == 7 else plain_moto.update)("logs", {"Resources": {"Logs": group}})
    (found,) = plain_moto["logs"].describe_log_groups(logGroupNamePrefix="a-group")["logGroups"]
    assert found["retentionInDays"] == 7


@lacking("session_credentials")
def test_it_gives_everybody_the_same_session(plain_moto):
    one, two = (plain_moto["sts"].get_session_token()["Credentials"] for _ in range(2))
    assert one["AccessKeyId"] == two["AccessKeyId"]


@lacking("imports")
def test_it_deletes_an_export_that_is_in_use(plain_moto):
    exported = {"O": {"Value": "one", "Export": {"Name": "in-use"}}}
    plain_moto.create("exporter", {"Resources": {"A": TOPIC}, "Outputs": exported})
    name = {"DisplayName": {"Fn::ImportValue": "in-use"}}
    plain_moto.create("importer", {"Resources": {"A": {**TOPIC, "Properties": name}}})
    plain_moto["cloudformation"].delete_stack(StackName="exporter")
    with pytest.raises(ClientError, match="does not exist"):
        plain_moto.stack("exporter")


@lacking("ssm_parameters")
def test_it_cannot_name_a_parameter(plain_moto):
    unnamed = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "one"}}
    with pytest.raises((ClientError, ResponseParserError)):
        plain_moto.create("unnamed", {"Resources": {"A": unnamed}})


@lacking("function_versions")
def test_it_gives_a_versions_number_twice(plain_moto):
    client = plain_moto["lambda"]
    plain_moto.create_function("numbers")
    for timeout in (4, 5):
        client.publish_version(FunctionName="numbers")
        client.update_function_configuration(FunctionName="numbers", Timeout=timeout)
    client.delete_function(FunctionName="numbers", Qualifier="1")
    assert client.publish_version(FunctionName="numbers")["Version"] == "2"


@lacking("function_concurrency")
def test_it_does_not_show_a_concurrency_of_nothing(plain_moto):
    plain_moto.create_function("stopped")
    plain_moto["lambda"].put_function_concurrency(FunctionName="stopped", ReservedConcurrentExecutions=0)
    assert "Concurrency" not in plain_moto["lambda"].get_function(FunctionName="stopped")


@lacking("iam_roles")
def test_it_knows_no_policy_of_aws_own(plain_moto, role):
    plain_moto.create(
        "by-hand", {"Resources": {"Role": role | {"Properties": role["Properties"] | {"RoleName": "plain"}}}}
    )
    iam = plain_moto["iam"]
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.attach_role_policy(RoleName="plain", PolicyArn="arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess")


@lacking("iam_roles")
def test_it_ignores_a_roles_policies_in_an_update(plain_moto, role):
    def template(**properties):
        return {"Resources": {"Role": role | {"Properties": role["Properties"] | {"RoleName": "ignored"} | properties}}}

    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    plain_moto.create("ignored", template())
    plain_moto.update("ignored", template(Policies=[{"PolicyName": "read", "PolicyDocument": document}]))
    assert plain_moto["iam"].list_role_policies(RoleName="ignored")["PolicyNames"] == []
