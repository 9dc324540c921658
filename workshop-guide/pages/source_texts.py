"""Texts in source code, read without running it: what a call is given, as far as that is written down."""

from __future__ import annotations

import ast
import shlex
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

SOMETHING: Final = "…"
SOURCES: Final = Path(__file__).parents[2] / "src"


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads texts in one module. ``names`` are the texts that its names stand for at a place."""

    names: Mapping[str, ast.expr] = field(default_factory=dict)

    def text(self, node: ast.expr | None) -> str:
        """The text that an expression gives, with ``…`` for what is known only when it runs."""
        match node:
            case ast.Constant(value=str() | int() | float() as value):
                found = str(value)
            case ast.JoinedStr(values=parts):
                found = "".join(map(self.text, parts))
            case ast.FormattedValue(value=inner) | ast.BoolOp(values=[*_, inner]):
                found = self.text(inner)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                found = self.text(left) + self.text(right)
            case ast.Call(func=ast.Attribute(attr="quote"), args=[quoted]):
                found = shlex.quote(self.text(quoted))
            case ast.Attribute(value=ast.Name(id="sys"), attr="executable"):
                found = "python"
            case ast.Name(id=name) if name in self.names:
                found = self.without(name).text(self.names[name])
            case _:
                found = SOMETHING if node else ""
        return found

    def without(self, name: str) -> Reader:
        """Read what a name stands for, which may have the same name in it."""
        return Reader({key: value for key, value in self.names.items() if key != name})


def calls(folder: Path, wanted: AbstractSet[str]) -> Iterator[tuple[ast.Call, Reader]]:
    """Every call of one of these names in the modules below a folder, with who can read the texts in it."""
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if not any(f"{name}(" in text for name in wanted):
            continue  # most modules: the rest takes time
        module = parsed(path)
        constants = imported(module) | assigned(module.body)
        for each in module.body:
            for function in each.body if isinstance(each, ast.ClassDef) else [each]:
                if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield from calls_in(function, constants, wanted)


def calls_in(
    function: ast.AST, constants: Mapping[str, ast.expr], wanted: AbstractSet[str]
) -> Iterator[tuple[ast.Call, Reader]]:
    """The calls in a function in their order; a name stands for what it was given last before."""
    names = dict(constants)
    nodes = [each for each in ast.walk(function) if isinstance(each, ast.Assign | ast.AnnAssign | ast.Call)]
    for node in sorted(nodes, key=lambda each: each.lineno):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            names |= assigned([node])
        elif isinstance(node.func, ast.Name) and node.func.id in wanted:
            yield node, Reader(dict(names))


def assigned(statements: list[ast.stmt]) -> dict[str, ast.expr]:
    """The names that statements give a value, and the values."""
    found: dict[str, ast.expr] = {}
    for each in statements:
        if isinstance(each, ast.Assign | ast.AnnAssign) and each.value is not None:
            targets = each.targets if isinstance(each, ast.Assign) else [each.target]
            found |= {target.id: each.value for target in targets if isinstance(target, ast.Name)}
    return found


def imported(module: ast.Module) -> dict[str, ast.expr]:
    """The constants that a module imports from others of the project, with their values."""
    found: dict[str, ast.expr] = {}
    for each in module.body:
        place = SOURCES / (each.module or "").replace(".", "/") if isinstance(each, ast.ImportFrom) else None
        path = next(filter(Path.is_file, (place.with_suffix(".py"), place / "__init__.py")), None) if place else None
        if isinstance(each, ast.ImportFrom) and path:
            names = {name.name for name in each.names}
            found |= {name: value for name, value in assigned(parsed(path).body).items() if name in names}
    return found


@cache
def parsed(path: Path) -> ast.Module:
    """A module's syntax."""
    return ast.parse(path.read_text(encoding="utf-8"))
