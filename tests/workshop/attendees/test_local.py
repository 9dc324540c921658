"""Attendees' stacks on a local AWS, without `sam`: a template whose code is in it. `test_rehearsal` has the whole way."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
import pytest

from lambdastream.runtime.interpreter import own_runtime
from lambdastream.workshop.attendees import Settings, Workshop
from lambdastream.workshop.attendees.account import Account
from lambdastream.workshop.attendees.deployment import Deployment, Outcome
from lambdastream.workshop.attendees.packaging import Package
from lambdastream.workshop.attendees.removal import TearDown
from lambdastream.workshop.attendees.results import Deployed
from lambdastream.workshop.attendees.stacks import resources, workshop_stacks
from lambdastream.workshop.attendees.usage import Costs, costs
from lambdastream.workshop.costs import Prices

TEMPLATE = f"""
Parameters:
  OpenConcurrency: {{Type: Number, Default: 50}}
Resources:
  Logs: {{Type: AWS::Logs::LogGroup, Properties: {{LogGroupName: !Sub "/aws/lambda/${{AWS::StackName}}-Chat"}}}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: sts:AssumeRole}}]
  Chat:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: {own_runtime()}
      Handler: index.handler
      Role: !GetAtt Role.Arn
      LoggingConfig: {{LogGroup: !Ref Logs}}
      Code: {{ZipFile: "def handler(event, context): return 'hello'"}}
  Address: {{Type: AWS::Lambda::Url, Properties: {{TargetFunctionArn: !GetAtt Chat.Arn, AuthType: NONE}}}}
  Open:
    Type: AWS::Lambda::Permission
    Properties:
      {{FunctionName: !Ref Chat, Principal: "*", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: NONE}}
  OpenToo:
    Type: AWS::Lambda::Permission
    Properties:
      {{FunctionName: !Ref Chat, Principal: "*", Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true}}
Outputs:
  ChatLwaUrl: {{Value: !GetAtt Address.FunctionUrl}}
