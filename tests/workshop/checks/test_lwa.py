"""The checks of notebook 05."""

import json

import pytest

from lambdastream.workshop.checks import lwa

WRAPPER = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap"}
STREAMS = {"AWS_LWA_INVOKE_MODE": "response_stream"}
PORT = {"PORT": "8000"}
RIGHT = '#!/bin/bash\ncd "$(dirname "$0")"\nexec python -m uvicorn --port "$PORT" main:app\n'


def eager(so_far):
    prelude, _, body = so_far.partition(bytes(8))
    return json.loads(prelude), body


def one_nul(so_far):
    prelude, separator, body = so_far.partition(b"\0")
    return (json.loads(prelude), body.lstrip(b"\0")) if separator else None


def last(so_far):
    prelude, separator, body = so_far.rpartition(bytes(8))
    return (json.loads(prelude.split(b"\0")[0]), body) if separator else None


def raw(so_far):
    prelude, separator, body = so_far.partition(bytes(8))
    return (prelude, body) if separator else None


def waiting(so_far):
    prelude, _, body = so_far.partition(bytes(8))
    return (json.loads(prelude), body) if body else None


def split(so_far):
    prelude, separator, body = so_far.partition(bytes(8))
    return (json.loads(prelude), body) if separator else None


@pytest.mark.parametrize(
    ("function", "says"),
    [
        pytest.param(eager, "✗ Not yet. It fails after 10 of the", id="the starter"),
        pytest.param(one_nul, "✗ Not yet. A separator that is cut is no separator yet.", id="one NUL"),
        pytest.param(last, "✗ Not yet. The body so far is b'one", id="the last separator"),
        pytest.param(raw, "✗ Not yet. The prelude is {'statusCode': 201", id="bytes"),
        pytest.param(waiting, "✗ Not yet. The prelude is complete, and 0 bytes of the body", id="waits for the body"),
        pytest.param(lambda so_far: None, "✗ Not yet. The prelude is complete", id="never"),
        pytest.param(split, "✓ Wherever the stream is cut", id="right"),
    ],
)
def test_split(function, says):
    assert repr(lwa.split(function)).startswith(says)


@pytest.mark.parametrize(
    ("needed", "says"),
    [
        pytest.param(PORT, "✗ Not yet. Nothing starts run.sh of ChatLwa", id="the starter"),
        pytest.param(WRAPPER | PORT, "✗ Not yet. The function URL in front of ChatLwa streams, but", id="buffers"),
        pytest.param({"AWS_LWA_INVOKE_MODE": "buffered"} | WRAPPER | PORT, "✗ Not yet. The function URL", id="says so"),
        pytest.param(WRAPPER | STREAMS, "✗ Not yet. run.sh asks for $PORT", id="no port"),
        pytest.param(WRAPPER | STREAMS | PORT, "✓ The lint has nothing to say", id="right"),
    ],
)
def test_variables(needed, says):
    assert repr(lwa.variables(needed)).startswith(says)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(
            "#!/bin/bash\npython -m uvicorn --port 8080 main:app &\n",
            "✗ Not yet. The server listens on a port of the script's choice.",
            id="the starter",
        ),
        pytest.param(
            "#!/bin/bash\npython -m uvicorn --port $PORT main:app &\n",
            "✗ Not yet. The script comes to its end",
            id="in the background",
        ),
        pytest.param("\n" + RIGHT, "✗ Not yet. The first line must say", id="no program"),
        pytest.param(
            RIGHT.replace("python", "no-such-program"), "✗ Not yet. The script fails, with status 127", id="fails"
        ),
        pytest.param(RIGHT, "✓ It listens where the adapter looks", id="right"),
        pytest.param(RIGHT.replace("exec ", ""), "✓ It listens where the adapter looks", id="without exec"),
    ],
)
def test_script(text, says):
    assert repr(lwa.script(text)).startswith(says)


def test_a_script_that_never_listens_is_given_up(monkeypatch):
    monkeypatch.setattr(lwa, "PATIENCE", 0.2)
    said = repr(lwa.script("#!/bin/bash\nexec sleep 60 # $PORT\n"))
    assert said == "✗ Not yet. It runs, but after 0.2 s nothing answers on $PORT."
