"""The reader in JavaScript reads what the writer in Python wrote, wherever it is cut."""

import json
from pathlib import Path

import pytest

from chat_protocol import END, START, Artifact, artifact, text

VECTORS = json.loads((Path(__file__).parents[1] / "vectors.json").read_text(encoding="utf-8"))

READ = """async ([data, cuttings]) => {
    const { Reader } = await import("/page/chat_protocol.js");
    const bytes = Uint8Array.from(data);
    return cuttings.map(places => {
        const reader = new Reader(), found = [];
        try {
            places.slice(1).forEach((end, at) => found.push(...reader.feed(bytes.slice(places[at], end))));
        } catch (error) {
            return error.name;
        }
        const words = found.filter(item => typeof item === "string").join("");
        return [words, found.filter(item => typeof item !== "string"), reader.complete];
    });
}"""


@pytest.fixture(scope="module")
def read(browser, chat):
    """Read an answer, once for each list of the places where it is cut: from the first place to the last.

    What comes of it is the text, the artifacts and whether it is complete, or an error's name.
    """
    page = browser.new_page()
    page.goto(f"{chat.base_url}/chat")
    yield lambda data, cuttings: page.evaluate(READ, [list(data), cuttings])
    page.close()


def every(size, data):
    return [*range(0, len(data), size), len(data)]


def written(answer):
    artifacts = "".join(artifact(Artifact(**each)) for each in answer["artifacts"])
    return f"{START}{text(answer['words'])}{END}{artifacts}".encode()


@pytest.mark.parametrize("answer", VECTORS["answers"], ids=lambda each: each["id"])
def test_an_answer_is_read_wherever_it_is_cut(read, answer):
    data = written(answer)
    cuttings = [[0, at, len(data)] for at in range(len(data) + 1)] + [every(size, data) for size in (1, 2, 3, 5, 8)]
    whole = [answer["words"], answer["artifacts"], True]
    assert [found for found in read(data, cuttings) if found != whole] == []


@pytest.mark.parametrize("answer", VECTORS["answers"], ids=lambda each: each["id"])
def test_an_answer_that_is_cut_off_is_not_complete(read, answer):
    ends = {len(written(answer | {"artifacts": answer["artifacts"][:n]})) for n in range(len(answer["artifacts"]) + 1)}
    data = written(answer)
    found = read(data, [[0, size] for size in range(len(data) + 1)])
    assert {size for size, (*_, complete) in enumerate(found) if complete} == ends


@pytest.mark.parametrize("answer", VECTORS["no_answers"], ids=lambda each: each["id"])
def test_what_is_no_answer_is_refused(read, answer):
    data = answer["data"].encode(answer.get("encoding", "utf-8"))
    assert read(data, [every(1, data), [0, len(data)]]) == ["ProtocolError", "ProtocolError"]


def test_words_are_not_kept_longer_than_they_must_be(read):
    data = b"[START]\none two\n[EN"
    assert read(data, [[0, 12], [0, 16], [0, 19]]) == [["one ", [], False], *[["one two", [], False]] * 2]
