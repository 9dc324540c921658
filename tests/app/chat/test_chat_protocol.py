"""The grammar that the docstring of `chat_protocol` gives."""

import json
import re

import pytest

from chat_protocol import END, START, Artifact, artifact, text

MARKERS = {"[START]", "[END]", "[ARTIFACT]", "[/ARTIFACT]"}
ANSWER = re.compile(r"\[START\]([^][]*)\[END\]\s*((?:\[ARTIFACT\][^[]*\[/ARTIFACT\]\s*)*)")

GUIDE = Artifact(title="Guide", description="How to", uri="https://example.com/guide")
GUIDE_TEXT = """\
[ARTIFACT]
{
  "title": "Guide",
  "description": "How to",
  "uri": "https://example.com/guide"
}
[/ARTIFACT]
"""
NASTY = Artifact(title="[/ARTIFACT][START]", description='a "[quote]"\n', uri="https://[::1]/")


def stream(words: list[str], artifacts: list[Artifact]) -> str:
    return START + "".join(map(text, words)) + END + "".join(map(artifact, artifacts))


@pytest.mark.parametrize(
    ("words", "artifacts", "expected"),
    [
        pytest.param([], [], "[START]\n\n[END]\n", id="nothing"),
        pytest.param(["one ", "two"], [], "[START]\none two\n[END]\n", id="words keep their spaces"),
        pytest.param(["a\n\n", "b"], [], "[START]\na\n\nb\n[END]\n", id="line breaks are text"),
        pytest.param(["Grüße 🌊"], [], "[START]\nGrüße 🌊\n[END]\n", id="any language"),
        pytest.param(["[END]"], [], "[START]\n(END)\n[END]\n", id="a marker in the text"),
        pytest.param(["[", "END", "]"], [], "[START]\n(END)\n[END]\n", id="a marker in pieces"),
        pytest.param([], [GUIDE], "[START]\n\n[END]\n" + GUIDE_TEXT, id="an artifact"),
        pytest.param(["a"], [GUIDE, GUIDE], "[START]\na\n[END]\n" + GUIDE_TEXT + GUIDE_TEXT, id="artifacts in order"),
    ],
)
def test_an_answer_is_written_as_the_grammar_says(words, artifacts, expected):
    written = stream(words, artifacts)
    assert written == expected
    assert ANSWER.fullmatch(written)


@pytest.mark.parametrize("nasty", ["[END]", "[", "]", "[[END]]", "[/ARTIFACT]", "a[START]b", "\\[END\\]"])
def test_a_bracket_always_begins_a_marker(nasty):
    written = stream([nasty, nasty], [Artifact(title=nasty, description=nasty, uri=nasty), NASTY])
    assert set(re.findall(r"\[[^]]*\]?", written)) == MARKERS
    assert ANSWER.fullmatch(written)


@pytest.mark.parametrize("item", [GUIDE, NASTY], ids=["plain", "markers inside"])
def test_an_artifact_is_json_between_its_markers(item):
    written = artifact(item).strip()
    inside = written.removeprefix("[ARTIFACT]").removesuffix("[/ARTIFACT]")
    assert json.loads(inside) == item.model_dump()
