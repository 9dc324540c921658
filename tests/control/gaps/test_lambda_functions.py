"""Functions, by boto3 and by stacks: what the data plane hears, and what callers are told."""

import pytest
from botocore.exceptions import ClientError


def test_a_function_is_active_when_the_data_plane_has_it(control_plane):
    made = control_plane.create_function(
        "made", Timeout=30, MemorySize=512, Environment={"Variables": {"WORD": "word"}}, Handler="handler.main"
    )
    assert made["State"] == "Active"
    told = control_plane.data_plane.functions["made"]
    assert (told["handler"], told["runtime"], told["timeout"], told["memory"]) == (
        "handler.main",
        "python3.11",
        30,
        512,
    )
    assert told["environment"] == {"WORD": "word"}
    assert told["url"] is None
    assert control_plane.data_plane.tokens == {"Bearer the-token"}


@pytest.mark.conformance("isolation-ephemeral-storage")
def test_the_size_of_tmp_can_be_changed(control_plane):
    control_plane.create_function("sized", EphemeralStorage={"Size": 1024})
    told = control_plane.data_plane.functions
    assert told["sized"]["ephemeral_storage"] == 1024
    changed = control_plane["lambda"].update_function_configuration(
        FunctionName="sized", EphemeralStorage={"Size": 10240}
    )
    assert (changed["EphemeralStorage"], told["sized"]["ephemeral_storage"]) == ({"Size": 10240}, 10240)
    with pytest.raises(ClientError, match="ephemeral"):
        control_plane["lambda"].update_function_configuration(FunctionName="sized", EphemeralStorage={"Size": 10241})
    control_plane["lambda"].update_function_configuration(FunctionName="sized", Timeout=5)
    assert (told["sized"]["ephemeral_storage"], told["sized"]["timeout"]) == (10240, 5)


def test_code_is_unpacked_and_old_code_goes(control_plane, zip_of):
    first = zip_of({"run.sh": "#!/bin/sh\n", "lib/a.py": ""}, {"run.sh": 0o100755})
    control_plane.create_function("unpacked", first)
    folder = control_plane.state / "functions" / "unpacked"
    (code,) = folder.iterdir()
    assert str(code) == control_plane.data_plane.functions["unpacked"]["code"]
    assert ((code / "run.sh").stat().st_mode & 0o777, (code / "lib/a.py").stat().st_mode & 0o777) == (0o755, 0o644)

    control_plane["lambda"].update_function_code(FunctionName="unpacked", ZipFile=zip_of({"other.py": ""}))
    (code,) = folder.iterdir()
    assert [path.name for path in code.iterdir()] == ["other.py"]
    assert str(code) == control_plane.data_plane.functions["unpacked"]["code"]

    control_plane["lambda"].delete_function(FunctionName="unpacked")
    assert not folder.exists()
    assert "unpacked" not in control_plane.data_plane.functions


def test_code_comes_from_s3(control_plane, zip_of):
    control_plane["s3"].create_bucket(Bucket="codes")
    control_plane["s3"].put_object(Bucket="codes", Key="code.zip", Body=zip_of({"a.py": ""}))
    control_plane.create_function("from-s3")
    control_plane["lambda"].update_function_code(FunctionName="from-s3", S3Bucket="codes", S3Key="code.zip")
    (code,) = (control_plane.state / "functions" / "from-s3").iterdir()
    assert [path.name for path in code.iterdir()] == ["a.py"]


def test_configuration_is_updated(control_plane):
    control_plane.create_function("updated")
    control_plane["lambda"].update_function_configuration(FunctionName="updated", Timeout=60, Handler="other.handler")
    told = control_plane.data_plane.functions["updated"]
    assert (told["timeout"], told["handler"]) == (60, "other.handler")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"Handler": "refused.handler"}, "It cannot run. Change it."),
        ({"Runtime": "perl5.x"}, "perl5.x"),
        ({"Environment": {"Variables": {"AWS_REGION": "mars-1"}}}, "Reserved keys used: AWS_REGION"),
        ({"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:none:1"]}, "layer:none:1"),
        ({"Layers": ["arn:aws:lambda:us-east-1:999999999999:layer:foreign:1"]}, "layer:foreign:1"),
    ],
    ids=[
        "refused by the data plane",
        "no runtime of Lambda's",
        "a reserved variable",
        "no such layer",
        "foreign layer",
    ],
)
def test_what_cannot_run_is_refused_and_leaves_nothing(control_plane, settings, words):
    with pytest.raises(ClientError, match=words):
        control_plane.create_function("cannot-run", **settings)
    with pytest.raises(control_plane["lambda"].exceptions.ResourceNotFoundException):
        control_plane["lambda"].get_function(FunctionName="cannot-run")


