"""`cloudfront/template.yaml`: what a distribution in front of a signed function URL needs. It is deployed on AWS alone."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from samcli.yamlhelper import yaml_parse

from lambdastream.lint import lint
from lambdastream.lint._check import RULES

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "cloudfront" / "template.yaml"


@pytest.fixture(scope="module")
def template():
    return yaml_parse(TEMPLATE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def distribution(template):
    return template["Resources"]["Distribution"]["Properties"]["DistributionConfig"]


@pytest.mark.slow
def test_cfn_lint_has_nothing_to_say():
    program = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run(
        [program, "--append-rules", RULES, "--", TEMPLATE], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_our_rules_have_nothing_to_say():
    assert lint(TEMPLATE) == []


def test_every_call_of_the_origin_is_signed(template, distribution):
    signing = template["Resources"]["Signing"]["Properties"]["OriginAccessControlConfig"]
    assert signing["OriginAccessControlOriginType"] == "lambda"
    assert (signing["SigningProtocol"], signing["SigningBehavior"]) == ("sigv4", "always")
    [origin] = distribution["Origins"]
    assert origin["OriginAccessControlId"] == {"Fn::GetAtt": ["Signing", "Id"]}
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"


def test_nothing_is_kept_and_nothing_held_back(distribution):
    behavior = distribution["DefaultCacheBehavior"]
    # The ids are the same in every account. Source: the CloudFront developer guide, managed policies.
    assert behavior["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "CachingDisabled"
    assert behavior["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac", "AllViewerExceptHostHeader"
    assert behavior["Compress"] is False
    assert {"GET", "POST", "OPTIONS"} <= set(behavior["AllowedMethods"])


def test_this_distribution_may_call_the_function_by_its_url_and_nobody_else(template):
    permissions = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Permission"
    ]
    assert {
        (each["Action"], each.get("FunctionUrlAuthType"), each.get("InvokedViaFunctionUrl")) for each in permissions
    } == {("lambda:InvokeFunctionUrl", "AWS_IAM", None), ("lambda:InvokeFunction", None, True)}
    assert {each["Principal"] for each in permissions} == {"cloudfront.amazonaws.com"}
    assert all(each["SourceArn"]["Fn::Sub"].endswith(":distribution/${Distribution}") for each in permissions)


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://abc123.lambda-url.eu-west-1.on.aws/", True),
        ("http://127.0.0.1:20000/", False),
        ("https://abc.execute-api.eu-west-1.amazonaws.com/", False),
        ("https://abc123.lambda-url.eu-west-1.on.aws/stream", False),
    ],
)
def test_it_takes_a_function_url_and_finds_its_name(template, distribution, url, fits):
    pattern = template["Parameters"]["FunctionUrl"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, url)) == fits
    [origin] = distribution["Origins"]
    index, (separator, of) = origin["DomainName"]["Fn::Select"][0], origin["DomainName"]["Fn::Select"][1]["Fn::Split"]
    assert of == {"Ref": "FunctionUrl"}
    if fits:
        assert url.split(separator)[index] == "abc123.lambda-url.eu-west-1.on.aws"


def test_its_openness_takes_a_word_of_consent(template):
    [rule] = template["Rules"].values()
    assert "RuleCondition" not in rule, "a distribution is always open"
    assert rule["Assertions"][0]["Assert"] == {"Fn::Equals": [{"Ref": "OpenToEveryone"}, "at-my-expense"]}
