"""The same cells run on AWS, by one switch. A second local AWS stands in for it: another place, profile and region."""

from collections.abc import Callable

import pytest

from lambdastream.control import connect
from lambdastream.workshop.target import AWS_PROFILE
from lambdastream.workshop.workspace import STACK_SUFFIX


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("number", ["03", "04", "06", "09", "10", "11", "90"])
def test_a_notebook_runs_there_and_leaves_nothing(
    nbval: Callable[..., object], course: object, second_aws: object, number: str
) -> None:
    switch = {AWS_PROFILE: second_aws.profile, STACK_SUFFIX: "ada"} | course.variables
    local = list((course.root / ".lambdastream" / "logs").glob("*"))
    done = nbval(course.notebook(number), strict=False, **second_aws.environment(**switch))
    assert done.returncode == 0, done.output
    there = second_aws.project.logs.glob(f"lesson-{number}-ada-*.log")
    assert list(there), "its functions have run on the second one"
    assert list((course.root / ".lambdastream" / "logs").glob("*")) == local
    assert connect(second_aws.project).status()["functions"] == [], "the stack is deleted"
