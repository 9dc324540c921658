"""The same cells run on AWS: only the profile differs.

Two local AWS, each with a profile of its own; one of them stands in for AWS, under another profile's name, in another
region and folder, and knows nothing of the first. The cells are run in folders that belong to neither project.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lambdastream.control import connect, supervisor
from lambdastream.control.profile import NAME, REGION, Profile
from lambdastream.control.project import Project

pytestmark = pytest.mark.slow

BIN = Path(sys.executable).parent
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
PATIENCE = 60

TEMPLATE = f"""
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Greeter:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: {RUNTIME}
      FunctionUrlConfig: {{AuthType: NONE}}
Outputs:
  Url: {{Value: !GetAtt GreeterUrl.FunctionUrl}}
  Arn: {{Value: !GetAtt Greeter.Arn}}
"""
HANDLER = """
import os

def handler(event, context):
    return f'{context.function_name} in {os.environ["AWS_REGION"]} calls {os.environ["AWS_ENDPOINT_URL"]}'
"""
CELLS = """
import json, os, subprocess, sys
import boto3, httpx
from lambdastream.control import destination

stack = sys.argv[1]
subprocess.run(["sam", "deploy", "--stack-name", stack, "--resolve-s3", "--capabilities", "CAPABILITY_IAM"], check=True,
               stdout=sys.stderr)
found = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
outputs = {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}
invoked = boto3.client("lambda").invoke(FunctionName=outputs["Arn"])["Payload"].read().decode()
where = destination()
print(json.dumps({**outputs, "answer": httpx.get(outputs["Url"]).raise_for_status().text, "invoked": invoked,
                  "where": where.to_json(), "said": str(where)}))
"""


@dataclass(frozen=True)
class Side:
    """One of the two: the variables with which its tools run, its project, and what the cells printed there."""

    project: Project
    environment: dict[str, str]
    told: dict[str, Any]

    def client(self, service: str) -> Any:
        """A boto3 client of this side's own account."""
        keys = Profile(self.project).keys()
        return boto3.Session(keys.access_key_id, keys.secret_access_key).client(
            service, endpoint_url=self.project.running().endpoint, region_name=self.told["where"]["region"]
        )

    def holds(self) -> str:
        """Everything that this side keeps of deployments: stacks, functions, buckets, logs, objects."""
        found = [
            self.client("cloudformation").describe_stacks()["Stacks"],
            connect(self.project).status()["functions"],
            self.client("s3").list_buckets()["Buckets"],
            [path.name for path in self.project.logs.iterdir()],
        ]
        return json.dumps(found, default=str)


def run_cells(stack: str, folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Run the cells in a new folder with these variables; returns what they print."""
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "app.py").write_text(HANDLER, encoding="utf-8")
    (folder / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", CELLS, stack],
        cwd=folder,
        env=environment | {"PATH": os.pathsep.join((str(BIN), os.environ["PATH"]))},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.fixture(scope="module")
def first_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose local AWS runs."""
    project = Project(tmp_path_factory.mktemp("first-aws"))
    (project.root / "samconfig.toml").touch()
    try:
        command = [BIN / "lambdastream", "up", "--detach", "--port", "0"]
        subprocess.run(command, cwd=project.root, check=True, capture_output=True, timeout=PATIENCE)
        yield project
    finally:
        supervisor.stop(project)


@pytest.fixture(scope="module")
def sides(first_project, second_aws, tmp_path_factory) -> tuple[Side, Side]:
    """Both sides, after the same cells have run on each: locally as stack `here`, on the other as stack `there`."""
    places = {
        "here": (first_project, Profile(first_project).environment(second_aws.environment())),
        "there": (second_aws.project, second_aws.environment()),
    }
    folder = tmp_path_factory.mktemp("cells")
    with ThreadPoolExecutor() as pool:
        running = {name: pool.submit(run_cells, name, folder / name, places[name][1]) for name in places}
        here, there = (Side(*places[name], running[name].result()) for name in places)
    return here, there


def test_each_landed_where_its_profile_points(sides: tuple[Side, Side], first_project: Project, second_aws) -> None:
    here, there = (side.told["where"] for side in sides)
    assert (here["profile"], here["region"], here["endpoint"]) == (NAME, REGION, first_project.running().endpoint)
    assert (there["profile"], there["region"], there["endpoint"]) == (
        second_aws.profile,
        second_aws.region,
        second_aws.endpoint,
    )
    assert here["endpoint"] != there["endpoint"]
    assert f":{second_aws.region}:" in sides[1].told["Arn"]


def test_the_functions_answer_from_their_own_side(sides: tuple[Side, Side]) -> None:
    for side in sides:
        name, where = side.told["Arn"].rpartition(":")[2], side.told["where"]
        says = f"{name} in {where['region']} calls {where['endpoint']}"
        assert (side.told["answer"], json.loads(side.told["invoked"])) == (says, says)


def test_nothing_of_the_one_is_on_the_other(sides: tuple[Side, Side]) -> None:
    here, there = (side.holds() for side in sides)
    assert "here-Greeter" in here
    assert "there-Greeter" in there
    assert "there" not in here
    assert "here-" not in there.replace("there-", "")


def test_the_keys_of_the_one_are_refused_by_the_other(sides: tuple[Side, Side]) -> None:
    for side, other in (sides, sides[::-1]):
        keys = Profile(side.project).keys()
        foreign = boto3.Session(keys.access_key_id, keys.secret_access_key, region_name=REGION)
        with pytest.raises(ClientError, match="InvalidClientTokenId"):
            foreign.client("sts", endpoint_url=other.project.running().endpoint).get_caller_identity()


def test_the_other_profile_s_name_is_not_what_makes_it_local(sides: tuple[Side, Side]) -> None:
    assert [side.told["where"]["kind"] for side in sides] == ["local", "local"]
    assert "LOCAL AWS at" in sides[1].told["said"]
    assert "(profile workshop-aws)" in sides[1].told["said"]
