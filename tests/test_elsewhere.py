"""The kit on other machines: conda, Binder, the dev container, the lab's image, GitHub's runners, AWS.

None of these is here. What can be seen without them is: that each says the same as the others and as the project, and that
what they start exists.
"""

import json
import os
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
REQUIREMENTS = ROOT / "requirements" / "lab.txt"
ENVIRONMENT = ROOT / "environment.yml"
BINDER = ROOT / "binder"
DEV_CONTAINER = ROOT / ".devcontainer" / "devcontainer.json"
DOCKERFILE = ROOT / "lab" / "Dockerfile"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ROLE = ROOT / ".github" / "role.yaml"
TARGET = re.compile(r"\bmake ([a-z-]+|\S+/ready)\b")


def load(path: Path) -> Any:
    # YAML 1.1 reads the key "on" of a workflow as a truth value.
    return yaml.safe_load(path.read_text(encoding="utf-8").replace("\non:", '\n"on":'))


def environment(path: Path) -> tuple[str, list[str]]:
    """The version of Python and the lines for pip that a conda environment names."""
    python, pip, lines = load(path)["dependencies"]
    assert pip == "pip"
    return python.removeprefix("python="), lines["pip"]


def steps(workflow: Path) -> list[dict[str, Any]]:
    return [step for job in load(workflow)["jobs"].values() for step in job["steps"]]


def matrix() -> list[tuple[str, str]]:
    """Each Python and machine on which the kit is run."""
    said = load(ROOT / ".github" / "workflows" / "kit.yml")["jobs"]["kit"]["strategy"]["matrix"]
    product = [(python, machine) for python in said["python"] for machine in said["machine"]]
    return product + [(each["python"], each["machine"]) for each in said["include"]]


@pytest.mark.parametrize("path", [ENVIRONMENT, BINDER / "environment.yml"], ids=["conda", "Binder"])
def test_conda_s_pip_installs_the_hashed_requirements_and_nothing_else(path: Path) -> None:
    checked, named = environment(path)[1]
    assert checked == "--require-hashes"
    # Conda writes pip's lines to a file beside its own.
    assert (path.parent / named.removeprefix("-r ")).resolve() == REQUIREMENTS


def test_all_name_the_same_python() -> None:
    version = environment(ENVIRONMENT)[0]
    assert environment(BINDER / "environment.yml")[0] == version
    assert json.loads(DEV_CONTAINER.read_text(encoding="utf-8"))["image"].endswith(f"/python:{version}")
    assert f"/python:{version}\n" in DOCKERFILE.read_text(encoding="utf-8")
    assert version in {python for python, _ in matrix()}, "and it is the one that is tested"


