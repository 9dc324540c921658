"""What is left out of moto's start is there when somebody asks for it. The control plane of the gaps answers."""

import gzip
import importlib.util
import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError


def test_an_api_that_boto3_imports_is_validated(control_plane):
    """By openapi-spec-validator, which is imported for it alone."""
    info = {"title": "imported", "description": "", "version": "1"}
    right = {"openapi": "3.0.1", "info": info, "paths": {"/": {"get": {"responses": {"200": {"description": ""}}}}}}
    wrong = {"openapi": "3.0.1", "info": info}
    client = control_plane["apigateway"]
    assert client.import_rest_api(failOnWarnings=True, body=json.dumps(right))["name"] == "imported"
    with pytest.raises(ClientError, match=r"BadRequest.*['\"]paths['\"] is a required property"):
        client.import_rest_api(failOnWarnings=True, body=json.dumps(wrong))


@pytest.mark.parametrize("location_type", ["region", "availability-zone", "availability-zone-id"])
def test_the_offerings_of_instances_are_moto_s_own(control_plane, location_type):
    places = importlib.util.find_spec("moto.ec2").submodule_search_locations
    file = Path(places[0]) / "resources" / "instance_type_offerings" / location_type / "us-east-1.json.gz"
    wanted = {(each["InstanceType"], each["Location"]) for each in json.loads(gzip.decompress(file.read_bytes()))}
    for _ in range(2):
        told = control_plane["ec2"].describe_instance_type_offerings(LocationType=location_type)
        found = told["InstanceTypeOfferings"]
        assert {(each["InstanceType"], each["Location"]) for each in found} == wanted
        assert {each["LocationType"] for each in found} == {location_type}
