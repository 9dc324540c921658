"""Versions, aliases and reserved concurrency: what the data plane hears, by boto3 and by stacks."""

from pathlib import Path

import pytest

ALIAS = "arn:aws:lambda:us-east-1:123456789012:function:"


def source(told):
    return next(iter(Path(told["code"]).iterdir())).name


@pytest.fixture
def published(control_plane, zip_of):
    """A function whose version 1 has other code than `$LATEST`, and the alias `live`."""

    def make(name):
        client = control_plane["lambda"]
        control_plane.create_function(name, zip_of({"first.py": ""}), Timeout=5)
        assert client.publish_version(FunctionName=name)["Version"] == "1"
        client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        client.update_function_code(FunctionName=name, ZipFile=zip_of({"second.py": ""}))
        client.update_function_configuration(FunctionName=name, Timeout=6)
        return client

    return make


def test_a_version_keeps_its_code_and_configuration(control_plane, published):
    published("pinned")
    functions = control_plane.data_plane.functions
    told = {
        label: (source(functions[label]), functions[label]["timeout"], functions[label]["version"])
        for label in ("pinned", "pinned:1", "pinned:live")
    }
    assert told == {
        "pinned": ("second.py", 6, "$LATEST"),
        "pinned:1": ("first.py", 5, "1"),
        "pinned:live": ("first.py", 5, "1"),
    }
    assert {functions[label]["role"] for label in told} == {control_plane.role()}


def test_without_a_change_there_is_no_new_version_and_no_number_comes_twice(published):
    client = published("numbers")
    assert [client.publish_version(FunctionName="numbers")["Version"] for _ in range(2)] == ["2", "2"]
    client.delete_function(FunctionName="numbers", Qualifier="2")
    client.update_function_configuration(FunctionName="numbers", Timeout=7)
    assert client.publish_version(FunctionName="numbers")["Version"] == "3"


def test_an_alias_moves_to_another_version(control_plane, published):
    client = published("moving")
    functions = control_plane.data_plane.functions
    client.publish_version(FunctionName="moving")
    client.update_alias(FunctionName="moving", Name="live", FunctionVersion="2")
    assert source(functions["moving:live"]) == "second.py"
    client.update_alias(FunctionName="moving", Name="live", FunctionVersion="$LATEST")
    client.update_function_configuration(FunctionName="moving", Timeout=9)
    assert (functions["moving:live"]["timeout"], functions["moving:live"]["version"]) == (9, "$LATEST")
    client.delete_alias(FunctionName="moving", Name="live")
    client.delete_function(FunctionName="moving", Qualifier="1")
    assert {label for label in functions if label.startswith("moving")} == {"moving", "moving:2"}
    (code,) = (control_plane.state / "functions" / "moving").iterdir()
    assert str(code) == functions["moving"]["code"]


def test_a_stack_as_sam_makes_it_of_auto_publish_alias(control_plane, function, role):
    def template(word, version):
        code = {"ZipFile": f"def handler(event, context): return '{word}'"}
        name = {"Ref": "Web"}
        return {
            "Resources": {
                "Role": role,
                "Web": function(FunctionName="auto", Code=code),
                version: {
                    "Type": "AWS::Lambda::Version",
                    "DeletionPolicy": "Retain",
                    "Properties": {"FunctionName": name},
                },
                "Alias": {
                    "Type": "AWS::Lambda::Alias",
                    "Properties": {
                        "Name": "live",
                        "FunctionName": name,
                        "FunctionVersion": {"Fn::GetAtt": [version, "Version"]},
                    },
                },
                "Url": {
                    "Type": "AWS::Lambda::Url",
                    "DependsOn": "Alias",
                    "Properties": {"TargetFunctionArn": name, "Qualifier": "live", "AuthType": "NONE"},
                },
            },
            "Outputs": {"Url": {"Value": {"Fn::GetAtt": ["Url", "FunctionUrl"]}}},
        }

    functions = control_plane.data_plane.functions
    assert control_plane.create("auto", template("one", "Version1")) == "CREATE_COMPLETE", control_plane.events("auto")
    assert control_plane.outputs("auto") == {"Url": "http://127.0.0.1:21234/"}
    assert (functions["auto"]["url"], functions["auto:live"]["url"]["auth_type"]) == (None, "NONE")
    assert functions["auto:live"]["version"] == "1"
    assert control_plane.update("auto", template("two", "Version2")) == "UPDATE_COMPLETE", control_plane.events("auto")
    assert (functions["auto:live"]["version"], functions["auto:live"]["url"]["auth_type"]) == ("2", "NONE")
    texts = {label: (Path(functions[label]["code"]) / "index.py").read_text() for label in ("auto:1", "auto:live")}
    assert ["one" in texts["auto:1"], "two" in texts["auto:live"]] == [True, True]
    control_plane["cloudformation"].delete_stack(StackName="auto")
    assert not [label for label in functions if label.startswith("auto")]


def test_a_function_of_another_region_is_another_function(control_plane, new_region):
    control_plane.create_function("twice", Timeout=4)
    europe = new_region("eu-west-1")
    europe.create_function("twice", Timeout=8)
    functions = control_plane.data_plane.functions
    other = "arn:aws:lambda:eu-west-1:123456789012:function:twice"
    assert (functions["twice"]["timeout"], functions[other]["timeout"]) == (4, 8)
    assert functions["twice"]["code"] != functions[other]["code"]
    europe["lambda"].delete_function(FunctionName="twice")
    assert ("twice" in functions, other in functions) == (True, False)
    assert Path(functions["twice"]["code"]).is_dir()


def test_reserved_concurrency_reaches_the_data_plane(control_plane, function, role):
    control_plane.create_function("reserving")
    client = control_plane["lambda"]
    heard = control_plane.data_plane.concurrency
    for number in (5, 0):
        client.put_function_concurrency(FunctionName="reserving", ReservedConcurrentExecutions=number)
        assert heard[f"{ALIAS}reserving"] == number
        told = client.get_function(FunctionName="reserving")["Concurrency"]
        assert told == {"ReservedConcurrentExecutions": number}
    client.delete_function_concurrency(FunctionName="reserving")
    assert heard[f"{ALIAS}reserving"] is None
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName="reserving")

    web = function(FunctionName="reserved", ReservedConcurrentExecutions="3")
    control_plane.create("reserved", {"Resources": {"Role": role, "Web": web}})
    assert control_plane.data_plane.functions["reserved"]["reserved_concurrency"] == 3
    assert not [reason for _, _, reason in control_plane.events("reserved") if "ReservedConcurrent" in str(reason)]
