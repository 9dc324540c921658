"""The AWS profile `local`: where its files are, and what a real shell makes of `lambdastream env`."""

import configparser
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from lambdastream.control.profile import NAME, REGION, WINS_OVER_A_PROFILE, Profile, shell_lines, shell_lines_for_aws
from lambdastream.control.project import Project
from lambdastream.errors import UsageError

ENDPOINT = "http://127.0.0.1:4567"
PATIENCE = 20
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
    with pytest.raises(UsageError) as raised:
        shell_lines_for_aws(NAME)
    assert "env --aws NAME" in raised.value.next_step


def test_env_without_a_local_aws_says_how_to_start_one(sandbox) -> None:
    done = sandbox.run("env")
    assert (done.returncode, done.stdout) == (1, "")
    assert "lambdastream up" in done.stderr


def test_env_for_aws_needs_no_local_aws(sandbox) -> None:
    done = sandbox.run("env", "--aws", "dev")
    assert (done.returncode, done.stderr) == (0, "")
    assert "export AWS_PROFILE=dev\n" in done.stdout


def test_env_prints_the_profile_of_the_local_aws_that_runs(running, home: Path) -> None:
    found = ask_in_bash(home, running.run("env").stdout.splitlines())
    assert found["endpoints"] == [running.project.running().endpoint]
    assert found["key"] == Profile(running.project).keys().access_key_id


def test_the_keys_stay_when_the_local_aws_starts_again(sandbox) -> None:
    keys = []
    for _ in range(2):
        with sandbox.up():
            keys.append(Profile(sandbox.project).keys())
    assert keys[0] == keys[1]
