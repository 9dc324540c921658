"""What is taken from a project's samconfig file: how to build, never where to deploy."""

import json

import pytest

from lambdastream.errors import SetupError
from lambdastream.testing.sam_settings import write_settings

TOML = """
version = 0.1
[default.global.parameters]
stack_name = "production"
profile = "prod"
region = "eu-central-1"
parameter_overrides = "A=1"
[default.build.parameters]
cached = true
build_dir = "elsewhere"
[default.deploy.parameters]
s3_bucket = "of-the-account"
role_arn = "arn:aws:iam::123456789012:role/deployer"
confirm_changeset = true
parameter_overrides = ["A=2", "B=3"]
[staging.deploy.parameters]
parameter_overrides = "A=9"
"""
YAML = "default:\n  build:\n    parameters:\n      use_container: true\n      profile: prod\n"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        pytest.param(
            "samconfig.toml",
            TOML,
            {
                "build": {"parameters": {"parameter_overrides": "A=1", "cached": True}},
                "deploy": {"parameters": {"parameter_overrides": ["A=2", "B=3"]}},
            },
            id="TOML",
        ),
        pytest.param("samconfig.yaml", YAML, {"build": {"parameters": {"use_container": True}}}, id="YAML"),
        pytest.param("samconfig.toml", "", {}, id="an empty file"),
        pytest.param("samconfig.yaml", "- 1\n", {}, id="a file that is no table"),
        pytest.param("else.toml", TOML, {}, id="no file"),
    ],
)
def test_only_how_to_build_and_the_parameters_are_kept(tmp_path, name, text, expected):
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / name).write_text(text)
    told = json.loads(write_settings(tmp_path / "project", tmp_path).read_text())
    assert told == {"version": 0.1, "default": expected}


def test_a_file_that_cannot_be_read_is_told_of(tmp_path):
    (tmp_path / "samconfig.toml").write_text("no [ toml")
    with pytest.raises(SetupError, match=r"samconfig\.toml cannot be read"):
        write_settings(tmp_path, tmp_path)