"""
SETTINGS = Settings(concurrency=3, retention_days=1)


@cache
def expires():
    """Two hours from the first deployment on: this file is read long before."""
    return datetime.now(UTC) + timedelta(hours=2)


@pytest.fixture(scope="module")
def account(second_aws: Any) -> Iterator[Account]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "environ", second_aws.environment())
        yield replace(Account.current(is_local=True), poll=0.02)


@pytest.fixture
def deploy(account: Account):
    """Deploy stacks of the workshop `room`."""

    def run(*attendees: str, workshop: str = "room", update: bool = False, template: str = TEMPLATE) -> list[Outcome]:
        package = Package(template, frozenset({"OpenConcurrency"}))
        return Deployment(account, workshop, package, SETTINGS, expires(), update=update).run(attendees)

    return run


@pytest.fixture
def foreign_logs(account: Account) -> Iterator[str]:
    """A log group of nobody's workshop, which has the name of one that an attendee's stack wants."""
    name = "/aws/lambda/room-eve-Chat"
    account.logs.create_log_group(logGroupName=name)
    yield name
    if account.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
        account.logs.delete_log_group(logGroupName=name)


@pytest.fixture
def left(account: Account):
    """The names of what of a workshop is there."""

    def look(prefix: str) -> list[str]:
        stacks = [each["StackName"] for each in account.cloudformation.describe_stacks()["Stacks"]]
        functions = [each["FunctionName"] for each in account.functions.list_functions()["Functions"]]
        groups = [each["logGroupName"] for each in account.logs.describe_log_groups()["logGroups"]]
        return [name for name in (*stacks, *functions, *groups) if name.removeprefix("/aws/lambda/").startswith(prefix)]

    return look


def tear_down(account: Account, workshop: str = "room", **options: Any) -> Any:
    return TearDown(account, workshop).run(on_phase=lambda *_: None, on_end=lambda _: None, **options)


def complete(told: Costs, requests: int) -> Costs | None:
    """The costs, when so many requests are in them: lines come to the log a moment later."""
    return told if sum(each.requests for each in told.functions) == requests else None


def results(outcomes: list[Outcome]) -> dict[str, str]:
    return {each.attendee: each.result for each in outcomes}


def test_one_that_fails_does_not_stop_the_others_and_is_deployed_later(account, deploy, foreign_logs):
    first = deploy("eve", "grace")
    assert results(first) == {"eve": "failed", "grace": "deployed"}
    assert first[0].reason == "Logs: The specified log group already exists"
    assert "run the same command again" in first[0].next_step
    account.logs.delete_log_group(logGroupName=foreign_logs)
    assert results(deploy("eve", "grace")) == {"eve": "deployed", "grace": "was there"}
    assert [each.attendee for each in workshop_stacks(account.cloudformation, "room")] == ["eve", "grace"]


def test_stacks_have_tags_and_keep_the_caps(account, deploy):
    deploy("grace")
    (stack,) = [each for each in workshop_stacks(account.cloudformation, "room") if each.attendee == "grace"]
    assert stack.tags.expires == expires().replace(second=0, microsecond=0)
    assert stack.parameters == {"OpenConcurrency": "3"}
    had = resources(account.cloudformation, stack.name)
    (function,) = had.functions
    assert had.log_groups == ("/aws/lambda/room-grace-Chat", f"/aws/lambda/{function}")
    # The template has neither: both are set all the same.
    assert account.functions.get_function_concurrency(FunctionName=function)["ReservedConcurrentExecutions"] == 3
    groups = account.logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/room-grace-Chat")["logGroups"]
    assert [each["retentionInDays"] for each in groups] == [1]


def test_what_was_built_for_an_earlier_deployment_is_taken_again(account, left):
    built = Package(TEMPLATE, frozenset({"OpenConcurrency"}))
    room = Workshop("again")
    # Nothing is built: there is no project with a template here.
    first = room.deploy(["ada"], settings=SETTINGS, like=Deployed("again", (), built))
    more = room.deploy(["ada", "bob"], settings=SETTINGS, like=first)
    assert results(first.outcomes) == {"ada": "deployed"}
    assert results(more.outcomes) == {"ada": "was there", "bob": "deployed"}
    assert more.packaged is built
    assert tear_down(account, "again").is_complete
    assert left("again") == []


@pytest.mark.slow
def test_what_is_there_is_updated_when_that_is_wanted(account, deploy):
    deploy("ada")
    assert results(deploy("ada", template=TEMPLATE.replace("hello", "again"))) == {"ada": "was there"}
    assert results(deploy("ada", template=TEMPLATE.replace("hello", "again"), update=True)) == {"ada": "deployed"}
    assert results(deploy("ada", template=TEMPLATE.replace("hello", "again"), update=True)) == {"ada": "was there"}
    (stack,) = [each for each in workshop_stacks(account.cloudformation, "room") if each.attendee == "ada"]
    assert httpx.get(stack.outputs["ChatLwaUrl"]).text == "again"


@pytest.mark.slow
def test_it_cost_what_its_log_says(account, deploy, eventually):
    deploy("dora")
    stacks = [each for each in workshop_stacks(account.cloudformation, "room") if each.attendee == "dora"]
    for _ in range(3):
        httpx.get(stacks[0].outputs["ChatLwaUrl"]).raise_for_status()
    found = eventually(lambda: complete(costs(account, "room", stacks, Prices()), 3))
    (function,) = found.functions
    assert function.gb_seconds >= 3 * 0.001 * 0.125  # 1 ms each at least, with 128 MB
    assert found.so_far.total == pytest.approx(function.gb_seconds * 0.0000166667 + function.requests * 0.0000002)
    # 3 at a time x 0.125 GB for two hours, and 30 requests a second
    seconds = found.hours * 3600
    assert found.hours == pytest.approx(2, abs=0.11)
    assert found.ceiling.total == pytest.approx(3 * 0.125 * seconds * 0.0000166667 + 30 * seconds * 0.0000002)


@pytest.mark.slow
def test_a_stack_of_somebody_else_is_not_touched(account, deploy, left):
    assert results(deploy("x-ada", workshop="guest")) == {"x-ada": "deployed"}
    # The same name for a stack, of another workshop.
    (refused,) = deploy("ada", workshop="guest-x")
    assert (refused.result, refused.stack) == ("failed", "guest-x-ada")
    assert "not touched" in refused.reason
    assert tear_down(account, "guest-x").removed == ()
    assert "guest-x-ada" in left("guest")
    assert tear_down(account, "guest").removed == ("guest-x-ada",)
    assert left("guest") == []


def test_it_is_torn_down_for_some_or_for_all_and_nothing_is_left(account, deploy, left):
    deploy("eve", "grace")
    some = tear_down(account, only=["grace"])
    assert (some.removed, some.left) == (("room-grace",), ())
    assert str(some).startswith("Removed: 1 stack of room. ")
    assert "nothing of that is left" in str(some)
    all_of_it = tear_down(account)
    assert "room-eve" in all_of_it.removed
    assert all_of_it.is_complete
    assert "nothing is left" in str(all_of_it)
    assert left("room") == []
    assert tear_down(account).removed == ()


@pytest.mark.slow
def test_a_log_group_that_a_failed_stack_wanted_stays(account, deploy, left, foreign_logs):
    assert results(deploy("eve")) == {"eve": "failed"}
    assert tear_down(account, only=["eve"]).removed == ("room-eve",)
    assert left("room-eve") == [foreign_logs]


@pytest.mark.slow
def test_what_cannot_be_removed_is_listed_with_its_reason(account, deploy, left):
    deploy(
        "ada",
        "bob",
        workshop="stuck",
        template=TEMPLATE.replace(
            "Outputs:\n", 'Outputs:\n  Name: {Value: x, Export: {Name: !Ref "AWS::StackName"}}\n'
        ),
    )
    importer = "Resources: {Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !ImportValue stuck-bob}}}"
    account.cloudformation.create_stack(StackName="importer", TemplateBody=importer)
    removal = tear_down(account, "stuck")
    assert removal.removed == ("stuck-ada",)
    (stuck,) = removal.left
    assert (stuck.kind, stuck.name) == ("stack", "stuck-bob")
    assert "importer" in stuck.reason
    assert "stuck-bob: " in str(removal)
    account.cloudformation.delete_stack(StackName="importer")
    assert tear_down(account, "stuck").is_complete
    assert left("stuck") == []
