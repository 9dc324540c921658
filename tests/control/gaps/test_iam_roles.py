"""Roles of stacks."""

import json

import pytest

BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
XRAY = "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"


def document(action):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def template(role, name, **properties):
    settings = role["Properties"] | {"RoleName": name} | properties
    return {"Resources": {"Role": {"Type": role["Type"], "Properties": settings}}}


def policies(actions):
    return [{"PolicyName": name, "PolicyDocument": document(action)} for name, action in actions.items()]


def attached(iam, name):
    return {policy["PolicyArn"] for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]}


def test_a_role_has_the_policies_of_its_template_and_an_update_changes_them(control_plane, role):
    iam = control_plane["iam"]
    first = template(
        role, "changing", Policies=policies({"read": "s3:GetObject", "gone": "s3:*"}), ManagedPolicyArns=[BASIC]
    )
    assert control_plane.create("changing", first) == "CREATE_COMPLETE", control_plane.events("changing")
    assert iam.get_role_policy(RoleName="changing", PolicyName="read")["PolicyDocument"] == document("s3:GetObject")
    assert attached(iam, "changing") == {BASIC}
    iam.put_role_policy(RoleName="changing", PolicyName="others", PolicyDocument=str(document("a:b")).replace("'", '"'))

    second = template(
        role,
        "changing",
        Policies=policies({"read": "s3:PutObject", "added": "sqs:*"}),
        ManagedPolicyArns=[XRAY],
        Description="changed",
    )
    assert control_plane.update("changing", second) == "UPDATE_COMPLETE", control_plane.events("changing")
    assert iam.get_role_policy(RoleName="changing", PolicyName="read")["PolicyDocument"] == document("s3:PutObject")
    assert set(iam.list_role_policies(RoleName="changing")["PolicyNames"]) == {"read", "added", "others"}
    assert attached(iam, "changing") == {XRAY}
    assert iam.get_role(RoleName="changing")["Role"]["Description"] == "changed"

    iam.delete_role_policy(RoleName="changing", PolicyName="others")
    control_plane["cloudformation"].delete_stack(StackName="changing")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName="changing")


def test_aws_own_policies_are_attached_by_hand(control_plane):
    iam = control_plane["iam"]
    iam.create_role(RoleName="by-hand", AssumeRolePolicyDocument=json.dumps(document("sts:AssumeRole")))
    iam.attach_role_policy(RoleName="by-hand", PolicyArn=BASIC)
    assert attached(iam, "by-hand") == {BASIC}
    iam.detach_role_policy(RoleName="by-hand", PolicyArn=BASIC)
    assert attached(iam, "by-hand") == set()
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.attach_role_policy(RoleName="by-hand", PolicyArn="arn:aws:iam::123456789012:policy/none")
    iam.delete_role(RoleName="by-hand")


def test_who_may_assume_a_role_is_updated(control_plane, role):
    control_plane.create("trusting", template(role, "trusting"))
    trust = role["Properties"]["AssumeRolePolicyDocument"]
    statement = trust["Statement"][0] | {"Principal": {"Service": "edgelambda.amazonaws.com"}}
    changed = template(role, "trusting", AssumeRolePolicyDocument=trust | {"Statement": [statement]})
    assert control_plane.update("trusting", changed) == "UPDATE_COMPLETE", control_plane.events("trusting")
    told = control_plane["iam"].get_role(RoleName="trusting")["Role"]["AssumeRolePolicyDocument"]
    assert told["Statement"] == [statement]
