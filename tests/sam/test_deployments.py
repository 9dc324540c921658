"""Deployments that take long: many at once, answered at a terminal, built by uv."""

import re
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
TEMPLATE = f"""
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Greeting: {{Type: String, Default: hello}}
Resources:
  Greeter:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: {RUNTIME}
      Environment: {{Variables: {{GREETING: !Ref Greeting}}}}
      FunctionUrlConfig: {{AuthType: NONE}}
Outputs:
  Url: {{Value: !GetAtt GreeterUrl.FunctionUrl}}
"""
HANDLER = """
import os

def handler(event, context):
    return os.environ["GREETING"] + " from " + context.function_name.split("-")[0]
"""
BY_UV = f"""
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  ByUv:
    Type: AWS::Serverless::Function
    Metadata: {{BuildMethod: python-uv}}
    Properties:
      CodeUri: src
      Handler: needy.handler
      Runtime: {RUNTIME}
      FunctionUrlConfig: {{AuthType: NONE}}
Outputs:
  Url: {{Value: !GetAtt ByUvUrl.FunctionUrl}}
"""


@pytest.fixture(scope="module")
def workspace(start_workspace):
    """A project whose local AWS has just been started for the first time. Its function is built."""
    made = start_workspace()
    made.write("template.yaml", TEMPLATE)
    made.write("src/app.py", HANDLER)
    made.sam("build")
    return made


def test_five_stacks_at_once_after_a_fresh_start_and_of_one_name_there_is_one(workspace):
    names = ["one", "two", "three", "four", "five"]
    with ThreadPoolExecutor(len(names)) as pool:
        done = dict(zip(names, pool.map(workspace.deploy, names), strict=True))
    assert {name: each.returncode for name, each in done.items()} == dict.fromkeys(names, 0), done
    urls = {name: each.outputs["Url"] for name, each in done.items()}
    assert len(set(urls.values())) == len(names)
    assert {name: httpx.get(url).text for name, url in urls.items()} == {name: f"hello from {name}" for name in names}

    with ThreadPoolExecutor() as pool:
        first, second = sorted(pool.map(workspace.deploy, ["same", "same"]), key=lambda each: each.returncode)
    assert first.returncode == 0, first.text
    assert httpx.get(first.outputs["Url"]).text == "hello from same"
    # It finds the name taken, or in progress, or its change set gone with the other's, or nothing left to do.
    assert second.returncode == 1
    refusals = "Failed to (create|execute) changeset for the stack: same|ChangeSetNotFound|No changes to deploy"
    assert re.search(refusals, second.text), second.text
    assert len([name for name in workspace.functions() if name.startswith("same-")]) == 1


def test_questions_are_answered_at_a_terminal_and_the_answers_kept(workspace):
    answers = {
        "Stack Name": "guided",
        "AWS Region": "",
        "Parameter Greeting": "good day",
        "Confirm changes before deploy": "y",
        "Allow SAM CLI IAM role creation": "",
        "Disable rollback": "",
        "Greeter Function Url has no authentication": "y",
        "Save arguments to configuration file": "",
        "SAM configuration file": "",
        "SAM configuration environment": "",
        "Deploy this changeset": "y",
    }
    code, said = workspace.answer("sam", "deploy", "--guided", answers=answers)
    assert code == 0, said
    assert all(question in said for question in answers)
    assert "Successfully created/updated stack - guided in us-east-1" in said
    kept = tomllib.loads((workspace.folder / "samconfig.toml").read_text(encoding="utf-8"))
    saved = kept["default"]["deploy"]["parameters"]
    assert saved["stack_name"] == "guided"
    assert saved["parameter_overrides"] == 'Greeting="good day"'
    # What was kept is enough for the next time, with a word less to ask.
    again = workspace.run("sam", "deploy", "--no-confirm-changeset", "--no-fail-on-empty-changeset")
    assert again.returncode == 0, again.stderr
    assert "No changes to deploy" in again.stdout + again.stderr
    (workspace.folder / "samconfig.toml").unlink()


def test_a_first_deployment_that_fails_is_deleted_if_asked_for(workspace):
    broken = TEMPLATE.replace("Greeter.FunctionUrl", "Greeter.NoSuchAttribute").replace("GreeterUrl", "Greeter")
    workspace.write(".aws-sam/build/broken.yaml", broken.replace("CodeUri: src", "CodeUri: Greeter"))
    options = ("--template-file", ".aws-sam/build/broken.yaml", "--on-failure", "DELETE")
    failed = workspace.deploy("broken", *options)
    assert failed.returncode == 1
    assert "Traceback" not in failed.text + workspace.said()
    assert not any(name.startswith("broken-") for name in workspace.functions())
    assert "does not exist" in workspace.run("sam", "list", "stack-outputs", "--stack-name", "broken").stderr


def test_uv_builds_without_docker(workspace):
    workspace.write("uv.yaml", BY_UV)
    workspace.write("src/requirements.txt", "mangum\n")
    workspace.write("src/needy.py", "import mangum\n\ndef handler(event, context):\n    return mangum.__name__\n")
    workspace.sam("build", "--beta-features", "--template-file", "uv.yaml", "--build-dir", "built-by-uv")
    assert (workspace.folder / "built-by-uv" / "ByUv" / "mangum").is_dir()
    done = workspace.deployed("uv", "--template-file", "built-by-uv/template.yaml")
    assert httpx.get(done.outputs["Url"]).text == "mangum"
