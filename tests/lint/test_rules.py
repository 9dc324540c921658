"""Each rule fires on what it is about, and is silent once that is mended: before and after SAM's transform."""

import pytest

X86 = "arn:aws:lambda:eu-west-1:753240598075:layer:LambdaAdapterLayerX86:27"
ARM64 = "arn:aws:lambda:eu-west-1:753240598075:layer:LambdaAdapterLayerArm64:27"


RIGHT = {
    "handler": "run.sh",
    "runtime": "python3.13",
    "layer": X86,
    "wrapper": "/opt/bootstrap",
    "mode": "response_stream",
    "invoke_mode": "RESPONSE_STREAM",
    "auth_type": "AWS_IAM",
    "event": None,
    "cors": None,
    "more": None,
}


def template(**changes):
    """A function behind the adapter, right in everything; each change can make it wrong, `None` leaves a thing out."""
    settings = RIGHT | changes
    assert settings.keys() == RIGHT.keys()
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": settings["wrapper"], "AWS_LWA_INVOKE_MODE": settings["mode"]}
    cors = f", Cors: {settings['cors']}" if settings["cors"] else ""
    given = ", ".join(f"{name}: {value}" for name, value in variables.items() if value is not None)
    optional = {
        settings["layer"]: f"Layers: [{settings['layer']}]",
        given or None: f"Environment: {{Variables: {{{given}}}}}",
        settings["invoke_mode"]: (
            f"FunctionUrlConfig: {{AuthType: {settings['auth_type']}, InvokeMode: {settings['invoke_mode']}{cors}}}"
        ),
        settings["event"]: f"Events: {{Web: {settings['event']}}}",
        settings["more"]: settings["more"],
    }
    return "\n".join(
        [
            *("Transform: AWS::Serverless-2016-10-31", "Resources:", "  Chat:", "    Type: AWS::Serverless::Function"),
            *("    Properties:", "      CodeUri: app"),
            *(f"      {name.title()}: {settings[name]}" for name in ("handler", "runtime")),
            *(f"      {line}" for key, line in optional.items() if key is not None),
        ]
    )


HTTP_API = "{Type: HttpApi}"
REST_API = "{Type: Api, Properties: {Path: /, Method: get}}"
STREAMING_REST_API = "{Type: Api, Properties: {Path: /, Method: get, ResponseTransferMode: RESPONSE_STREAM}}"
PATIENT_REST_API = "{Type: Api, Properties: {Path: /, Method: get, TimeoutInMillis: 60000}}"
HASTY_HTTP_API = "{Type: HttpApi, Properties: {TimeoutInMillis: 5000}}"

BUFFERED = {"mode": None, "invoke_mode": None}
MANGUM = {"handler": "handler.handler", "layer": None, "wrapper": None, "mode": None}

