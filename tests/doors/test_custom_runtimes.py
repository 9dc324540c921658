"""Functions with a runtime of their own: a `bootstrap`, or a web app in the place of a language that is not here."""

import os
import sys
from pathlib import Path

import pytest

from lambdastream.errors import RuntimeNotFoundError
from lambdastream.runtime.web_adapter.binary import machine_architecture

SERVER = (Path(__file__).parents[1] / "functions" / "web" / "server.py").read_text()
RUN = f"#!/bin/sh\nexec '{sys.executable}' server.py\n"
PATH = {"PATH": f"{Path(sys.executable).parent}:{os.defpath}"}
MACHINE = {"x86_64": 183, "arm64": 62}[machine_architecture()]
OTHER_MACHINES = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + b"\x02\0" + MACHINE.to_bytes(2, "little") + bytes(44)
WORDS = "one two three"


@pytest.fixture(scope="module")
def custom(local, copy_of):
    """The function `custom`: a runtime in 40 lines of Python, behind a URL that streams."""
    code = copy_of("custom")
    return local.deploy(
        code, "any.text", name="custom", runtime="provided.al2023", mode="RESPONSE_STREAM", environment=PATH
    )


def invoke(local, function):
    return local.invoke(function.name, answer="buffered")


@pytest.mark.conformance("runtime-os-only")
def test_a_bootstrap_answers_an_invocation(local, custom):
    answer = invoke(local, custom)
    assert "".join(answer["words"]) == WORDS
    assert answer["variables"]["_HANDLER"] == "any.text"
    assert answer["variables"]["LAMBDA_TASK_ROOT"] == str(custom.folder)


@pytest.mark.parametrize(
    ("kind", "status", "content_type", "own_header"),
    [("http", 201, "text/plain", "bootstrap"), ("raw", 200, "text/plain", None)],
    ids=["with a prelude", "without one"],
)
@pytest.mark.conformance("runtime-streams")
def test_a_bootstrap_streams_to_its_url(custom, kind, status, content_type, own_header):
    answer = custom.get(kind)
    assert (answer.status_code, answer.text) == (status, WORDS)
    assert (answer.headers["content-type"], answer.headers.get("x-from")) == (content_type, own_header)
    assert answer.cookies == ({"a": "1"} if kind == "http" else {})


@pytest.mark.conformance("runtime-streams")
def test_a_bootstrap_streams_to_invoke_with_response_stream(local, custom, new_client):
    answer = new_client(local).invoke_with_response_stream(FunctionName=custom.name, Payload='{"answer": "raw"}')
    *chunks, last = answer["EventStream"]
    assert b"".join(chunk["PayloadChunk"]["Payload"] for chunk in chunks).decode() == WORDS
    assert last == {"InvokeComplete": {}}


def test_a_buffered_url_gets_what_a_bootstrap_answers(local, copy_of):
    function = local.deploy(copy_of("custom"), runtime="provided.al2", mode="BUFFERED", environment=PATH)
    assert "".join(function.get("buffered").json()["words"]) == WORDS


def test_a_bootstrap_may_come_with_a_layer(local, copy_of, tmp_path):
    function = local.deploy(tmp_path, runtime="provided.al2023", layers=(str(copy_of("custom")),), environment=PATH)
    assert invoke(local, function)["variables"]["LAMBDA_TASK_ROOT"] == str(tmp_path)


def test_the_adapters_layer_starts_a_script_without_any_wrapper(local, write_function):
    code = write_function({"run.sh": RUN, "server.py": SERVER})
    no_wrapper = {"AWS_LAMBDA_EXEC_WRAPPER": ""}
    function = local.deploy_web(code, runtime="provided.al2023", mode="BUFFERED", environment=no_wrapper)
    assert function.get("name").json() == function.name


@pytest.mark.parametrize(
    ("content", "mode", "reason", "advice"),
    [
        pytest.param(
            None,
            0,
            "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
            "Put an executable file with the name bootstrap at the top of the function's code",
            id="missing",
        ),
        pytest.param(RUN.encode(), 0o644, "permission denied", "Run: chmod 755 bootstrap", id="not executable"),
        pytest.param(
            RUN.replace("\n", "\r\n").encode(),
            0o755,
            "no such file or directory",
            "It has CRLF line endings",
            id="CRLF",
        ),
        pytest.param(OTHER_MACHINES, 0o755, "exec format error", "It is built for ", id="another architecture"),
        pytest.param(b"MZ\x90", 0o755, "exec format error", "It is no program for Linux", id="another system's"),
    ],
)
@pytest.mark.conformance("runtime-bootstrap-fails")
def test_a_bootstrap_that_cannot_start(local, write_function, copy_of, content, mode, reason, advice):
    code = write_function({})
    if content:
        (code / "bootstrap").write_bytes(content)
        (code / "bootstrap").chmod(mode)
    function = local.deploy(code, runtime="provided.al2023", mode="BUFFERED", environment=PATH)
    assert function.get().status_code == 502
    error = invoke(local, function)
    assert error["errorType"] == "Runtime.InvalidEntrypoint"
    for words in (reason, advice):
        assert words in error["errorMessage"]
        assert words in function.log
    (code / "bootstrap").unlink(missing_ok=True)
    (copy_of("custom") / "bootstrap").rename(code / "bootstrap")
    assert "".join(invoke(local, function)["words"]) == WORDS


def test_a_bootstrap_that_ends_without_asking_for_an_event(local, write_function):
    code = write_function({"bootstrap": "#!/bin/sh\necho 'no licence' >&2\nexit 3\n"})
    (code / "bootstrap").chmod(0o755)
    function = local.deploy(code, runtime="provided.al2023")
    error = invoke(local, function)
    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")
    assert "no licence" in function.log


@pytest.mark.parametrize("runtime", ["nodejs24.x", "java21"])
@pytest.mark.conformance("runtime-behind-wrapper")
def test_any_runtime_works_behind_the_adapters_wrapper(local, write_function, runtime):
    code = write_function({"run.sh": RUN, "server.py": SERVER})
    function = local.deploy_web(code, runtime=runtime, mode="RESPONSE_STREAM", adapter_mode="response_stream")
    assert function.get("name").json() == function.name
    assert function.get("variables").json()["AWS_EXECUTION_ENV"] == f"AWS_Lambda_{runtime}"


@pytest.mark.conformance("runtime-behind-wrapper")
def test_a_runtime_that_is_not_here_is_refused_and_what_was_deployed_before_still_runs(local, copy_of):
    function = local.deploy(copy_of("custom"), name="stays", runtime="provided.al2023", environment=PATH)
    with pytest.raises(RuntimeNotFoundError, match=r"there is no nodejs24\.x in the local AWS"):
        local.deploy(function.folder, "index.handler", name="stays", runtime="nodejs24.x")
    assert "".join(invoke(local, function)["words"]) == WORDS
