"""The doctor on AWS settings: each mix-up of variables and files is found, said, and mended by its fix."""

import shlex
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from lambdastream.control.profile import Profile
from lambdastream.control.project import Project
from lambdastream.workshop.doctor.aws_settings import aws_settings
from lambdastream.workshop.doctor.finding import Finding

ENV = 'eval "$(lambdastream env)"'
ENV_WORK = 'eval "$(lambdastream env --aws work)"'
KEYS = "aws_access_key_id = AKIDMINE\naws_secret_access_key = secret\n"


@dataclass(frozen=True)
class Place:
    """Two projects with their profiles, and a user's home with AWS files of its own."""

    folder: Path

    @property
    def project(self) -> Project:
        return Project(self.folder / "project")

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def local(self, name: str = "project", **variables: str) -> dict[str, str]:
        """The variables of a shell in the local mode of a project, with some of its own. An empty one is not set."""
        return self.shell(**Profile(Project(self.folder / name)).variables() | variables)

    def shell(self, **variables: str) -> dict[str, str]:
        """The variables of a shell that is not in local mode."""
        return {"HOME": str(self.home), **{name: value for name, value in variables.items() if value}}

    def look(self, environ: Mapping[str, str]) -> list[Finding]:
        return aws_settings(environ, self.project)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    for name in ("project", "other"):
        (tmp_path / name).mkdir()
        profile = Profile(Project(tmp_path / name))
        profile.keys()
        profile.point_at("http://127.0.0.1:4566")
    aws = tmp_path / "home" / ".aws"
    aws.mkdir(parents=True)
    (aws / "config").write_text(
        "[default]\nregion = eu-west-1\n[profile work]\nregion = eu-central-1\n"
        "[profile company]\nsso_session = company\n[sso-session company]\nsso_region = eu-west-1\n",
        encoding="utf-8",
    )
    (aws / "credentials").write_text(f"[work]\n{KEYS}[keys-alone]\n{KEYS}", encoding="utf-8")
    (tmp_path / "team-config").write_text("[profile team]\nregion = eu-west-1\n", encoding="utf-8")
    return Place(tmp_path)


