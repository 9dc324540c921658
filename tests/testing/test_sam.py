"""Deploying with `sam` for tests: to the test session's own local AWS, or not at all."""

import os

import pytest

from lambdastream.errors import FunctionNotFoundError, LocalAwsError, SetupError
from lambdastream.testing.local_aws import TemporaryAws
from lambdastream.testing.sam import SamStack, _overrides, deploy_with_sam


def test_a_template_that_is_not_there_is_told_of(tmp_path):
    with pytest.raises(SetupError, match=r"no template .*/none\.yaml.*\n.*lambdastream_template"):
        TemporaryAws(tmp_path, "http://127.0.0.1:1").sam_deploy(tmp_path / "none.yaml")


def test_nothing_is_deployed_anywhere_else(tmp_path):
    (tmp_path / "template.yaml").touch()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    files = {"AWS_CONFIG_FILE": str(tmp_path / "none"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none")}
    keys = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "AWS_DEFAULT_REGION": "us-east-1"}
    with pytest.raises(LocalAwsError, match=r"Tests deploy to their own local AWS alone.*UNCLEAR"):
        deploy_with_sam(
            tmp_path / "template.yaml",
            tmp_path,
            "stack",
            environment={**kept, **files, **keys, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
            endpoint="http://127.0.0.1:1",
            parameters={},
        )
    assert [path.name for path in tmp_path.iterdir()] == ["template.yaml"], "sam has not run"


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, ()),
        ({"A": "1", "B": "two words"}, ("--parameter-overrides", 'A="1" B="two words"')),
        ({"A": 'say "x"'}, ("--parameter-overrides", r'A="say \"x\""')),
    ],
    ids=["none", "two", "quotes"],
)
def test_parameters_are_quoted_for_sam(parameters, expected):
    assert _overrides(parameters) == expected


def test_a_function_that_the_stack_does_not_have_is_told_of(tmp_path):
    stack = SamStack("mine", {}, {"Web": "mine-Web"}, TemporaryAws(tmp_path, "")._project)  # noqa: SLF001
    with pytest.raises(FunctionNotFoundError, match=r"The stack mine has no function Wep\.\nIt has: Web\."):
        stack.log("Wep")
