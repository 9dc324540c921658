"""The CDK's app: its folder as it is, and its templates for several settings."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CDK = Path(__file__).parents[2] / "cdk"

# The modules import each other flat. At the end of the path, so that `settings` hides nobody else's.
sys.path.append(str(CDK))


@dataclass(frozen=True)
class Synthesized:
    """A stack, as `aws_cdk.assertions` and as JSON have it; `path` is the file that `cdk deploy` would take."""

    assertions: Any
    template: dict[str, Any]
    path: Path

    def properties(self, kind: str, beginning: str = "") -> list[dict[str, Any]]:
        """The properties of the resources of a type whose logical ids begin so."""
        found = self.template["Resources"].items()
        return [it.get("Properties", {}) for name, it in found if it["Type"] == kind and name.startswith(beginning)]


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Synthesized]:
    """Synthesizes the stack in this process, for values of the context; its code is not bundled."""
    # They take seconds to import, and node with them: not in every process that collects the tests.
    import aws_cdk
    from aws_cdk import assertions

    from settings import Settings
    from stack import StreamingChat

    flags = json.loads((CDK / "cdk.json").read_text(encoding="utf-8"))["context"]
    made: dict[tuple[tuple[str, str], ...], Synthesized] = {}

    def run(**context: str) -> Synthesized:
        key = tuple(sorted(context.items()))
        if key not in made:
            folder = tmp_path_factory.mktemp("cdk.out")
            app = aws_cdk.App(outdir=str(folder), context={**flags, **context, "aws:cdk:bundling-stacks": []})
            stack = StreamingChat(app, "StreamingChatCdk", Settings.from_context(app.node.try_get_context))
            found = assertions.Template.from_stack(stack)
            made[key] = Synthesized(found, found.to_json(), folder / "StreamingChatCdk.template.json")
        return made[key]

    return run
