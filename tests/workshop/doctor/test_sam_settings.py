"""The doctor on samconfig files that decide themselves where a deploy goes."""

import subprocess
from pathlib import Path

import pytest

from lambdastream.control.profile import Profile
from lambdastream.control.project import Project
from lambdastream.workshop.doctor.sam_settings import sam_settings

LOCAL = Profile(Project(Path("/project"))).variables()


@pytest.mark.parametrize(
    ("line", "environ", "levels"),
    [
        pytest.param("profile = 'work'", LOCAL, ["wrong"], id="a profile, locally"),
        pytest.param("profile = 'work'", {}, ["warning"], id="a profile, on AWS"),
        pytest.param("profile = 'local'", LOCAL, [], id="the local profile, locally"),
        pytest.param("profile = 'local'", {}, ["warning"], id="the local profile, on AWS"),
        pytest.param("region = 'eu-west-1'", LOCAL, ["warning"], id="a region, locally"),
        pytest.param("region = 'us-east-1'", LOCAL, [], id="the local region, locally"),
        pytest.param("region = 'us-east-1'", {}, ["warning"], id="a region, on AWS"),
        pytest.param("profile = 'work'\nregion = 'eu-west-1'", LOCAL, ["wrong", "warning"], id="both"),
        pytest.param("stack_name = 'x'", LOCAL, [], id="neither"),
    ],
)
def test_what_wins_over_the_environment_is_found_and_its_fix_mends_it(
    tmp_path: Path, line: str, environ: dict[str, str], levels: list[str]
) -> None:
    folder = tmp_path / "it's here"
    folder.mkdir()
    (folder / "samconfig.toml").write_text(f"[default.deploy.parameters]\n{line}\n", encoding="utf-8")
    found = sam_settings(environ, [folder, tmp_path])
    assert [each.level for each in found] == levels
    for each in found:
        subprocess.run(["bash", "-c", each.fix], check=True)
    assert sam_settings(environ, [folder]) == []
