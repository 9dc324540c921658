"""The AWS profile `local`: where its files are, and what a real shell makes of `lambdastream env`."""

import configparser
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from lambdastream.control.profile import (
    NAME,
    REGION,
    WINS_OVER_A_PROFILE,
    Profile,
    environment_for_aws,
    project_of_config,
    shell_lines,
    shell_lines_for_aws,
)
from lambdastream.control.project import Project
from lambdastream.errors import UsageError

ENDPOINT = "http://127.0.0.1:4567"
PATIENCE = 60
SOMEBODY_ELSE = dict.fromkeys(WINS_OVER_A_PROFILE, "somebody-else") | {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_PROFILE": "work",
    "AWS_REGION": "eu-west-3",
}
WHO_AM_I = """
import json, boto3
session = boto3.Session()
keys = session.get_credentials()
clients = [session.client(name) for name in ("sts", "s3", "lambda", "cloudformation", "iam", "logs")]
print(json.dumps({
    "profile": session.profile_name, "region": session.region_name, "key": keys.access_key, "token": keys.token,
    "endpoints": sorted({client.meta.endpoint_url for client in clients}),
}))
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in a folder whose name a shell would take apart. (botocore itself replaces a $NAME in it.)"""
    root = tmp_path / "a project's folder; really"
    root.mkdir()
    return Project(root)


@pytest.fixture
def profile(project: Project) -> Profile:
    made = Profile(project)
    made.keys()
    made.point_at(ENDPOINT)
    return made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user's home with AWS profiles of their own."""
    aws = tmp_path / "home" / ".aws"
    aws.mkdir(parents=True)
    (aws / "config").write_text("[profile dev]\nregion = eu-north-1\n", encoding="utf-8")
    keys = "aws_access_key_id = AKIDDEV\naws_secret_access_key = secret\n"
    (aws / "credentials").write_text(f"[dev]\n{keys}[local]\n{keys}", encoding="utf-8")
    return aws.parent


def ask_in_bash(home: Path, *scripts: list[str]) -> dict[str, object]:
    """Who boto3 is in a real bash with planted variables that has evaluated the scripts, one after the other."""
    lines = [f"eval {shlex.quote(chr(10).join(script))}" for script in scripts]
    lines.append(f"{shlex.quote(sys.executable)} -c {shlex.quote(WHO_AM_I)}")
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eu", "-c", "\n".join(lines)],
        env={"PATH": os.environ["PATH"], "HOME": str(home)} | SOMEBODY_ELSE,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_the_files_are_for_this_user_alone(profile: Profile) -> None:
    assert [path.stat().st_mode & 0o777 for path in (profile.config, profile.credentials)] == [0o600, 0o600]
    assert sorted(path.name for path in profile.config.parent.iterdir()) == ["config", "credentials"]


def test_the_keys_are_made_at_random_once(tmp_path: Path) -> None:
    first, again, other = (Profile(Project(tmp_path / name)).keys() for name in ("one", "one", "two"))
    assert again == first
    assert other.access_key_id != first.access_key_id
    assert other.secret_access_key != first.secret_access_key


def test_the_config_names_the_endpoint_of_the_last_start(profile: Profile) -> None:
    before = profile.credentials.read_bytes()
    profile.point_at("http://127.0.0.1:9999")
    parser = configparser.ConfigParser()
    parser.read(profile.config)
    assert parser.sections() == [f"profile {NAME}"]
    assert parser[f"profile {NAME}"]["endpoint_url"] == "http://127.0.0.1:9999"
    assert profile.credentials.read_bytes() == before


def test_the_user_s_own_files_are_neither_read_nor_written(
    project: Project, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(home))
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (home / ".aws").iterdir()}
    profile = Profile(project)
    assert profile.keys().access_key_id != "AKIDDEV"
    profile.point_at(ENDPOINT)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (home / ".aws").iterdir()} == before


def test_in_a_shell_it_wins_over_everything_that_was_exported(profile: Profile, home: Path) -> None:
    assert ask_in_bash(home, shell_lines(profile)) == {
        "profile": NAME,
        "region": REGION,
        "key": profile.keys().access_key_id,
        "token": None,
        "endpoints": [ENDPOINT],
    }


