"""The runtimes that a template declares."""

from pathlib import Path

import pytest

from lambdastream.workshop.doctor.declared import Declared, declared_runtimes, find_templates

ROOT = Path(__file__).parents[3]
FUNCTION = "{Type: AWS::Serverless::Function, Properties: {Runtime: %s}}"


@pytest.mark.parametrize(
    ("text", "runtimes"),
    [
        pytest.param(f"Resources: {{A: {FUNCTION % 'python3.12'}}}", [Declared("python3.12")], id="a literal"),
        pytest.param(
            "Globals: {Function: {Runtime: python3.13}}\n"
            f"Resources: {{A: {{Type: AWS::Serverless::Function}}, B: {FUNCTION % 'python3.12'}}}",
            [Declared("python3.13"), Declared("python3.12")],
            id="globals",
        ),
        pytest.param(
            "Parameters: {P: {Default: python3.13, AllowedValues: [python3.11, python3.13]}}\n"
            f"Resources: {{A: {FUNCTION % '!Ref P'}}}",
            [Declared("python3.13", "P", ("python3.11", "python3.13"))],
            id="a parameter",
        ),
        pytest.param(f"Resources: {{A: {FUNCTION % '!Ref Unknown'}}}", [], id="an unknown parameter"),
        pytest.param(f"Resources: {{A: {FUNCTION % 'nodejs22.x'}}}", [], id="another language"),
        pytest.param(f"Resources: {{A: {FUNCTION % '!If [X, a, b]'}}}", [], id="a condition"),
        pytest.param("Resources: {A: {Type: AWS::S3::Bucket}, B: }", [], id="no function"),
        pytest.param("Resources: [", [], id="no YAML"),
        pytest.param("", [], id="empty"),
    ],
)
def test_the_runtimes_of_a_template(tmp_path: Path, text: str, runtimes: list[Declared]) -> None:
    (tmp_path / "template.yaml").write_text(text, encoding="utf-8")
    assert declared_runtimes(tmp_path / "template.yaml") == runtimes


def test_the_project_s_own_template_is_read() -> None:
    (found,) = declared_runtimes(ROOT / "template.yaml")
    assert found.parameter == "PythonRuntime"
    assert "python3.11" in found.allowed


def test_each_folder_s_template_is_found_once(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / "template.yaml").touch()
    (tmp_path / "a" / "template.json").touch()
    (tmp_path / "b" / "template.yml").touch()
    found = find_templates(tmp_path / "a", tmp_path / "b", tmp_path / "c", tmp_path / "b" / ".." / "a")
    assert found == [tmp_path / "a" / "template.yaml", tmp_path / "b" / "template.yml"]
