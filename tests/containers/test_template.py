"""The templates of the agent's image, without Docker."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OWN = {"BaseImage", "AdapterImage"}


@pytest.fixture(scope="module")
def read():
    """Read a template; returns it as plain values."""
    import yaml

    class Loader(yaml.SafeLoader):
        """CloudFormation's short forms are kept as pairs of their name and their value."""

    def short_form(loader, suffix, node):
        value = {
            yaml.ScalarNode: loader.construct_scalar,
            yaml.SequenceNode: lambda it: loader.construct_sequence(it, deep=True),
            yaml.MappingNode: lambda it: loader.construct_mapping(it, deep=True),
        }[type(node)](node)
        return (suffix, value)

    Loader.add_multi_constructor("!", short_form)
    return lambda name: yaml.load((ROOT / name).read_text(encoding="utf-8"), Loader)  # noqa: S506 - a safe one


@pytest.fixture(scope="module")
def image(read):
    return read("container/template.yaml")


@pytest.fixture(scope="module")
def project(read):
    return read("template.yaml")


def test_its_parameters_are_those_of_the_projects_template(image, project):
    shared = image["Parameters"].keys() - OWN
    assert shared == {"Architecture", "AuthType", "OpenToEveryone", "OpenConcurrency", "ModelId", "ModelProfile"}
    for name in shared:
        mine, theirs = (dict(each["Parameters"][name], Description="") for each in (image, project))
        assert mine == theirs, name
    assert image["Rules"] == project["Rules"]


def test_its_role_may_do_what_the_agents_role_may(image, project):
    mine, theirs = (each["Resources"]["AgentRole"]["Properties"] for each in (image, project))
    assert mine == theirs


def test_both_halves_of_streaming_are_declared(image):
    properties = image["Resources"]["Agent"]["Properties"]
    assert properties["FunctionUrlConfig"]["InvokeMode"] == "RESPONSE_STREAM"
    assert properties["Environment"]["Variables"]["AWS_LWA_INVOKE_MODE"] == "response_stream"
    dockerfile = (ROOT / "container" / "Dockerfile").read_text(encoding="utf-8")
    assert "AWS_LWA_INVOKE_MODE=response_stream" in dockerfile
    assert "/opt/extensions/" in dockerfile


def test_what_is_built_on_is_the_same_in_the_dockerfile_and_the_template(image):
    dockerfile = (ROOT / "container" / "Dockerfile").read_text(encoding="utf-8")
    for argument, parameter in (("BASE", "BaseImage"), ("ADAPTER", "AdapterImage")):
        assert f"ARG {argument}={image['Parameters'][parameter]['Default']}\n" in dockerfile


@pytest.mark.slow
@pytest.mark.parametrize("name", ["template.yaml", "repository.yaml"])
def test_cfn_lint_finds_nothing(name):
    from cfnlint.api import lint_file

    assert lint_file(ROOT / "container" / name) == []
