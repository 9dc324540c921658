"""Where a deploy goes: to a local AWS, where nothing costs money, or to an account on AWS.

The answer is worked out as the tools do it: boto3 resolves the profile, in a process that has the variables in question.
A local AWS is known by how its address answers, never by a profile's name.
"""

from __future__ import annotations

import html
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from lambdastream.control import aws_caller
from lambdastream.control.aws_caller import is_aws
from lambdastream.control.local_aws import NO_TLS
from lambdastream.control.profile import USE_LOCAL, project_of_config
from lambdastream.control.project import Project, find_project
from lambdastream.control.sam_config import SamConfig, read_sam_config
from lambdastream.runtime.arn import ACCOUNT

PATIENCE: Final = 30
PROBE: Final = 3.0
FORBIDDEN: Final = 403
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
AWS: Final = "AWS"
DOCTOR: Final = "See what is wrong: lambdastream doctor"
BACK: Final = f"For the local AWS: {USE_LOCAL}. {DOCTOR}"
CHOOSE: Final = f'For the local AWS: {USE_LOCAL}. For AWS: eval "$(lambdastream env --aws PROFILE)"'
NAME_REGION: Final = "Name one: export AWS_DEFAULT_REGION=us-east-1"
START: Final = "lambdastream up --detach"
NOBODY: Final = ("NoCredentialsError", "NoRegionError")
LOG_IN_AGAIN: Final = (
    *("TokenRetrievalError", "SSOTokenLoadError", "UnauthorizedSSOTokenError"),
    *("ExpiredToken", "ExpiredTokenException"),
)
COLOURS: Final = {"local": "#2e7d32", "aws": "#c62828", "unclear": "#b26a00"}


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a deploy goes.

    ``kind`` is ``local``, ``aws`` or ``unclear``; then ``why`` says so, and ``next_step`` what to do. ``endpoint`` is the
    address of the local AWS, and ``None`` on AWS. ``project`` is the one whose local AWS it is, where the profile tells.
    ``note`` is what else should be known, such as who chose the profile.
    """

    kind: Literal["local", "aws", "unclear"]
    account: str | None = None
    region: str | None = None
    profile: str | None = None
    endpoint: str | None = None
    project: Project | None = None
    note: str = ""
    why: str = ""
    next_step: str = ""

    @property
    def is_local(self) -> bool:
        """Whether a deploy surely goes to a local AWS. False when it is unclear."""
        return self.kind == "local"

    @property
    def is_aws(self) -> bool:
        """Whether a deploy surely goes to AWS, and costs money. False when it is unclear."""
        return self.kind == "aws"

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        names = ("kind", "account", "region", "profile", "endpoint", "note", "why", "next_step")
        return {name: getattr(self, name) for name in names}

    def __str__(self) -> str:
        note = f", {self.note}" if self.note else ""
        if self.is_local:
            return (
                f"→ Deploys go to the LOCAL AWS at {self.endpoint} (profile {self.profile}{note}). Nothing costs money."
            )
        if self.is_aws:
            where = f"account {self.account}, region {self.region}, profile {self.profile}{note}"
            return f"→ Deploys go to AWS: {where}. This costs money."
        return f"→ It is UNCLEAR where deploys go: {self.why} {self.next_step}".rstrip()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        colour = COLOURS[self.kind]
        style = f"border-left: 4px solid {colour}; padding: 0.4em 0.8em; margin: 0.4em 0; font-weight: 600"
        return f'<div style="{style}">{html.escape(str(self))}</div>'


def destination(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Destination:
    """Where ``sam deploy`` in a folder goes with these environment variables; by default, those of this process here.

    A samconfig file in the folder counts, as it does for ``sam``. On AWS the account is asked for with STS
    GetCallerIdentity, which takes some seconds at most; what goes wrong makes the destination unclear, and is no error.
    """
    environ = os.environ if environ is None else environ
    config = read_sam_config(folder or Path.cwd()) or SamConfig(Path())
    answer = _ask(environ, config)
    found = judge(answer, project_of_config(environ))
    chosen = [name for name in ("profile", "region") if getattr(config, name)]
    by_file = f"{' and '.join(chosen)} from {config.path.name}" if chosen else ""
    by_variables = "with exported keys" if answer["method"] == "env" else ""
    is_foreign = found.project is not None and found.project != find_project(folder)
    by_project = f"of another project, {found.project.root}" if found.project and is_foreign else ""
    return replace(found, note=", ".join(filter(None, (by_file, by_variables, by_project))))


def _ask(environ: Mapping[str, str], config: SamConfig) -> dict[str, Any]:
    """What boto3 makes of the variables."""
    empty = {"profile": config.profile, "region": config.region, "method": "", "endpoints": {}, "account": ""}
    # -P: modules in the current folder must not stand in for those that it imports.
    question = json.dumps({"profile": config.profile, "region": config.region})
    try:
        done = subprocess.run(
            [sys.executable, "-P", aws_caller.__file__, question],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return empty | {"error": "Timeout", "problem": f"boto3 has no answer after {PATIENCE} s."}
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        said = str(getattr(error, "stderr", "") or error).strip().splitlines()
        return empty | {"error": type(error).__name__, "problem": said[-1]}
    return answer


def judge(answer: Mapping[str, Any], project: Project | None = None) -> Destination:
    """Where the answer of ``aws_caller`` points. ``project`` is the one whose config file was in use, if it was one."""
    profile, region = answer["profile"] or "default", answer["region"] or None
    endpoints = answer["endpoints"]
    unclear = Destination("unclear", region=region, profile=profile)
    if not endpoints or (answer.get("error") in NOBODY and not answer["method"]):
        why, next_step = _trouble(answer)
        return replace(unclear, why=why, next_step=next_step)
    if len(places := _places(endpoints)) > 1:
        told = "; ".join(f"{', '.join(names)} at {place}" for place, names in places.items())
        return replace(unclear, why=f"The services are at different places: {told}.", next_step=BACK)
    if answer.get("error") and AWS in places:
        problem, next_step = _trouble(answer)
        why = f"They point at AWS, and STS does not say at which account: {problem}"
        return replace(unclear, why=why, next_step=next_step)
    endpoint = str(endpoints["cloudformation"])
    if is_aws(endpoint):
        return Destination("aws", account=answer["account"], region=region, profile=profile)
    return _judge_address(replace(unclear, endpoint=endpoint, project=project))


def _places(endpoints: Mapping[str, str]) -> dict[str, list[str]]:
    """Which services are where; all of AWS is one place."""
    places: dict[str, list[str]] = {}
    for name, url in endpoints.items():
        places.setdefault(AWS if is_aws(url) else url, []).append(name)
    return places


def _judge_address(found: Destination) -> Destination:
    """What answers at an address that is not AWS's own."""
    endpoint = str(found.endpoint)
    if urlsplit(endpoint).hostname not in LOOPBACK:
        return replace(found, why=f"{endpoint} is neither AWS nor on this machine.", next_step=BACK)
    answers = answers_as_lambdastream(endpoint)
    if answers is None:
        why = f"Nothing answers at {endpoint}, where the profile {found.profile} points."
        return replace(found, why=why, next_step=f"Start it: {START}")
    if not answers:
        why = f"What answers at {endpoint} is no local AWS of lambdastream."
        return replace(found, why=why, next_step=BACK)
    return replace(found, kind="local", account=ACCOUNT)


def answers_as_lambdastream(endpoint: str) -> bool | None:
    """Whether a local AWS of ours answers at an address: it keeps its own calls to itself. ``None`` when nobody does."""
    import httpx  # noqa: PLC0415 - see local_aws

    try:
        url = f"{endpoint.rstrip('/')}/_lambdastream/status"
        answer = httpx.get(url, timeout=PROBE, trust_env=False, verify=NO_TLS)
        told = answer.json()
    except httpx.TransportError:
        return None
    except (httpx.HTTPError, ValueError):
        return False
    return answer.status_code == FORBIDDEN and told == {"message": "Wrong token"}


def _trouble(answer: Mapping[str, Any]) -> tuple[str, str]:
    """What botocore complains about, and what to do about it."""
    error, profile = answer["error"], answer["profile"]
    if error in NOBODY and not answer["method"]:
        return "Neither a profile nor keys are selected.", CHOOSE
    if error == "NoRegionError":
        return f"No region is set for the profile {profile}.", NAME_REGION
    mend = f"Log in again: aws sso login --profile {profile}" if error in LOG_IN_AGAIN else DOCTOR
    return _sentence(answer["problem"]), mend


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if text.endswith(".") else f"{text}."
