"""What a samconfig file decides of where `sam deploy` goes, as `sam` itself reads it."""

from pathlib import Path

import pytest

from lambdastream.control.sam_config import SamConfig, read_sam_config

TOML = "version = 0.1\n"


@pytest.mark.parametrize(
    ("text", "profile", "region"),
    [
        pytest.param(
            "[default.deploy.parameters]\nprofile = 'work'\nregion = 'eu-west-1'", "work", "eu-west-1", id="deploy"
        ),
        pytest.param("[default.global.parameters]\nprofile = 'work'", "work", "", id="global"),
        pytest.param(
            "[default.global.parameters]\nprofile = 'all'\nregion = 'eu-west-1'\n"
            "[default.deploy.parameters]\nprofile = 'mine'",
            "mine",
            "eu-west-1",
            id="deploy before global",
        ),
        pytest.param("[default.build.parameters]\nprofile = 'work'", "", "", id="another command"),
        pytest.param("[production.deploy.parameters]\nprofile = 'work'", "", "", id="another environment"),
        pytest.param("[default.deploy.parameters]\nstack_name = 'x'", "", "", id="neither"),
        pytest.param("[default]\ndeploy = 1", "", "", id="another shape"),
    ],
)
def test_what_a_deploy_takes_from_toml(tmp_path: Path, text: str, profile: str, region: str) -> None:
    path = tmp_path / "samconfig.toml"
    path.write_text(TOML + text, encoding="utf-8")
    assert read_sam_config(tmp_path) == SamConfig(path, profile, region)


@pytest.mark.parametrize("name", ["samconfig.yaml", "samconfig.yml"])
def test_yaml_is_read_too_and_toml_comes_first(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("default: {deploy: {parameters: {profile: work}}}", encoding="utf-8")
    assert read_sam_config(tmp_path) == SamConfig(tmp_path / name, "work")
    (tmp_path / "samconfig.toml").write_text(TOML, encoding="utf-8")
    assert read_sam_config(tmp_path) == SamConfig(tmp_path / "samconfig.toml")


@pytest.mark.parametrize("text", ["[", "\0"])
def test_a_file_that_cannot_be_read_decides_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "samconfig.toml").write_text(text, encoding="utf-8")
    assert read_sam_config(tmp_path) is None


def test_without_a_file_nothing_is_decided(tmp_path: Path) -> None:
    assert read_sam_config(tmp_path) is None