CASES = [
    pytest.param({}, [], id="the adapter streams through its URL"),
    pytest.param({"mode": None}, ["E9501"], id="a streaming URL, no mode"),
    pytest.param({"mode": "buffered"}, ["E9501"], id="a streaming URL, the mode buffered"),
    pytest.param({"mode": "RESPONSE_STREAM"}, [], id="the mode in capitals"),
    pytest.param({"mode": None, "layer": None}, ["E9501"], id="the adapter in another layer or in the code"),
    pytest.param(
        {"mode": None, "invoke_mode": None, "event": STREAMING_REST_API}, ["E9501"], id="a streaming REST API"
    ),
    pytest.param({"invoke_mode": "BUFFERED"}, ["E9502"], id="a buffered URL, a streaming adapter"),
    pytest.param({"invoke_mode": "BUFFERED", "mode": "buffered"}, [], id="a buffered URL and adapter"),
    pytest.param({"invoke_mode": "BUFFERED", "mode": None}, [], id="a buffered URL, no mode"),
    pytest.param({"wrapper": None}, ["E9503"], id="no wrapper"),
    pytest.param({"wrapper": "/opt/otel-handler"}, ["E9503"], id="another wrapper"),
    pytest.param({"wrapper": None, "layer": None, "mode": None, "invoke_mode": None}, ["E9503"], id="a script alone"),
    pytest.param({"wrapper": None, "runtime": "provided.al2023", "handler": "bootstrap"}, [], id="no runtime to wrap"),
    pytest.param({"layer": ARM64}, ["E9505"], id="an arm64 layer, the default architecture"),
    pytest.param({"layer": ARM64, "more": "Architectures: [x86_64]"}, ["E9505"], id="an arm64 layer on x86_64"),
    pytest.param({"more": "Architectures: [arm64]"}, ["E9505"], id="an x86_64 layer on arm64"),
    pytest.param({"layer": ARM64, "more": "Architectures: [arm64]"}, [], id="an arm64 layer on arm64"),
    pytest.param({"event": HTTP_API}, ["W9506"], id="an HTTP API in front of a stream"),
    pytest.param({"event": REST_API}, ["W9506"], id="a buffered REST API in front of a stream"),
    pytest.param({"event": STREAMING_REST_API}, [], id="a streaming REST API in front of a stream"),
    pytest.param({**BUFFERED, "event": HTTP_API}, [], id="an HTTP API in front of a buffering adapter"),
    pytest.param(
        {**MANGUM, "runtime": "nodejs24.x", "event": HTTP_API},
        ["W9506"],
        id="an HTTP API in front of Node.js that streams",
    ),
    pytest.param({**BUFFERED, "event": HTTP_API, "more": "Timeout: 31"}, ["W9507"], id="longer than an HTTP API waits"),
    pytest.param({**BUFFERED, "event": HTTP_API, "more": "Timeout: 30"}, [], id="as long as an HTTP API waits"),
    pytest.param({**BUFFERED, "event": REST_API, "more": "Timeout: 30"}, ["W9507"], id="longer than a REST API waits"),
    pytest.param({**BUFFERED, "event": REST_API, "more": "Timeout: 29"}, [], id="as long as a REST API waits"),
    pytest.param({"event": STREAMING_REST_API, "more": "Timeout: 900"}, [], id="a streaming REST API waits"),
    pytest.param({**BUFFERED, "event": PATIENT_REST_API, "more": "Timeout: 60"}, [], id="a REST API of a higher quota"),
    pytest.param(
        {**BUFFERED, "event": HASTY_HTTP_API, "more": "Timeout: 6"}, ["W9507"], id="an HTTP API told to hurry"
    ),
    pytest.param({"more": "Timeout: 900"}, [], id="nothing ends a URL's function"),
    pytest.param({"auth_type": "NONE"}, ["W9508"], id="open, no cap"),
    pytest.param({"auth_type": "NONE", "more": "ReservedConcurrentExecutions: 5"}, [], id="open, a cap"),
    pytest.param({"cors": "{AllowOrigins: ['*']}"}, [], id="CORS for all"),
    pytest.param(
        {"cors": "{AllowOrigins: ['https://a.example'], AllowCredentials: true}"}, [], id="credentials for one origin"
    ),
    pytest.param({"cors": "{AllowOrigins: ['*'], AllowCredentials: true}"}, ["W9512"], id="credentials for all"),
    pytest.param(MANGUM, ["E9509"], id="a Python handler behind a streaming URL"),
    pytest.param({**MANGUM, "invoke_mode": "BUFFERED"}, [], id="a Python handler behind a buffered URL"),
    pytest.param(
        {**MANGUM, "invoke_mode": None, "event": STREAMING_REST_API}, ["E9509"], id="a Python handler, a REST stream"
    ),
    pytest.param({**MANGUM, "runtime": "nodejs24.x"}, [], id="Node.js streams by itself"),
    pytest.param({**MANGUM, "wrapper": "/opt/mine"}, [], id="a wrapper that may bring another runtime"),
    pytest.param({**MANGUM, "event": HTTP_API}, ["E9509"], id="what does not stream is not told twice"),
    pytest.param({"runtime": "provided.al2023"}, ["W9511"], id="a wrapper, no runtime to wrap"),
    pytest.param({"runtime": "provided.al2", "wrapper": "/opt/mine"}, ["W9511"], id="another wrapper of no runtime"),
]


@pytest.mark.parametrize(("given", "rules"), CASES)
def test_a_rule_fires_where_it_should_and_nowhere_else(rules_of, given, rules):
    assert rules_of(template(**given)) == rules


@pytest.mark.parametrize(("given", "rules"), CASES)
def test_it_does_so_after_sams_transform_too(rules_of, expand, given, rules):
    assert rules_of(expand(template(**given))) == rules