@pytest.mark.slow
@pytest.mark.parametrize(("python", "machine"), matrix())
def test_there_is_a_hashed_wheel_of_each_requirement(python: str, machine: str, tmp_path: Path) -> None:
    processor = "aarch64" if machine.endswith("-arm") else "x86_64"
    options = ["--dry-run", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--target", str(tmp_path)]
    where = ["--python-version", python, "--python-platform", f"{processor}-manylinux_2_28"]
    command = [Path(sys.executable).with_name("uv"), "pip", "install", *options, *where, "-r", REQUIREMENTS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Would install" in done.stderr


@pytest.mark.parametrize("script", ["binder/postBuild", "requirements/project.sh", "requirements/bootstrap.sh"])
def test_a_script_can_be_started(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    assert (ROOT / script).read_bytes().startswith(b"#!/usr/bin/env bash\n")
    subprocess.run(["bash", "-n", ROOT / script], check=True)


@pytest.mark.parametrize("path", [BINDER / "postBuild", ENVIRONMENT], ids=["Binder", "conda"])
def test_the_project_itself_is_put_in_last(path: Path) -> None:
    assert 'requirements/project.sh "$' in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [DEV_CONTAINER, *WORKFLOWS, ROOT / ".ci" / "run"], ids=lambda path: path.name)
def test_what_is_made_there_can_be_made(path: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    asked = set(TARGET.findall(path.read_text(encoding="utf-8")))
    assert asked
    assert asked <= {*targets, ".venv/ready"}


def test_the_dev_container_is_ready_when_it_opens() -> None:
    said = json.loads(DEV_CONTAINER.read_text(encoding="utf-8"))
    assert said["postCreateCommand"] == "make lab ARGS=--check"
    assert said["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"].endswith("/.venv/bin/python")


def test_the_lab_s_image_gets_what_it_copies() -> None:
    lines = DOCKERFILE.read_text(encoding="utf-8").splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY") and "--from" not in line]
    names = {name for words in copied for name in words if not name.startswith("--")}
    excluded = (DOCKERFILE.parent / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert {"requirements", "src", "."} <= names
    for name in names:
        assert (ROOT / name).exists(), name
        assert not [pattern for pattern in excluded if fnmatch(name, pattern)], name


def test_the_lab_s_image_leaves_out_what_is_made_here() -> None:
    made = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    excluded = (DOCKERFILE.parent / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    large = {line.strip("/") for line in made} & {".venv", ".lambdastream", ".aws-sam", "build", "dist", "workspace"}
    assert len(large) == 6
    assert large <= set(excluded)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
class TestWorkflow:
    """What holds for each workflow."""

    def test_it_may_read_and_no_more(self, workflow: Path) -> None:
        said = load(workflow)
        assert said["permissions"] == {"contents": "read"}
        more = [job["permissions"] for job in said["jobs"].values() if "permissions" in job]
        assert more in ([], [{"contents": "read", "id-token": "write"}])

    def test_it_ends(self, workflow: Path) -> None:
        said = load(workflow)
        assert all(0 < job["timeout-minutes"] <= 60 for job in said["jobs"].values())
        assert said["concurrency"]["group"]

    def test_what_it_takes_from_others_cannot_change(self, workflow: Path) -> None:
        text = workflow.read_text(encoding="utf-8")
        uses = re.findall(r"uses: (.*)", text)
        assert uses
        for use in uses:
            assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use), use

    def test_it_knows_no_secret(self, workflow: Path) -> None:
        text = workflow.read_text(encoding="utf-8")
        assert "secrets." not in text
        assert set(re.findall(r"\b\d{12}\b", text)) <= {"123456789012"}
        assert all(step["with"]["persist-credentials"] is False for step in steps(workflow) if "checkout" in str(step))

    def test_no_word_of_others_becomes_a_command(self, workflow: Path) -> None:
        assert not [step["run"] for step in steps(workflow) if "${{" in step.get("run", "")]


def test_the_kit_is_run_for_every_change_and_every_week() -> None:
    said = load(ROOT / ".github" / "workflows" / "kit.yml")["on"]
    assert {"push", "pull_request", "schedule"} <= set(said)
    runs = [step["run"] for step in steps(ROOT / ".github" / "workflows" / "kit.yml") if "run" in step]
    assert runs == ["make lab ARGS=--check", "make test"]


def test_the_kit_is_run_with_the_oldest_python_and_on_both_processors() -> None:
    oldest = re.search(r'requires-python = ">=(.*)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))[1]
    assert oldest in {python for python, _ in matrix()}
    assert {machine.endswith("-arm") for _, machine in matrix()} == {True, False}


class TestOnAws:
    """The example that costs money."""

    WORKFLOW = ROOT / ".github" / "workflows" / "on-aws.yml"

    def test_it_is_off_until_it_is_asked_for(self) -> None:
        said = load(self.WORKFLOW)
        assert list(said["on"]) == ["workflow_dispatch"]
        assert [job["if"] for job in said["jobs"].values()] == ["vars.AWS_ROLE_ARN != ''"]

    def test_it_deletes_in_any_case(self) -> None:
        deletes = [step for step in steps(self.WORKFLOW) if "delete-stack" in step.get("run", "")]
        assert [step["if"] for step in deletes] == ["always()"]

    def test_it_runs_a_notebook_that_is_there_with_the_project_s_switches(self) -> None:
        from lambdastream.workshop.target import AWS_PROFILE
        from lambdastream.workshop.workspace import STACK_SUFFIX

        assert set(load(self.WORKFLOW)["env"]) == {AWS_PROFILE, STACK_SUFFIX}
        text = self.WORKFLOW.read_text(encoding="utf-8")
        assert all((ROOT / path).is_file() for path in re.findall(r"notebooks/[\w-]+\.ipynb", text))

    def test_its_role_is_for_one_branch_and_for_its_own_stacks(self) -> None:
        text = ROLE.read_text(encoding="utf-8")
        assert '"repo:${Repository}:ref:refs/heads/${Branch}"' in text
        suffix = load(self.WORKFLOW)["env"]["LAMBDASTREAM_STACK_SUFFIX"].partition("$")[0]
        own = {re.sub(r"^[a-z-]+[:/](/aws/lambda/)?", "", name) for name in re.findall(r"AccountId\}:(\S+)\"", text)}
        assert own == {f"lesson-06-{suffix}*", f"lesson-06-{suffix}*/*", "aws-sam-cli-managed-default/*"}

    def test_its_role_may_do_to_everything_what_only_lists(self) -> None:
        policy = re.findall(r"Action: (\S+)\n +Resource: \"\*\"", ROLE.read_text(encoding="utf-8"))
        assert policy == ["cloudformation:GetTemplateSummary", "logs:DescribeLogGroups"]

    @pytest.mark.slow
    def test_its_role_is_a_sound_template(self) -> None:
        done = subprocess.run(
            [Path(sys.executable).with_name("cfn-lint"), ROLE], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (0, "")