def test_an_update_that_is_refused_changes_nothing(control_plane):
    control_plane.create_function("kept", Timeout=7)
    with pytest.raises(control_plane["lambda"].exceptions.InvalidParameterValueException, match="It cannot run"):
        control_plane["lambda"].update_function_configuration(FunctionName="kept", Handler="refused.handler", Timeout=8)
    kept = control_plane["lambda"].get_function_configuration(FunctionName="kept")
    assert (kept["Handler"], kept["Timeout"]) == ("handler.handler", 7)


@pytest.mark.parametrize("archive", [b"no zip", {"../../escaped.py": "x"}], ids=["no zip", "a path out of the folder"])
def test_an_archive_that_is_wrong_is_refused(control_plane, zip_of, archive):
    code = archive if isinstance(archive, bytes) else zip_of(archive)
    with pytest.raises(control_plane["lambda"].exceptions.InvalidParameterValueException):
        control_plane.create_function("wrong-archive", code)
    assert not list(control_plane.state.rglob("escaped.py"))


def test_a_stacks_function_has_all_of_its_properties(control_plane, function, role):
    def template(**properties):
        return {"Resources": {"Role": role, "Web": function(FunctionName="stacked", **properties)}}

    properties = {
        "Timeout": "20",
        "MemorySize": 1024,
        "EphemeralStorage": {"Size": "2048"},
        "Environment": {"Variables": {"ONE": "1", "TWO": "2"}},
        "Architectures": ["arm64"],
        "Tags": [{"Key": "team", "Value": "blue"}],
        "Layers": ["arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerX86:27"],
    }
    assert control_plane.create("stacked", template(**properties)) == "CREATE_COMPLETE", control_plane.events("stacked")
    found = control_plane["lambda"].get_function(FunctionName="stacked")
    assert found["Configuration"]["Architectures"] == ["arm64"]
    assert found["Tags"] == {"team": "blue"}
    told = control_plane.data_plane.functions["stacked"]
    assert (told["timeout"], told["memory"], told["layers"]) == (20, 1024, properties["Layers"])
    assert told["ephemeral_storage"] == 2048

    changed = template(
        Code={"ZipFile": "def handler(event, context): return 2"}, Environment={"Variables": {"TWO": "2"}}
    )
    assert control_plane.update("stacked", changed) == "UPDATE_COMPLETE"
    told = control_plane.data_plane.functions["stacked"]
    assert (told["timeout"], told["memory"], told["layers"], told["environment"]) == (3, 128, [], {"TWO": "2"})
    assert told["ephemeral_storage"] == 512
    (code,) = (control_plane.state / "functions" / "stacked").iterdir()
    assert "return 2" in (code / "index.py").read_text()


def test_a_function_of_another_stack_is_not_taken_over(control_plane, function, role):
    template = {"Resources": {"Role": role, "Web": function(FunctionName="owned")}}
    assert control_plane.create("owner", template) == "CREATE_COMPLETE"
    assert control_plane.create("taker", template) == "ROLLBACK_COMPLETE"
    assert "owned" in control_plane.data_plane.functions


def test_a_layer_is_unpacked(control_plane, zip_of):
    layer = control_plane["lambda"].publish_layer_version(
        LayerName="extra", Content={"ZipFile": zip_of({"python/extra.py": ""})}
    )
    control_plane.create_function("layered", Layers=[layer["LayerVersionArn"]])
    (folder,) = (control_plane.state / "layers" / "extra").iterdir()
    assert control_plane.data_plane.functions["layered"]["layers"] == [str(folder)]
    assert (folder / "python" / "extra.py").exists()
    control_plane["lambda"].delete_layer_version(LayerName="extra", VersionNumber=layer["Version"])
    assert not folder.exists()


def test_versions_aliases_and_permissions_of_a_stack(control_plane, function, role):
    resources = {
        "Role": role,
        "Web": function(),
        "Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Web"}}},
        "Alias": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "Name": "live",
                "FunctionName": {"Ref": "Web"},
                "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]},
            },
        },
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "Web"}, "Principal": "*"},
        },
    }
    outputs = {"Version": {"Value": {"Ref": "Version"}}, "Alias": {"Value": {"Ref": "Alias"}}}
    assert control_plane.create("versions", {"Resources": resources, "Outputs": outputs}) == "CREATE_COMPLETE"
    told = control_plane.outputs("versions")
    assert told["Version"].endswith(":1")
    assert told["Alias"].endswith(":live")
    del resources["Permission"]
    assert control_plane.update("versions", {"Resources": resources, "Outputs": outputs}) == "UPDATE_COMPLETE"
    name = told["Alias"].split(":")[-2]
    with pytest.raises(control_plane["lambda"].exceptions.ResourceNotFoundException):
        control_plane["lambda"].get_policy(FunctionName=name)
