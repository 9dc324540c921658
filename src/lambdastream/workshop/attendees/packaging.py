"""One build and one upload for all attendees, by the real ``sam build`` and ``sam package``.

``sam deploy`` is ``sam package`` and then two calls: a change set is made and executed. Once for each attendee it would
upload the same code again, and its program alone takes two seconds of a processor each time; and when several start in an
account without SAM's bucket, they get in each other's way, since each makes it. So it is packaged once, which makes the
bucket, and the calls are made side by side (``deployment``). CloudFormation sees the same.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lambdastream.control.project import Project
from lambdastream.control.sam_command import run_sam
from lambdastream.errors import SetupError
from lambdastream.workshop.attendees.account import Account
from lambdastream.workshop.sam import sam

FOLDER: Final = "lambdastream-workshops"
"""Where packages of workshops lie in SAM's bucket."""
LONGEST_TEXT: Final = 51_200
"""Bytes of a template that CloudFormation takes as text (CloudFormation quotas). A longer one has to lie in S3."""
TEMPLATE: Final = "template.yaml"


@dataclass(frozen=True, slots=True)
class Package:
    """A template whose code lies in S3. ``url`` is the template's own address there, where it is too long for a call."""

    template: str
    parameters: frozenset[str]
    url: str = ""

    def argument(self) -> dict[str, str]:
        """The template as calls of CloudFormation take it."""
        return _argument(self.template, self.url)


NOTHING: Final = Package("", frozenset())
"""For a deployment that finds everything there."""


def _argument(text: str, url: str) -> dict[str, str]:
    return {"TemplateURL": url} if url else {"TemplateBody": text}


def folder(workshop: str) -> str:
    """The folder of a workshop's packages in SAM's bucket."""
    return f"{FOLDER}/{workshop}"


def package(project: Project, workshop: str, account: Account, *, say: Callable[[str], None]) -> Package:
    """Build the project's template and upload its code. ``say`` is told what takes time.

    Raises ``SetupError`` with what ``sam`` says.
    """
    if not (project.root / TEMPLATE).is_file():
        raise SetupError(
            f"There is no {TEMPLATE} in {project.root}.",
            next_step="Run it in the folder of the project with the template.",
        )
    again = "Mend that, then deploy again."
    say("sam build, for all")
    # The agent is not among what a workshop deploys: its packages take longer than all the rest.
    sam(project, "build", "--exclude", "Agent", environment=os.environ)
    say("sam package")
    with tempfile.TemporaryDirectory(prefix="lambdastream-package-") as temporary:
        packaged = Path(temporary, TEMPLATE)
        where = ("--resolve-s3", "--s3-prefix", folder(workshop), "--output-template-file", str(packaged))
        run_sam(project.root, "package", *where, environment=os.environ, next_step=again)
        text = packaged.read_text(encoding="utf-8")
    url = _upload(account.s3, text, workshop) if len(text.encode()) > LONGEST_TEXT else ""
    told = account.cloudformation.validate_template(**_argument(text, url))
    return Package(text, frozenset(each["ParameterKey"] for each in told["Parameters"]), url)


def _upload(s3: Any, text: str, workshop: str) -> str:
    bucket = sam_bucket_of(text)
    key = f"{folder(workshop)}/{TEMPLATE}"
    s3.put_object(Bucket=bucket, Key=key, Body=text.encode())
    return f"{s3.meta.endpoint_url.rstrip('/')}/{bucket}/{key}"


def sam_bucket_of(packaged: str) -> str:
    """The bucket that a packaged template names."""
    return packaged.partition("s3://")[2].partition("/")[0]
