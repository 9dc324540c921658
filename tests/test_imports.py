"""Imports go one way."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "lambdastream"
APP = ROOT / "app"

CHAIN = ("errors", "wire", "runtime", "doors", "control")
TOP = ("extras", "workshop", "testing", "pytest_plugin", "cli_check", "cli", "__main__")
ALONE = ("client", "conformance", "lint")
ALLOWED = {part: {*CHAIN[: CHAIN.index(part) + 1]} for part in CHAIN}
ALLOWED |= {part: {"errors", part} for part in ALONE}
ALLOWED |= {part: {*CHAIN, *TOP, *ALONE} for part in TOP}
ALLOWED |= {"__init__": {"errors"}}


def imports(path: Path, package: Path) -> Iterator[str]:
    """The full names of the modules, or names in them, that the module at `path` imports."""
    parents = (package.name, *path.relative_to(package).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join((*parents[: len(parents) - node.level + 1], *filter(None, [node.module])))
            yield from (f"{base if node.level else node.module}.{alias.name}" for alias in node.names)


def forbidden(package: Path) -> list[str]:
    """Every import that goes the wrong way."""
    found = []
    for path in sorted(package.rglob("*.py")):
        part = path.relative_to(package).parts[0].removesuffix(".py")
        for name in imports(path, package):
            first, *rest = name.split(".")
            if first == package.name and rest and rest[0] in ALLOWED and rest[0] not in ALLOWED[part]:
                found.append(f"{path.relative_to(package)}: {name}")
    return found


def test_a_part_of_the_package_imports_only_what_is_below_it():
    assert forbidden(PACKAGE) == []


def test_every_part_has_its_place_in_the_order():
    parts = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert parts >= {*CHAIN, "client", "workshop", "cli"}
    assert parts <= ALLOWED.keys()


def test_wire_knows_neither_sockets_nor_an_event_loop():
    names = {name.partition(".")[0] for path in (PACKAGE / "wire").glob("*.py") for name in imports(path, PACKAGE)}
    assert names
    assert names.isdisjoint({"asyncio", "socket", "uvloop", "ssl", "select", "selectors", "threading", "httpx"})


def test_the_app_knows_nothing_of_the_package():
    names = {name.partition(".")[0] for path in APP.rglob("*.py") for name in imports(path, APP)}
    assert "fastapi" in names
    assert "lambdastream" not in names


def test_the_package_knows_nothing_of_the_app():
    modules = {path.stem for path in APP.rglob("*.py")} | {"app"}
    names = {name.partition(".")[0] for path in PACKAGE.rglob("*.py") for name in imports(path, PACKAGE)}
    assert "lambdastream" in names
    assert names.isdisjoint(modules)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        pytest.param("wire/a.py", "import lambdastream.runtime.function", id="import"),
        pytest.param("runtime/a.py", "from lambdastream.doors import invoke", id="from a package"),
        pytest.param("runtime/a.py", "from lambdastream import doors", id="a package"),
        pytest.param("doors/a.py", "from ..control import project", id="relative"),
        pytest.param("client/a.py", "def f():\n    from lambdastream.wire import prelude", id="in a function"),
        pytest.param("errors.py", "from .wire import prelude", id="relative, at the top"),
    ],
)
def test_an_import_the_wrong_way_is_found(tmp_path, module, line):
    path = tmp_path / "lambdastream" / module
    path.parent.mkdir(parents=True)
    path.write_text(line)
    assert len(forbidden(tmp_path / "lambdastream")) == 1
