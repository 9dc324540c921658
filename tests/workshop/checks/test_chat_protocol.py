"""The checks of notebook 02."""

import runpy
from pathlib import Path

import pytest

from lambdastream.workshop.checks import chat_protocol

APP = runpy.run_path(str(Path(__file__).parents[3] / "app" / "chat" / "chat_protocol.py"))
Reader, right_overlap = APP["Reader"], APP["overlap"]

DATA = '[START]\nGrüße!\n[END]\n[ARTIFACT]\n{"title": "Tides", "description": "", "uri": "x"}\n[/ARTIFACT]\n'.encode()


@pytest.mark.parametrize(
    ("function", "says"),
    [
        pytest.param(
            lambda text, marker: 0, "✗ Not yet. overlap('noon.\\n[EN', '\\n[END]\\n') gives 0", id="the starter"
        ),
        pytest.param(lambda text, marker: len(marker) - 1, "✗ Not yet. overlap('High water'", id="always all"),
        pytest.param(
            lambda text, marker: len(text) - text.index("\n[") if "\n[" in text else 0,
            "✗ Not yet. overlap('noon.\\n', '\\n[END]\\n') gives 0",
            id="without the line break",
        ),
        pytest.param(
            lambda text, marker: len(text) - text.index("\n") if "\n" in text else 0,
            "✗ Not yet. overlap('noon.\\n[ETA', '\\n[END]\\n') gives 5",
            id="from the line break on",
        ),
        pytest.param(
            lambda text, marker: max(size for size in range(6) if text.endswith(marker[:size])),
            "✗ Not yet. overlap('noon.\\n[END]', '\\n[END]\\n') gives 0",
            id="a size too small",
        ),
        pytest.param(
            lambda text, marker: min((s for s in range(1, len(marker)) if text.endswith(marker[:s])), default=0),
            "✗ Not yet. overlap('a--', '-->') gives 1, but 2 is right.",
            id="the shortest",
        ),
        pytest.param(
            lambda text, marker: None, "✗ Not yet. overlap('High water', '\\n[END]\\n') gives None", id="none"
        ),
        pytest.param(right_overlap, "✓ It holds back", id="right"),
    ],
)
def test_overlap(function, says):
    assert repr(chat_protocol.overlap(function)).startswith(says)


def read(reader, pieces):
    made = reader()
    found = [item for piece in pieces for item in made.feed(piece)]
    text = "".join(item for item in found if isinstance(item, str))
    return text, [item for item in found if not isinstance(item, str)], made.complete


def in_half(reader, data):
    half = len(data) // 2
    return read(reader, [data[:half], data[half:]]) == read(reader, [data])


def in_two(reader, data):
    return all(read(reader, [data[:cut], data[cut:]]) == read(reader, [data]) for cut in range(len(data)))


def in_two_between_characters(reader, data):
    text = data.decode()
    cuts = ([text[:cut].encode(), text[cut:].encode()] for cut in range(len(text)))
    return all(read(reader, pieces) == read(reader, [data]) for pieces in cuts)


def byte_by_byte(reader, data):
    return read(reader, [data[at : at + 1] for at in range(len(data))]) == read(reader, [data])


def without_joining(reader, data):
    one, other = reader(), reader()
    return one.feed(data) == [item for at in range(len(data)) for item in other.feed(data[at : at + 1])]


@pytest.mark.parametrize(
    ("survives", "says"),
    [
        pytest.param(in_half, "✗ Not yet. A broken reader passes your test: it shows the beginning", id="the starter"),
        pytest.param(lambda reader, data: True, "✗ Not yet. A broken reader passes", id="always"),
        pytest.param(lambda reader, data: False, "✗ Not yet. Your test says that the good reader", id="never"),
        pytest.param(without_joining, "✗ Not yet. Your test says that the good reader", id="where text is cut"),
        pytest.param(
            in_two_between_characters,
            "✗ Not yet. A broken reader passes your test: it decodes each piece",
            id="whole characters",
        ),
        pytest.param(in_two, "✗ Not yet. A broken reader passes your test: it remembers", id="in two pieces"),
        pytest.param(lambda *given: in_two(*given) and byte_by_byte(*given), "✓ Your test passes the", id="right"),
        pytest.param(byte_by_byte, "✓ Your test passes the", id="byte by byte"),
    ],
)
def test_cuttings(survives, says):
    assert repr(chat_protocol.cuttings(survives, Reader, DATA)).startswith(says)


def collected(pieces, show):
    reader = Reader()
    found = reader.feed(b"".join(pieces))
    for item in found:
        if isinstance(item, str):
            show(item)
    return [item for item in found if not isinstance(item, str)]


def believing(pieces, show):
    reader, artifacts = Reader(), []
    for piece in pieces:
        for item in reader.feed(piece):
            if isinstance(item, str):
                show(item)
            else:
                artifacts.append(item)
    return artifacts


def receive(pieces, show):
    reader, artifacts = Reader(), []
    for piece in pieces:
        for item in reader.feed(piece):
            if isinstance(item, str):
                show(item)
            else:
                artifacts.append(item)
    if not reader.complete:
        raise EOFError("The answer was cut off.")
    return artifacts


def late(pieces, show):
    words = []
    artifacts = receive(pieces, words.append)
    for word in words:
        show(word)
    return artifacts


def wordless(pieces, show):
    return receive(pieces, lambda _: None)


def showing_all(pieces, show):
    reader = Reader()
    for piece in pieces:
        for item in reader.feed(piece):
            show(item)


def forgetful(pieces, show):
    receive(pieces, show)


def hasty(pieces, show):
    kept = []
    artifacts = believing((kept.append(piece) or piece for piece in pieces), show)
    if b"[END]" not in b"".join(kept):
        raise EOFError
    return artifacts


@pytest.mark.parametrize(
    ("receive", "says"),
    [
        pytest.param(collected, "✗ Not yet. All the text is shown, but not word by word.", id="the starter"),
        pytest.param(late, "✗ Not yet. It works, but the first word is shown only when", id="late"),
        pytest.param(wordless, "✗ Not yet. The text is 'High water at noon.'. You show ''.", id="it shows nothing"),
        pytest.param(showing_all, "✗ Not yet. You show something that is no text.", id="it shows artifacts"),
        pytest.param(forgetful, "✗ Not yet. One artifact was sent. You return None.", id="it returns nothing"),
        pytest.param(believing, "✗ Not yet. An answer that stops after 'water ' is taken", id="cut off"),
        pytest.param(hasty, "✗ Not yet. An answer that stops after '[ARTIFACT]", id="cut off in an artifact"),
        pytest.param(receive, "✓ Words at once", id="right"),
    ],
)
def test_receiving(receive, says):
    assert repr(chat_protocol.receiving(receive)).startswith(says)
