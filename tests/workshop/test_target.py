"""Where a notebook's deployments go."""

import os
from pathlib import Path

import boto3
import pytest

from lambdastream.control import supervisor
from lambdastream.control.project import Project
from lambdastream.errors import LocalAwsError
from lambdastream.workshop import target


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    os.environ.update(
        {"AWS_ACCESS_KEY_ID": "exported", "AWS_SECRET_ACCESS_KEY": "exported", "AWS_REGION": "eu-north-1"}
    )


@pytest.mark.parametrize(
    ("config", "kept"), [("/home/ada/.aws/config", True), ("/home/ada/course/.lambdastream/aws/config", False)]
)
def test_aws_it_is_when_the_reader_names_a_profile(tmp_path, config, kept):
    os.environ |= {target.AWS_PROFILE: "mine", "AWS_CONFIG_FILE": config, "AWS_PROFILE": "local"}
    target.choose(Project(tmp_path))
    assert os.environ["AWS_PROFILE"] == "mine"
    assert os.environ.get("AWS_CONFIG_FILE") == (config if kept else None)
    assert not {"AWS_ACCESS_KEY_ID", "AWS_REGION"} & set(os.environ)
    assert not (tmp_path / ".lambdastream").exists()


def test_else_it_is_the_local_aws_which_starts(tmp_path):
    project = Project(tmp_path)
    boto3.client("s3", region_name="us-east-1")
    try:
        found = target.choose(project, port=0)
        endpoint = project.running().endpoint
        assert (found.is_local, found.endpoint) == (True, endpoint)
        assert boto3.client("lambda").meta.endpoint_url == endpoint
        assert boto3.client("lambda").list_functions()["Functions"] == []
        assert not {"AWS_ACCESS_KEY_ID", "AWS_REGION"} & set(os.environ)
        target.choose(project)
        assert project.running().endpoint == endpoint
    finally:
        supervisor.stop(project)


def test_one_that_does_not_start_says_why(tmp_path):
    (tmp_path / ".lambdastream").touch()
    with pytest.raises(LocalAwsError, match="cannot be written"):
        target.choose(Project(tmp_path))


def test_cells_find_the_environments_programs(tmp_path):
    os.environ |= {target.AWS_PROFILE: "mine", "PATH": "/usr/bin"}
    for _ in range(2):
        target.choose(Project(tmp_path))
    first, *others = os.environ["PATH"].split(os.pathsep)
    assert Path(first, "sam").exists()
    assert others == ["/usr/bin"]
