"""Templates to lint, as they are written and as SAM's own transform expands them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse

from lambdastream.lint import Finding, lint


@pytest.fixture
def app(tmp_path) -> Path:
    """A folder of code beside the template: a handler, and a script that can be started."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "handler.py").write_text("def handler(event, context): ...\n")
    script = folder / "run.sh"
    script.write_bytes(b"#!/bin/bash\nexec python -m uvicorn main:app\n")
    script.chmod(0o755)
    return folder


@pytest.fixture
def lint_template(tmp_path, app) -> Callable[[str | dict[str, Any]], list[Finding]]:
    """Lints a template, given as text or as values, from its file beside the app's folder."""

    def run(template: str | dict[str, Any]) -> list[Finding]:
        path = tmp_path / "template.yaml"
        path.write_text(template if isinstance(template, str) else json.dumps(template))
        return lint(path)

    return run


@pytest.fixture
def rules_of(lint_template) -> Callable[[str | dict[str, Any]], list[str]]:
    """The ids of the rules that find something in a template, each once, in their order."""
    return lambda template: sorted({finding.rule for finding in lint_template(template)})


@pytest.fixture
def expand(monkeypatch) -> Callable[[str], dict[str, Any]]:
    """Expands a SAM template as AWS does, with the code uploaded."""
    # They take long to import: not in every process that collects the tests.
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    def run(template: str) -> dict[str, Any]:
        parsed = yaml_parse(template)
        everything = [parsed.get("Globals", {}).get("Function", {})]
        everything += [resource["Properties"] for resource in parsed["Resources"].values()]
        for properties in everything:
            if "CodeUri" in properties:
                properties["CodeUri"] = "s3://bucket/key"
        return Translator({}, Parser()).translate(parsed, {})

    return run
