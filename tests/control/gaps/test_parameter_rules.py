"""What a template asks of its parameters is asked before anything is made."""

import pytest
from botocore.exceptions import ClientError

TOPIC = {"Topic": {"Type": "AWS::SNS::Topic"}}
OPEN = {"Fn::Equals": [{"Ref": "Auth"}, "NONE"]}
MEANT = {"Fn::Equals": [{"Ref": "Word"}, "yes"]}


def texts(**defaults):
    return {name: {"Type": "String", "Default": value} for name, value in defaults.items()}


def constrained(**constraints):
    return {"Parameters": {"Value": {"Type": "String", "Default": "dev"} | constraints}, "Resources": TOPIC}


def ruled(assertion, condition=None, **parameters):
    rule = {"Assertions": [{"Assert": assertion, "AssertDescription": "Say yes."}]}
    return {
        "Parameters": parameters or texts(Auth="AWS_IAM", Word="no"),
        "Rules": {"Opening": rule | ({"RuleCondition": condition} if condition else {})},
        "Resources": TOPIC,
    }


@pytest.fixture
def refused(control_plane, request):
    """What is said to a template with parameters' values, in each of the ways to deploy it; none leaves a stack."""

    def said(template, **parameters):
        words = []
        for deploy in (
            control_plane.create,
            lambda name, *given, **more: control_plane.change_set(name, "a", *given, **more),
        ):
            with pytest.raises(ClientError) as error:
                deploy("refused", template, **parameters)
            assert error.value.response["Error"]["Code"] == "ValidationError"
            words.append(error.value.response["Error"]["Message"])
            with pytest.raises(ClientError, match="does not exist"):
                control_plane.stack("refused")
        assert words[0] == words[1]
        return words[0]

    return said


@pytest.mark.parametrize(
    ("constraints", "value", "words"),
    [
        pytest.param({"AllowedValues": ["dev", "prod"]}, "test", "must be one of AllowedValues", id="allowed values"),
        pytest.param({"AllowedPattern": "[a-z]+"}, "dev1", "must match pattern [a-z]+", id="the whole matches"),
        pytest.param({"MinLength": 2}, "d", "must contain at least 2 characters", id="too short"),
        pytest.param({"MaxLength": "3"}, "test", "must contain at most 3 characters", id="too long"),
        pytest.param(
            {"Type": "Number", "Default": 5, "MinValue": 1}, "0", "must be a number not less than 1", id="too small"
        ),
        pytest.param(
            {"Type": "Number", "Default": 5, "MaxValue": 9}, "10", "must be a number not greater than 9", id="too large"
        ),
        pytest.param(
            {"Type": "CommaDelimitedList", "AllowedValues": ["dev", "prod"]},
            "dev,test",
            "must be one of AllowedValues",
            id="each of a list",
        ),
        pytest.param({"MaxLength": 3, "ConstraintDescription": "is a stage"}, "test", "is a stage", id="its own words"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused(refused, constraints, value, words):
    assert refused(constrained(**constraints), Value=value) == f"Parameter 'Value' {words}"


def test_a_rule_is_asked_when_its_condition_holds(control_plane, refused):
    template = ruled(MEANT, OPEN)
    assert refused(template, Auth="NONE") == "Rule Opening: Say yes."
    assert control_plane.create("rule-asked", template, Auth="NONE", Word="yes") == "CREATE_COMPLETE"
    assert control_plane.create("rule-not-asked", template, Auth="AWS_IAM") == "CREATE_COMPLETE"


def test_an_update_that_breaks_a_rule_changes_nothing(control_plane):
    template = ruled(MEANT, OPEN)
    control_plane.create("rule-later", template)
    with pytest.raises(ClientError, match="Rule Opening: Say yes"):
        control_plane.update("rule-later", template, Auth="NONE")
    with pytest.raises(ClientError, match="Rule Opening: Say yes"):
        control_plane.change_set("rule-later", "open", template, "UPDATE", Auth="NONE")
    assert control_plane.stack("rule-later")["StackStatus"] == "CREATE_COMPLETE"
    assert control_plane.update("rule-later", template, Auth="NONE", Word="yes") == "UPDATE_COMPLETE"


@pytest.mark.parametrize(
    ("assertion", "holds"),
    [
        ({"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}, True),
        ({"Fn::Equals": [{"Ref": "Few"}, 2]}, True),
        ({"Fn::Not": [{"Fn::Contains": [["1", "2"], {"Ref": "Few"}]}]}, False),
        ({"Fn::Contains": [{"Ref": "Some"}, "b"]}, True),
        ({"Fn::Contains": [{"Ref": "Some"}, "a,b"]}, False),
        ({"Fn::EachMemberIn": [{"Ref": "Some"}, ["a", "b", "c"]]}, True),
        ({"Fn::EachMemberIn": [["a", "z"], {"Ref": "Some"}]}, False),
        ({"Fn::EachMemberEquals": [["b", "b"], "b"]}, True),
        ({"Fn::EachMemberEquals": [{"Ref": "Some"}, "b"]}, False),
        ({"Fn::And": [{"Fn::Equals": ["a", "a"]}, {"Fn::Equals": ["a", "b"]}]}, False),
        ({"Fn::Or": [{"Fn::Equals": ["a", "a"]}, {"Fn::Equals": ["a", "b"]}]}, True),
    ],
    ids=str,
)
def test_what_an_assertion_may_say(control_plane, refused, assertion, holds):
    parameters = {"Few": {"Type": "Number", "Default": 2}, "Some": {"Type": "CommaDelimitedList", "Default": "a,b"}}
    template = ruled(assertion, **parameters)
    if holds:
        assert control_plane.change_set("assertion", "check", template)["Status"] == "CREATE_COMPLETE"
        control_plane["cloudformation"].delete_change_set(StackName="assertion", ChangeSetName="check")
    else:
        assert refused(template) == "Rule Opening: Say yes."


def test_what_only_aws_can_tell_is_refused_by_name(refused):
    assertion = {"Fn::EachMemberIn": [{"Fn::ValueOfAll": ["AWS::EC2::Subnet::Id", "VpcId"]}, ["vpc-1"]]}
    assert "Fn::ValueOfAll are not simulated" in refused(ruled(assertion))
    assert "AllowedPattern" in refused(constrained(AllowedPattern=r"\p{Alpha}+"))
