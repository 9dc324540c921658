"""What is not installed is named with the extra that brings it."""

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from lambdastream import cli
from lambdastream.control.project import Project
from lambdastream.errors import SetupError
from lambdastream.extras import EXTRAS, missing
from lambdastream.workshop.lab import open_lab

PYPROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def names(requirements):
    """The projects that requirements name, those of the extras that they name included."""
    found = set()
    for requirement in requirements:
        name, extras = re.match(r"([\w.-]+)(?:\[(.*?)\])?", requirement).groups()
        if name == "lambdastream":
            found |= names([each for extra in extras.split(",") for each in PYPROJECT["optional-dependencies"][extra]])
        found.add(name.lower())
    return found


@pytest.mark.parametrize(("module", "extra"), EXTRAS.items())
def test_an_extra_brings_its_modules_and_nothing_else_does(module, extra):
    owners = {owner.lower() for owner in packages_distributions()[module]}
    # Starlette comes with FastAPI.
    brought = names(PYPROJECT["optional-dependencies"][extra]) | ({"starlette"} if extra == "lab" else set())
    assert owners & brought
    assert not owners & names(PYPROJECT["dependencies"])


def test_the_modules_of_the_package_itself_are_no_extras():
    assert missing("moto.core") is None
    assert missing("") is None


def test_a_command_without_its_extra_names_it(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "nbformat", None)

    def run(*_):
        import nbformat

        return nbformat

    monkeypatch.setattr(cli, "status", run)
    assert cli.main(["status"]) == 1
    assert capsys.readouterr().err == (
        "This needs nbformat, which is not installed.\npip install 'lambdastream[notebook]'\n"
    )


def test_another_module_that_is_missing_is_a_defect(monkeypatch):
    def run(*_):
        raise ModuleNotFoundError("No module named 'nowhere'", name="nowhere")

    monkeypatch.setattr(cli, "status", run)
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        cli.main(["status"])


def test_the_lab_is_nowhere_but_in_its_repository(tmp_path):
    with pytest.raises(SetupError, match=r"no notebooks.*\n.*make lab"):
        open_lab(Project(tmp_path), port=0, check=True)
    assert list(tmp_path.iterdir()) == []


def test_the_lab_without_jupyterlab_names_the_extra(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setattr("lambdastream.workshop.lab.find_spec", lambda _: None)
    with pytest.raises(SetupError, match=r"lambdastream\[lab\]"):
        open_lab(Project(tmp_path), port=0, check=True)
