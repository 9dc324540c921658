"""A template is judged for each combination of its parameters' values, and never for what is not known."""

import pytest

from lambdastream.lint._values import UNKNOWN, World
from lambdastream.lint._worlds import MOST_WORLDS, worlds

X86 = "arn:aws:lambda:${AWS::Region}:753240598075:layer:LambdaAdapterLayerX86:27"
ARM64 = "arn:aws:lambda:${AWS::Region}:753240598075:layer:LambdaAdapterLayerArm64:27"
PARAMETERS = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Architecture: {Type: String, AllowedValues: [x86_64, arm64]}
  Stage: {Type: String, Default: dev}
  Mode: {Type: String}
  Number: {Type: Number, Default: 60}
  Stored: {Type: AWS::SSM::Parameter::Value<String>, Default: RESPONSE_STREAM, AllowedValues: [RESPONSE_STREAM]}
Conditions:
  IsArm: !Equals [arm64, !Ref Architecture]
  IsX86: !Not [!Condition IsArm]
  IsProduction: !Equals [!Ref Stage, prod]
  IsVirginia: !Equals [!Ref AWS::Region, us-east-1]
  IsArmInProduction: !And [!Condition IsArm, !Condition IsProduction]
  IsOdd: !Equals [!Select [0, [a]], a]
Mappings:
  Layers:
    us-east-1: {x86: "LambdaAdapterLayerX86", arm: "LambdaAdapterLayerArm64"}
"""


def chat(*properties, auth_type="AWS_IAM", invoke_mode="RESPONSE_STREAM", mode="response_stream"):
    """A function behind the adapter, with more properties."""
    lines = [
        "Resources:",
        "  Chat:",
        "    Type: AWS::Serverless::Function",
        "    Properties:",
        "      CodeUri: app",
        "      Handler: run.sh",
        "      Runtime: python3.13",
        f"      Environment: {{Variables: {{AWS_LAMBDA_EXEC_WRAPPER: /opt/bootstrap, AWS_LWA_INVOKE_MODE: {mode}}}}}",
        f"      FunctionUrlConfig: {{AuthType: {auth_type}, InvokeMode: {invoke_mode}}}",
        *(f"      {line}" for line in properties),
    ]
    return PARAMETERS + "\n".join(lines)


ARCHITECTURES = "Architectures: [!Ref Architecture]"


@pytest.mark.parametrize(
    ("template", "rules"),
    [
        pytest.param(
            chat(ARCHITECTURES, f"Layers: [!If [IsArm, !Sub '{ARM64}', !Sub '{X86}']]"), [], id="a layer by a condition"
        ),
        pytest.param(
            chat(ARCHITECTURES, f"Layers: [!If [IsX86, !Sub '{ARM64}', !Sub '{X86}']]"),
            ["E9505"],
            id="the wrong way round",
        ),
        pytest.param(chat(ARCHITECTURES, f"Layers: [!Sub '{X86}']"), ["E9505"], id="a layer for one of two"),
        pytest.param(
            chat(f"Layers: !If [IsArmInProduction, [!Sub '{ARM64}'], []]"), ["E9505"], id="in one combination alone"
        ),
        pytest.param(
            chat(
                "Layers: [!Join [':', [arn, aws, lambda, !Ref AWS::Region, '1', layer, LambdaAdapterLayerArm64, '27']]]"
            ),
            ["E9505"],
            id="a joined name",
        ),
        pytest.param(
            chat("Layers: [!Sub ['arn:aws:lambda:x:1:layer:${Name}:27', {Name: !FindInMap [Layers, us-east-1, arm]}]]"),
            ["E9505"],
            id="a name from a mapping",
        ),
        pytest.param(chat("Layers: [!Sub 'a:layer:LambdaAdapterLayer${Mode}:27']"), [], id="a name that is not known"),
        pytest.param(chat("Layers: !Ref Mode", invoke_mode="!Ref Mode", mode="!Ref Mode"), [], id="nothing known"),
        pytest.param(chat(invoke_mode="!Ref Stored", mode="buffered"), [], id="values of the Parameter Store"),
        pytest.param(
            chat(mode="!If [IsProduction, response_stream, buffered]"), ["E9501"], id="right in one stage alone"
        ),
        pytest.param(
            chat(
                mode="!If [IsProduction, response_stream, buffered]",
                invoke_mode="!If [IsProduction, RESPONSE_STREAM, BUFFERED]",
            ),
            [],
            id="two settings by one condition",
        ),
        pytest.param(chat(mode="!If [IsOdd, response_stream, buffered]"), [], id="a condition that is not known"),
        pytest.param(
            chat(
                "Timeout: !Ref Number",
                "Events: {Web: {Type: HttpApi}}",
                mode="buffered",
                invoke_mode="BUFFERED",
            ),
            ["W9507"],
            id="a parameter's default",
        ),
        pytest.param(
            chat("ReservedConcurrentExecutions: !If [IsVirginia, 5, !Ref AWS::NoValue]", auth_type="NONE"),
            ["W9508"],
            id="a cap in one region alone",
        ),
        pytest.param(
            chat("ReservedConcurrentExecutions: !Ref Number", auth_type="NONE"), [], id="a cap that is a parameter's"
        ),
    ],
)
def test_each_combination_counts_and_the_unknown_does_not(rules_of, template, rules):
    assert rules_of(template) == rules


def test_globals_count(rules_of, lint_template):
    glob = """
Globals:
  Function:
    Timeout: 45
    Environment: {Variables: {AWS_LWA_INVOKE_MODE: buffered}}
    FunctionUrlConfig: {AuthType: AWS_IAM, InvokeMode: RESPONSE_STREAM}
"""
    function = """
Resources:
  Chat:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: app, Handler: handler.handler, Runtime: python3.13, Events: {Web: {Type: HttpApi}}}
