"""The grammar that the docstring of `chat_protocol` gives."""

import json
import re
from pathlib import Path

import pytest

from chat_protocol import END, START, Artifact, ProtocolError, Reader, artifact, overlap, text

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


def read(data: bytes, size: int) -> tuple[str, list[Artifact], Reader]:
    """Read an answer in pieces of a size; returns its text, its artifacts and the reader."""
    reader = Reader()
    found = [item for start in range(0, len(data), size) for item in reader.feed(data[start : start + size])]
    return (
        "".join(item for item in found if isinstance(item, str)),
        [item for item in found if isinstance(item, Artifact)],
        reader,
    )


# The reader in JavaScript is tested with these, too.
VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))
ANSWERS = [
    pytest.param(each["words"], [Artifact(**item) for item in each["artifacts"]], id=each["id"])
    for each in VECTORS["answers"]
]
NO_ANSWERS = [
    pytest.param(each["data"].encode(each.get("encoding", "utf-8")), id=each["id"]) for each in VECTORS["no_answers"]
]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 1000])
@pytest.mark.parametrize(("words", "artifacts"), ANSWERS)
def test_an_answer_is_read_wherever_it_is_cut(words, artifacts, size):
    said, found, reader = read(stream([words], artifacts).encode(), size)
    assert (said, found) == (words, artifacts)
    assert reader.complete


def test_words_are_not_kept_longer_than_they_must_be():
    reader = Reader()
    assert [reader.feed(piece) for piece in (b"[START]\n", b"one ", b"two\n", b"[EN", b"D]\n")] == [
        [],
        ["one "],
        ["two"],
        [],
        [],
    ]
    assert reader.complete


@pytest.mark.parametrize(("words", "artifacts"), ANSWERS)
def test_an_answer_that_is_cut_off_is_not_complete(words, artifacts):
    data = stream([words], artifacts).encode()
    ends = {len(stream([words], artifacts[:count]).encode()) for count in range(len(artifacts) + 1)}
    assert {size for size in range(1, len(data) + 1) if read(data[:size], 1000)[2].complete} == ends


@pytest.mark.parametrize("data", NO_ANSWERS)
@pytest.mark.parametrize("size", [1, 1000])
def test_what_is_no_answer_is_refused(data, size):
    with pytest.raises(ProtocolError):
        read(data, size)


@pytest.mark.parametrize(
    ("words", "size"), [("", 0), ("a", 0), ("\n", 1), ("a\n[E", 3), ("\n\n", 1), ("\n[END]", 6), ("[END]", 0)]
)
def test_the_end_of_a_text_may_be_the_beginning_of_a_marker(words, size):
    assert overlap(words, END) == size