def test_every_rule_has_its_case():
    from cfnlint.rules import Rules

    from lambdastream.lint._check import RULES

    elsewhere = {"E9504", "E9510"}
    assert {rule for case in CASES for rule in case.values[1]} | elsewhere == set(
        Rules.create_from_directory(str(RULES))
    )


@pytest.mark.parametrize(("given", "rules"), [case for case in CASES if case.values[1]])
def test_a_message_names_the_function_and_says_what_to_do(lint_template, given, rules):
    for finding in lint_template(template(**given)):
        assert "Chat" in finding.message or "run.sh" in finding.message
        assert any(word in finding.message for word in ("Set ", "Use ", "Call ", "needs "))
        assert finding.is_error == (finding.rule[0] == "E")
        assert finding.line > 1


class TestTheScript:
    """E9504 looks at the file itself."""

    def test_one_that_can_be_started_is_fine(self, rules_of):
        assert rules_of(template()) == []

    def test_it_is_missing(self, app, lint_template):
        (app / "run.sh").unlink()
        [finding] = lint_template(template())
        assert (finding.rule, finding.line) == ("E9504", 7)
        assert "there is no run.sh in app/" in finding.message

    def test_the_folder_is_missing(self, lint_template):
        [finding] = lint_template(template().replace("CodeUri: app", "CodeUri: elsewhere"))
        assert "there is no folder elsewhere/" in finding.message

    def test_it_is_not_executable(self, app, lint_template):
        (app / "run.sh").chmod(0o644)
        [finding] = lint_template(template())
        assert "chmod 755 app/run.sh" in finding.message

    def test_it_has_the_line_endings_of_windows(self, app, lint_template):
        (app / "run.sh").write_bytes(b"#!/bin/bash\r\nexec true\r\n")
        [finding] = lint_template(template())
        assert "CRLF" in finding.message

    @pytest.mark.parametrize("place", ["s3://bucket/key", "{Bucket: b, Key: k}", "!Ref Somewhere", "!Sub '${X}/app'"])
    def test_code_that_is_not_here_is_not_looked_at(self, rules_of, place):
        assert rules_of(template().replace("CodeUri: app", f"CodeUri: {place}")) == []

    def test_a_makefile_may_write_it(self, app, rules_of):
        (app / "run.sh").unlink()
        made = template().replace("    Properties:", "    Metadata: {BuildMethod: makefile}\n    Properties:")
        assert rules_of(made) == []

    def test_the_code_of_a_plain_function_is_looked_at(self, app, rules_of):
        (app / "run.sh").chmod(0o644)
        plain = template(invoke_mode=None).replace("Serverless", "Lambda").replace("CodeUri", "Code")
        assert rules_of(plain) == ["E9504"]


OPEN = {"more": "ReservedConcurrentExecutions: 5"}
MODES = "Parameters: {Auth: {Type: String, AllowedValues: [AWS_IAM, NONE]}}\n"
PERMISSIONS = """
  Call:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !Ref Chat, Principal: "*", Action: lambda:InvokeFunctionUrl, FunctionUrlAuthType: NONE}
  Invoke:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !GetAtt Chat.Arn, Principal: "*", Action: lambda:InvokeFunction}
"""


class TestPermissionsOfAnOpenUrl:
    """E9510: SAM makes them for a literal NONE alone."""

    def test_sam_makes_those_of_a_literal(self, rules_of, expand):
        assert rules_of(template(auth_type="NONE", **OPEN)) == []
        assert rules_of(expand(template(auth_type="NONE", **OPEN))) == []

    def test_sam_makes_none_for_a_parameter(self, rules_of, expand):
        given = MODES + template(auth_type="!Ref Auth", **OPEN)
        assert rules_of(given) == ["E9510"]
        assert rules_of(expand(given)) == ["E9510"]

    def test_those_of_the_template_count(self, rules_of):
        assert rules_of(MODES + template(auth_type="!Ref Auth", **OPEN) + PERMISSIONS) == []

    def test_both_are_needed(self, lint_template):
        one = PERMISSIONS.partition("  Invoke:")[0]
        [finding] = lint_template(MODES + template(auth_type="!Ref Auth", **OPEN) + one)
        assert "lambda:InvokeFunction to" in finding.message

    def test_those_of_another_function_do_not_count(self, rules_of):
        others = PERMISSIONS.replace("Chat", "Other")
        assert rules_of(MODES + template(auth_type="!Ref Auth", **OPEN) + others) == ["E9510"]