def test_a_shell_goes_back_to_a_profile_of_the_user_s_own(profile: Profile, home: Path) -> None:
    found = ask_in_bash(home, shell_lines(profile), shell_lines_for_aws("dev"))
    assert (found["profile"], found["region"], found["key"]) == ("dev", "eu-north-1", "AKIDDEV")
    assert all(".amazonaws.com" in endpoint for endpoint in found["endpoints"]), found["endpoints"]


def test_every_endpoint_that_is_there_is_unset(profile: Profile) -> None:
    there = {"AWS_ENDPOINT_URL_APIGATEWAYV2": "http://127.0.0.1:1", "AWS_ENDPOINT_URLS": "not one", "PATH": "/bin"}
    for lines in (shell_lines(profile, there), shell_lines_for_aws("dev", there)):
        unset = lines[0].split()
        assert "AWS_ENDPOINT_URL_APIGATEWAYV2" in unset
        assert set(WINS_OVER_A_PROFILE) < set(unset)
        assert unset.count("AWS_ENDPOINT_URL_S3") == 1
        assert "AWS_ENDPOINT_URLS" not in unset
    assert "AWS_ENDPOINT_URL_APIGATEWAYV2" not in profile.environment(there)


def test_a_program_for_aws_gets_what_a_shell_would_have(profile: Profile) -> None:
    inherited = profile.environment({"PATH": "/bin", "AWS_CA_BUNDLE": "/ca"}) | {"AWS_ENDPOINT_URL_SQS": "x"}
    assert environment_for_aws("dev", inherited) == {
        "PATH": "/bin",
        "AWS_CA_BUNDLE": "/ca",
        "AWS_PROFILE": "dev",
        "SAM_CLI_TELEMETRY": "0",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "true",
    }


@pytest.mark.parametrize(
    ("file", "root"),
    [
        ("/a/b/.lambdastream/aws/config", "/a/b"),
        ("/a/b/.lambdastream/aws/credentials", None),
        ("/a/b/aws/config", None),
        (".lambdastream/aws/config", None),
        ("", None),
    ],
)
def test_a_config_file_tells_whose_it_is(file: str, root: str | None) -> None:
    assert project_of_config({"AWS_CONFIG_FILE": file}) == (Project(Path(root)) if root else None)


def test_the_name_of_a_profile_is_not_a_command(home: Path) -> None:
    strange = "$(touch planted); echo 'x'"
    done = subprocess.run(
        ["bash", "-c", "\n".join((*shell_lines_for_aws(strange), 'printf %s "$AWS_PROFILE"'))],
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    assert done.stdout == strange
    assert not (home / "planted").exists()


def test_the_local_profile_is_not_one_of_aws() -> None:
    for refuse in (shell_lines_for_aws, environment_for_aws):
        with pytest.raises(UsageError) as raised:
            refuse(NAME, {})
        assert "env --aws NAME" in raised.value.next_step


def test_env_without_a_local_aws_says_how_to_start_one(sandbox) -> None:
    done = sandbox.run("env")
    assert (done.returncode, done.stdout) == (1, "")
    assert "lambdastream up" in done.stderr


def test_env_for_aws_needs_no_local_aws(sandbox) -> None:
    done = sandbox.run("env", "--aws", "nobody-s-profile")
    assert done.returncode == 0
    assert "export AWS_PROFILE=nobody-s-profile\n" in done.stdout
    assert done.stderr.startswith("# → It is UNCLEAR where deploys go: ")
    assert "nobody-s-profile" in done.stderr


def test_env_prints_the_profile_of_the_local_aws_that_runs(running, home: Path) -> None:
    done = running.run("env")
    found = ask_in_bash(home, done.stdout.splitlines())
    endpoint = running.project.running().endpoint
    assert done.stderr == f"# → Deploys go to the LOCAL AWS at {endpoint} (profile local). Nothing costs money.\n"
    assert found["endpoints"] == [running.project.running().endpoint]
    assert found["key"] == Profile(running.project).keys().access_key_id