"""
    assert rules_of(PARAMETERS + glob + function) == ["E9501", "W9507"]
    assert all(finding.line > 1 for finding in lint_template(PARAMETERS + glob + function))


def test_the_first_world_is_that_of_the_defaults_and_their_number_is_bounded():
    parameters = {f"P{n}": {"AllowedValues": [1, 2], "Default": 2} for n in range(12)}
    found = list(worlds({"Parameters": parameters}, [{"Ref": name} for name in parameters]))
    assert set(found[0].values.values()) == {2}
    assert len(found) == MOST_WORLDS


def test_a_parameter_that_is_not_asked_for_makes_no_world():
    parameters = {"A": {"AllowedValues": [1, 2]}, "B": {"AllowedValues": [1, 2, 3]}}
    assert {world.values["A"] for world in worlds({"Parameters": parameters}, {"Fn::Sub": "x${A}"})} == {1, 2}
    assert all("B" not in world.values for world in worlds({"Parameters": parameters}, {"Fn::Sub": "x${A}"}))


def test_what_no_rule_looks_at_makes_no_world():
    from lambdastream.lint._functions import functions

    parameters = {f"P{n}": {"AllowedValues": [1, 2]} for n in range(6)}
    variables = {name: {"Ref": name} for name in parameters}
    properties = {"Handler": "a.b", "Environment": {"Variables": variables}, "Description": {"Ref": "P0"}}
    template = {
        "Parameters": parameters,
        "Resources": {"Chat": {"Type": "AWS::Lambda::Function", "Properties": properties}},
    }
    assert {len(function.world.values) for function in functions(template, None)} == {0}


T, F, U = {"Fn::Equals": ["a", "a"]}, {"Fn::Equals": ["a", "b"]}, {"Fn::Equals": [{"Fn::Select": [0, ["a"]]}, "a"]}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"Fn::Not": [T]}, False),
        ({"Fn::Not": [U]}, None),
        ({"Fn::And": [T, T]}, True),
        ({"Fn::And": [T, U]}, None),
        ({"Fn::And": [U, F]}, False),
        ({"Fn::Or": [F, F]}, False),
        ({"Fn::Or": [F, U]}, None),
        ({"Fn::Or": [U, T]}, True),
        ({"Fn::Xor": [T, F]}, None),
        ({"Fn::And": [T, T], "Fn::Or": [T]}, None),
    ],
    ids=str,
)
def test_a_condition_holds_does_not_or_is_not_known(condition, holds):
    assert World({"Conditions": {"C": condition}}, {}).condition("C") is holds


def test_conditions_that_name_each_other_end():
    conditions = {"A": {"Fn::Not": [{"Condition": "B"}]}, "B": {"Fn::Not": [{"Condition": "A"}]}}
    assert World({"Conditions": conditions}, {}).condition("A") is None


MALFORMED = [
    {"Ref": ["a"]},
    {"Fn::If": []},
    {"Fn::If": ["IsArm", 1]},
    {"Fn::If": [{"a": 1}, 1, 2]},
    {"Fn::Sub": []},
    {"Fn::Sub": {"a": 1}},
    {"Fn::Join": "x"},
    {"Fn::Join": ["", {"Ref": "x"}]},
    {"Fn::FindInMap": "x"},
    {"Fn::GetAtt": []},
    {"Fn::GetAtt": 1},
    {"Fn::Transform": {"Name": "AWS::Include"}},
    {},
    [],
    [None],
    "",
    0,
    None,
    True,
    {"a": {"b": [1]}},
]


@pytest.mark.parametrize("value", MALFORMED, ids=str)
def test_nothing_that_is_malformed_is_fatal(lint_template, value):
    names = (
        *("Runtime", "Handler", "CodeUri", "Layers", "Environment", "Timeout", "Architectures", "FunctionUrlConfig"),
        *("Events", "ReservedConcurrentExecutions", "PackageType"),
    )
    good = {"Handler": "run.sh", "Runtime": "python3.13", "FunctionUrlConfig": {"AuthType": "NONE"}}
    functions = {
        f"F{name}": {"Type": "AWS::Serverless::Function", "Properties": good | {name: value}} for name in names
    }
    others = {
        "Whole": {"Type": "AWS::Serverless::Function", "Properties": value},
        "Event": {"Type": "AWS::Serverless::Function", "Properties": good | {"Events": {"E": value}}},
        "Details": {
            "Type": "AWS::Serverless::Function",
            "Properties": good | {"Events": {"E": {"Type": "HttpApi", "Properties": value}}},
        },
        "Variables": {"Type": "AWS::Serverless::Function", "Properties": good | {"Environment": {"Variables": value}}},
        "Url": {"Type": "AWS::Lambda::Url", "Properties": {"TargetFunctionArn": value, "InvokeMode": value}},
        "Url2": {"Type": "AWS::Lambda::Url", "Properties": value},
        "Alias": {"Type": "AWS::Lambda::Alias", "Properties": value},
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": value, "Target": value}},
        "Method": {"Type": "AWS::ApiGateway::Method", "Properties": {"Integration": value}},
        "May": {"Type": "AWS::Lambda::Permission", "Properties": {"FunctionName": value, "Principal": value}},
    }
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": {"P": {"Type": "String", "AllowedValues": value}},
        "Conditions": {"IsArm": value, "IsOther": {"Fn::Equals": [value, {"Ref": "P"}]}},
        "Resources": functions | others,
    }
    failures = [finding for finding in lint_template(template) if finding.rule.startswith("E0")]
    assert failures == []


def test_unknown_says_so():
    assert repr(World({}, {}).resolve({"Fn::ImportValue": "x"})) == repr(UNKNOWN) == "UNKNOWN"
