"""What CloudFormation tells of stacks. It is as on AWS where the local AWS tells less; `test_local` asks the latter."""

from typing import Any

import pytest

from lambdastream.workshop.attendees.stacks import failure_reason, resources

GROUP = "/aws/lambda/room-ada-Chat"


class Told:
    """CloudFormation's answers, page by page."""

    def __init__(self, **answers: list[dict[str, Any]]) -> None:
        self._answers = answers

    def get_paginator(self, operation: str) -> "Told":
        self._operation = operation
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return self._answers[self._operation]


def summary(kind: str, name: str, status: str = "CREATE_COMPLETE") -> dict[str, str]:
    return {"ResourceType": kind, "PhysicalResourceId": name, "ResourceStatus": status}


def event(name: str, status: str, why: str = "") -> dict[str, str]:
    return {"LogicalResourceId": name, "ResourceStatus": status, "ResourceStatusReason": why}


def test_functions_and_all_the_logs_that_they_may_have_are_a_stack_s_own():
    pages = [
        {"StackResourceSummaries": [summary("AWS::Logs::LogGroup", GROUP), summary("AWS::IAM::Role", "role")]},
        {"StackResourceSummaries": [summary("AWS::Lambda::Function", "chat", "UPDATE_COMPLETE")]},
    ]
    found = resources(Told(list_stack_resources=pages), "room-ada")
    assert (found.functions, found.log_groups) == (("chat",), (GROUP, "/aws/lambda/chat"))


@pytest.mark.parametrize("status", ["CREATE_FAILED", "DELETE_COMPLETE", "DELETE_SKIPPED"])
def test_what_it_failed_to_make_or_gave_up_is_not(status):
    pages = [{"StackResourceSummaries": [summary("AWS::Logs::LogGroup", GROUP, status)]}]
    assert resources(Told(list_stack_resources=pages), "room-ada").log_groups == ()


def test_what_was_not_made_yet_has_no_name():
    pages = [{"StackResourceSummaries": [{"ResourceType": "AWS::Lambda::Function", "ResourceStatus": "CREATE_FAILED"}]}]
    assert resources(Told(list_stack_resources=pages), "room-ada").functions == ()


BEGUN = event("room-ada", "CREATE_IN_PROGRESS", "User Initiated")
EXISTS = event("Logs", "CREATE_FAILED", "it already exists")


@pytest.mark.parametrize(
    ("newest_first", "expected"),
    [
        pytest.param([EXISTS, BEGUN], "Logs: it already exists", id="a resource failed"),
        pytest.param(
            [event("Role", "CREATE_FAILED", "Resource creation cancelled"), EXISTS, BEGUN],
            "Logs: it already exists",
            id="others were cancelled",
        ),
        pytest.param(
            [event("Role", "CREATE_FAILED", "later"), EXISTS, BEGUN],
            "Logs: it already exists",
            id="the first one counts",
        ),
        pytest.param([BEGUN, EXISTS, BEGUN], "", id="the time before does not count"),
        pytest.param(
            [
                event("room-ada", "CREATE_COMPLETE", "in use by another"),
                event("room-ada", "DELETE_IN_PROGRESS", "User Initiated"),
            ],
            "in use by another",
            id="it was refused",
        ),
    ],
)
def test_the_reason_of_a_failure_is_the_first_resource_s(newest_first, expected):
    told = Told(describe_stack_events=[{"StackEvents": newest_first}])
    assert failure_reason(told, "room-ada") == expected