SOUND = {
    "local mode": lambda place: place.local(),
    "nothing set": lambda place: place.shell(),
    "a profile of the user's": lambda place: place.shell(AWS_PROFILE="work"),
    "an SSO profile of the user's": lambda place: place.shell(AWS_PROFILE="company"),
    "a profile with keys alone": lambda place: place.shell(AWS_PROFILE="keys-alone"),
    "exported keys without a profile": lambda place: place.shell(
        AWS_ACCESS_KEY_ID="AKID", AWS_SECRET_ACCESS_KEY="secret", AWS_DEFAULT_REGION="eu-west-1"
    ),
    "a config file of the user's": lambda place: place.shell(
        AWS_CONFIG_FILE=str(place.folder / "team-config"), AWS_PROFILE="team"
    ),
    "endpoints are not ignored": lambda place: place.local(AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="false"),
    "the profile's own region": lambda place: place.local(AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-1"),
    "one profile, named twice": lambda place: place.local(AWS_DEFAULT_PROFILE="local"),
    "a proxy that leaves this machine out": lambda place: place.local(
        HTTP_PROXY="http://proxy:3128", NO_PROXY="company.example,127.0.0.1"
    ),
    "a proxy, on AWS": lambda place: place.shell(HTTP_PROXY="http://proxy:3128", AWS_PROFILE="work"),
}


@pytest.mark.parametrize("shell", SOUND.values(), ids=SOUND.keys())
def test_a_sound_shell_has_no_mix_up(place: Place, shell: Callable[[Place], dict[str, str]]) -> None:
    assert [(finding.level, finding.check) for finding in place.look(shell(place))] == [("fine", "profile")]


@dataclass(frozen=True)
class MixUp:
    """A shell, and what must be found in it."""

    name: str
    shell: Callable[[Place], dict[str, str]]
    check: str
    says: str
    fix: str
    level: str = "wrong"


MIX_UPS = (
    MixUp(
        "keys beside the local profile",
        lambda place: place.local(AWS_ACCESS_KEY_ID="AKID", AWS_SECRET_ACCESS_KEY="s", AWS_SESSION_TOKEN="t"),
        "exported keys",
        "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN win over the profile local",
        "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN",
    ),
    MixUp(
        "keys beside a profile of AWS",
        lambda place: place.shell(AWS_ACCESS_KEY_ID="AKID", AWS_SECRET_ACCESS_KEY="s", AWS_PROFILE="work"),
        "exported keys",
        "win over the profile work",
        "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY",
    ),
    MixUp(
        "a web identity",
        lambda place: place.local(
            AWS_WEB_IDENTITY_TOKEN_FILE="/token", AWS_ROLE_ARN="arn:aws:iam::123456789012:role/x"
        ),
        "web identity",
        "win over the profile local",
        "unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN",
    ),
    MixUp(
        "an endpoint",
        lambda place: place.local(AWS_ENDPOINT_URL="https://sts.eu-west-1.amazonaws.com"),
        "exported endpoints",
        "AWS_ENDPOINT_URL wins over the profile's endpoint: calls go to https://sts.eu-west-1.amazonaws.com",
        "unset AWS_ENDPOINT_URL",
    ),
    MixUp(
        "endpoints of services",
        lambda place: place.local(AWS_ENDPOINT_URL_S3="http://127.0.0.1:9", AWS_ENDPOINT_URL_ECR="http://127.0.0.1:9"),
        "exported endpoints",
        "AWS_ENDPOINT_URL_ECR and AWS_ENDPOINT_URL_S3 win",
        "unset AWS_ENDPOINT_URL_ECR AWS_ENDPOINT_URL_S3",
    ),
    MixUp(
        "an endpoint on this machine, for AWS",
        lambda place: place.shell(AWS_ENDPOINT_URL="http://localhost:4566", AWS_PROFILE="work"),
        "exported endpoints",
        "calls go to http://localhost:4566",
        "unset AWS_ENDPOINT_URL",
    ),
    MixUp(
        "an endpoint of AWS's own, for AWS",
        lambda place: place.shell(AWS_ENDPOINT_URL_S3="https://vpce.s3.eu-west-1.amazonaws.com", AWS_PROFILE="work"),
        "exported endpoints",
        "AWS_ENDPOINT_URL_S3 wins",
        "unset AWS_ENDPOINT_URL_S3",
        "warning",
    ),
    MixUp(
        "configured endpoints are ignored",
        lambda place: place.local(AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="TRUE"),
        "ignored endpoints",
        "call AWS",
        "unset AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    ),
    MixUp(
        "the name local alone",
        lambda place: place.shell(AWS_PROFILE="local"),
        "profile",
        "no profile of that name is found",
        ENV,
    ),
    MixUp(
        "the name local and a config file of the user's",
        lambda place: place.shell(AWS_PROFILE="local", AWS_CONFIG_FILE=str(place.folder / "team-config")),
        "profile",
        "AWS_CONFIG_FILE is not this project's",
        ENV,
    ),
    MixUp(
        "the user's own credentials file",
        lambda place: place.local(AWS_SHARED_CREDENTIALS_FILE=""),
        "profile",
        "keys of a profile local in your own credentials file win",
        ENV,
    ),
    MixUp(
        "another project's credentials file",
        lambda place: place.local(
            AWS_SHARED_CREDENTIALS_FILE=str(Profile(Project(place.folder / "other")).credentials)
        ),
        "profile",
        "AWS_SHARED_CREDENTIALS_FILE is not this project's",
        ENV,
    ),
    MixUp(
        "no profile named",
        lambda place: place.local(AWS_PROFILE=""),
        "profile",
        "no AWS_PROFILE is set",
        ENV,
    ),
    MixUp(
        "a profile that the local config file hides",
        lambda place: place.local(AWS_PROFILE="company"),
        "profile",
        "The profile company is not found: AWS_CONFIG_FILE is this project's, which hides your own profiles",
        f"{ENV_WORK.replace('work', 'company')}\nor, for the local AWS: {ENV}",
    ),
    MixUp(
        "a profile that another config file hides",
        lambda place: place.shell(AWS_PROFILE="company", AWS_CONFIG_FILE=str(place.folder / "team-config")),
        "profile",
        "The profile company is not found: AWS_CONFIG_FILE, ",
        ENV_WORK.replace("work", "company"),
    ),
    MixUp(
        "a profile that is nowhere",
        lambda place: place.shell(AWS_PROFILE="nobody"),
        "profile",
        "The profile nobody is not found in ",
        f"aws configure sso --profile nobody\nor, for the local AWS: {ENV}",
    ),
    MixUp(
        "the config file of another project",
        lambda place: place.local("other"),
        "profile",
        "the local AWS of another project, ",
        ENV,
    ),
    MixUp(
        "a local config file that is gone",
        lambda place: place.local("gone"),
        "profile",
        "gone/.lambdastream/aws/config, which is gone",
        ENV,
    ),
    MixUp(
        "a config file of the user's that is gone",
        lambda place: place.shell(AWS_CONFIG_FILE=str(place.folder / "no-config"), AWS_PROFILE="work"),
        "profile",
        "no-config, which is gone",
        "unset AWS_CONFIG_FILE",
    ),
    MixUp(
        "half of local mode is left",
        lambda place: place.shell(
            AWS_SHARED_CREDENTIALS_FILE=str(Profile(place.project).credentials), AWS_PROFILE="work"
        ),
        "profile",
        "half of local mode",
        f"{ENV}\nor, for AWS: {ENV_WORK}",
    ),
    MixUp(
        "two names of profiles",
        lambda place: place.local(AWS_DEFAULT_PROFILE="work"),
        "two profiles",
        "AWS_DEFAULT_PROFILE is work and AWS_PROFILE is local",
        "unset AWS_DEFAULT_PROFILE",
    ),
    MixUp(
        "another region, locally",
        lambda place: place.local(AWS_REGION="eu-west-3"),
        "exported region",
        "AWS_REGION (eu-west-3) wins over the profile's region, us-east-1",
        "unset AWS_REGION",
    ),
    MixUp(
        "another default region, locally",
        lambda place: place.local(AWS_DEFAULT_REGION="eu-west-3"),
        "exported region",
        "AWS_DEFAULT_REGION (eu-west-3) wins",
        "unset AWS_DEFAULT_REGION",
    ),
    MixUp(
        "two regions that differ",
        lambda place: place.shell(AWS_REGION="eu-west-3", AWS_DEFAULT_REGION="us-east-1", AWS_PROFILE="work"),
        "exported region",
        "AWS_REGION (eu-west-3) and AWS_DEFAULT_REGION (us-east-1) differ",
        "unset AWS_REGION AWS_DEFAULT_REGION",
    ),
    MixUp(
        "a region beside a profile of AWS",
        lambda place: place.shell(AWS_REGION="eu-west-3", AWS_PROFILE="work"),
        "exported region",
        "wins over the region of the profile work",
        "unset AWS_REGION",
        "warning",
    ),
    MixUp(
        "a proxy that gets the local calls",
        lambda place: place.local(http_proxy="http://proxy:3128", NO_PROXY="company.example"),
        "proxy",
        "AWS tools send local calls to the proxy",
        "export NO_PROXY=company.example,127.0.0.1,localhost no_proxy=company.example,127.0.0.1,localhost",
    ),
)


@pytest.mark.parametrize("mix_up", MIX_UPS, ids=lambda mix_up: mix_up.name)
def test_a_mix_up_is_found_with_its_fix(place: Place, mix_up: MixUp) -> None:
    found = [each for each in place.look(mix_up.shell(place)) if each.level != "fine" and each.check == mix_up.check]
    assert [(each.level, each.fix) for each in found] == [(mix_up.level, mix_up.fix)], found
    assert mix_up.says in found[0].what


@pytest.mark.parametrize(
    "mix_up", [each for each in MIX_UPS if each.fix.startswith(("unset", "export"))], ids=lambda mix_up: mix_up.name
)
def test_a_fix_mends_its_mix_up_in_a_real_shell(place: Place, mix_up: MixUp) -> None:
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-ec", f"{mix_up.fix}; env -0"],
        env=mix_up.shell(place),
        capture_output=True,
        text=True,
        check=True,
    )
    mended = dict(line.split("=", 1) for line in done.stdout.split("\0") if line)
    assert [each for each in place.look(mended) if each.check == mix_up.check and each.level != "fine"] == []


@pytest.mark.parametrize("variables", [{}, {"AWS_PROFILE": "work"}, {"AWS_PROFILE": "local"}], ids=str)
@pytest.mark.parametrize("file", ["config", "credentials"])
def test_a_profile_of_the_user_s_own_named_local_is_seen_outside_of_local_mode(
    place: Place, variables: dict[str, str], file: str
) -> None:
    header = "[profile local]" if file == "config" else "[local]"
    with (place.home / ".aws" / file).open("a", encoding="utf-8") as opened:
        opened.write(f"{header}\nregion = eu-west-1\n")
    is_named = variables.get("AWS_PROFILE") == "local"
    (found,) = [each for each in place.look(place.shell(**variables)) if each.level != "fine"]
    assert (found.level, found.check) == (("wrong", "profile") if is_named else ("warning", "same name"))
    assert ENV in found.fix
    assert "a profile of your own" in found.what


def test_in_local_mode_the_user_s_own_files_are_not_opened(place: Place) -> None:
    for name in ("config", "credentials"):
        (place.home / ".aws" / name).unlink()
        # To open a FIFO that nobody writes to is to wait for ever: the test's timeout would tell.
        subprocess.run(["mkfifo", place.home / ".aws" / name], check=True)
    shells = [place.local(), place.local("other"), place.local(AWS_PROFILE="company")]
    assert [len(place.look(shell)) for shell in shells] == [1, 1, 1]


def test_a_strange_name_is_quoted_in_the_fix(place: Place) -> None:
    strange = "a 'name'; $(touch planted)"
    (found,) = place.look(place.local(AWS_PROFILE=strange))
    assert found.fix.startswith(f'eval "$(lambdastream env --aws {shlex.quote(strange)})"\n')


def test_a_file_that_is_no_config_holds_no_profiles(place: Place) -> None:
    (place.home / ".aws" / "config").write_text("no section\n", encoding="utf-8")
    (found,) = [each for each in place.look(place.shell(AWS_PROFILE="company")) if each.level != "fine"]
    assert "The profile company is not found" in found.what
