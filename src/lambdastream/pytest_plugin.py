"""Fixtures for projects that stream from Lambda, known to pytest by the entry point ``pytest11``.

``local_aws``
    A local AWS for the test session: on a free port, with its state in a temporary folder, ended with the session, also
    when pytest is killed. Each worker of pytest-xdist has one of its own.
``sam_stack``
    The project's stack on it, built and deployed by the unmodified ``sam`` when the first test asks for it.
``local_aws_environment``
    The environment variables of one test, so that boto3 in this process speaks with the local AWS, too.

The settings are ``lambdastream_template``, ``lambdastream_stack``, ``lambdastream_parameters`` and
``lambdastream_build_options``. Nothing is imported or started for tests that ask for none of it, and nothing is deployed
anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lambdastream.testing.local_aws import TemporaryAws
    from lambdastream.testing.sam import SamStack


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the settings (pytest's hook)."""
    parser.addini("lambdastream_template", "the SAM template, from the root folder", default="template.yaml")
    parser.addini("lambdastream_stack", "the stack's name in tests", default="under-test")
    parser.addini("lambdastream_parameters", "the template's parameters, NAME=VALUE, one a line", type="linelist")
    parser.addini("lambdastream_build_options", "more options of sam build", type="args")


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporaryAws]:
    """A local AWS that runs until the session ends; ``sam_deploy`` deploys a stack to it, ``client`` is boto3's."""
    from lambdastream.testing.local_aws import temporary_aws  # noqa: PLC0415 - for those who ask

    with temporary_aws(tmp_path_factory.mktemp("local-aws")) as aws:
        yield aws


@pytest.fixture(scope="session")
def sam_stack(local_aws: TemporaryAws, pytestconfig: pytest.Config) -> SamStack:
    """The project's stack on the local AWS: its ``outputs``, its functions' ``urls`` and logs."""
    template = pytestconfig.rootpath / pytestconfig.getini("lambdastream_template")
    parameters = [line.partition("=") for line in pytestconfig.getini("lambdastream_parameters")]
    return local_aws.sam_deploy(
        template,
        stack=pytestconfig.getini("lambdastream_stack"),
        parameters={name.strip(): value.strip() for name, _, value in parameters},
        build_options=pytestconfig.getini("lambdastream_build_options"),
    )


@pytest.fixture
def local_aws_environment(local_aws: TemporaryAws, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Point the AWS tools of this process at the local AWS for one test; returns the variables that do it."""
    import boto3  # noqa: PLC0415 - for those who ask

    # The default session keeps what it once read.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    for name in local_aws.unset():
        monkeypatch.delenv(name, raising=False)
    for name, value in local_aws.variables().items():
        monkeypatch.setenv(name, value)
    return local_aws.variables()
