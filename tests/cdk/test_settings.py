"""What can be chosen with `cdk deploy -c NAME=VALUE`."""

from pathlib import Path

import pytest
from samcli.yamlhelper import yaml_parse

from settings import SettingError, Settings

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
OPEN = {"AuthType": "NONE", "OpenToEveryone": "at-my-expense"}


def of(**context):
    return Settings.from_context(context.get)


def test_by_default_callers_sign():
    assert of() == Settings()
    assert not of().is_open


def test_defaults_and_choices_are_those_of_the_template():
    parameters = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))["Parameters"]
    for name in ("PythonRuntime", "Architecture", "AuthType", "OpenToEveryone", "OpenConcurrency", "AllowedOrigins"):
        default = parameters[name]["Default"]
        assert of(**{name: default}) == Settings()
        for value in parameters[name].get("AllowedValues", ()):
            of(**(OPEN | {name: value}) if value != "no" else {name: value})


@pytest.mark.parametrize("given", [5.0, 5, "5"], ids=["from jsii", "from Python", "from the command line"])
def test_a_number_comes_in_many_ways(given):
    assert of(OpenConcurrency=given).open_concurrency == 5


@pytest.mark.parametrize(
    ("context", "told"),
    [
        ({"PythonRuntime": "python3.9"}, "It can be python3.11, "),
        ({"Architecture": "arm"}, "It can be x86_64, arm64"),
        ({"AuthType": "none"}, "It can be AWS_IAM, NONE"),
        ({"OpenConcurrency": "0"}, "It can be 1 to 100"),
        ({"OpenConcurrency": "many"}, "whole number"),
        ({"OpenConcurrency": 2.5}, "whole number"),
        ({"AuthType": "NONE"}, "you pay. If you mean it, add -c OpenToEveryone=at-my-expense"),
        ({"AuthType": "NONE", "OpenToEveryone": "yes"}, "It can be no, at-my-expense"),
    ],
    ids=["runtime", "architecture", "auth type", "too few", "no number", "a fraction", "no consent", "another word"],
)
def test_what_cannot_be_is_told(context, told):
    with pytest.raises(SettingError, match=told):
        of(**context)
