"""What the notebooks build is what is deployed: the taught files equal the project's own at the end."""

import re
from pathlib import Path

import pytest
import yaml

from lambdastream.workshop.steps import File, checkpoint

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
APP = [path.relative_to(ROOT) for path in sorted((ROOT / "app" / "chat").rglob("*")) if path.is_file()]
APP = sorted(str(path) for path in APP if "__pycache__" not in path.parts)
# An entry of the template that is the agent's: its name says so. The comment above belongs to it.
AGENTS = re.compile(r"(?:^\n)?(?:^  #.*\n)*^  \w*(?:Agent|Model)\w*:.*\n(?:^    .*\n)*", re.MULTILINE)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, File]:
    """All that the course builds. Its copies are of this project's files."""
    workspace = tmp_path_factory.mktemp("course") / "workspace" / "99"
    workspace.mkdir(parents=True)
    (workspace.parents[1] / "app").symlink_to(ROOT / "app")
    return checkpoint(NOTEBOOKS, workspace, "99")


def test_nothing_is_missing_and_nothing_is_left_over(built):
    assert sorted(name for name in built if name.startswith("app/chat/")) == APP


@pytest.mark.parametrize("name", APP)
def test_a_taught_file_is_the_projects_own(built, name):
    assert built[name].content.decode() == (ROOT / name).read_text(encoding="utf-8")
    assert built[name].mode & 0o111 == (ROOT / name).stat().st_mode & 0o111


def test_the_taught_template_is_the_projects_own_without_the_agent(built):
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    chat, agents = AGENTS.subn("", template)
    assert agents > 10
    assert not re.search("agent|model", chat, re.IGNORECASE)
    assert built["template.yaml"].content.decode() == chat


def test_the_template_is_built_function_by_function():
    functions = {}
    for number in ("04", "05", "06", "08"):
        files = checkpoint(NOTEBOOKS, ROOT / "workspace" / number, number)
        text = files["template.yaml"].content if "template.yaml" in files else b""
        loader = type("Loader", (yaml.SafeLoader,), {})
        loader.add_multi_constructor("!", lambda *_: None)
        resources = (yaml.load(text, loader) or {}).get("Resources", {})  # noqa: S506 - it extends the safe one
        functions[number] = {name for name, each in resources.items() if each["Type"] == "AWS::Serverless::Function"}
    assert functions == {
        "04": set(),
        "05": {"ChatMangum"},
        "06": {"ChatMangum", "ChatLwa"},
        "08": {"ChatMangum", "ChatLwa"},
    }
