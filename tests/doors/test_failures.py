"""What goes wrong in a function: what its caller sees, what its log says, and that the next request works."""

import re
import socket
from pathlib import Path

import pytest

from lambdastream.errors import DescriptionError, RuntimeNotFoundError

SOON = {"init": 0.6}
FAILED = (502, "Internal Server Error")
WEB = {"mode": "RESPONSE_STREAM", "adapter_mode": "response_stream"}
SERVER = Path(__file__).parents[1] / "functions" / "web" / "server.py"
RUN = "#!/bin/bash\nexec python server.py\n"


@pytest.fixture
def assert_failed():
    """The caller is told that it failed, and where to look."""

    def check(function, response):
        assert (response.status_code, response.text) == FAILED
        assert response.headers["x-lambdastream-log"] == f"lambdastream logs {function.name}"

    return check


# The init


@pytest.mark.conformance("invoke-init-error")
def test_a_handler_whose_module_fails_to_import(local, write_function, assert_failed):
    code = write_function({"handler.py": "import no_such_package\n"})
    function = local.deploy(code, mode="BUFFERED")
    assert_failed(function, function.get())
    assert "[ERROR] Runtime.ImportModuleError: Unable to import module 'handler'" in function.log
    assert "No module named 'no_such_package'" in function.log

    error = local.invoke(function.name)
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert "No module named 'no_such_package'" in error["errorMessage"]

    (code / "handler.py").write_text("def handler(event, context):\n    return 'mended'\n")
    assert function.get().text == "mended"


@pytest.mark.conformance("invoke-init-error")
def test_a_handler_that_is_not_there(local, write_function, assert_failed):
    code = write_function({"handler.py": "def other(event, context):\n    return 'fine'\n"})
    function = local.deploy(code, mode="BUFFERED")
    assert_failed(function, function.get())
    assert "Runtime.HandlerNotFound" in function.log


def test_a_module_that_raises_has_its_traceback_in_the_log(local, write_function, assert_failed):
    code = write_function({"handler.py": "def load():\n    raise KeyError('my setting')\nload()\n"})
    function = local.deploy(code, mode="BUFFERED")
    assert_failed(function, function.get())
    assert "KeyError: 'my setting'" in function.log
    assert "line 2, in load" in function.log


def test_a_web_app_that_fails_to_import(local, write_function, chat_build, assert_failed):
    run = f'#!/bin/bash\nexport PYTHONPATH="{chat_build}"\nexec python -m uvicorn --port "$PORT" main:app\n'
    code = write_function({"main.py": "import no_such_package\n", "run.sh": run})
    function = local.deploy_web(code, **WEB)
    assert_failed(function, function.get())
    assert "Traceback" in function.log
    assert "ModuleNotFoundError: No module named 'no_such_package'" in function.log

    error = local.invoke(function.name)
    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].endswith("Error: Runtime exited with error: exit status 1")

    (code / "run.sh").write_text(RUN)
    (code / "server.py").write_text(SERVER.read_text())
    assert function.get("name").json() == function.name


@pytest.mark.conformance("environment-init-timeout")
def test_a_web_app_that_never_gets_ready(start_local, write_function, assert_failed, eventually, tmp_path):
    run = f'#!/bin/bash\n[ -e "{tmp_path}/gate" ] && exec python server.py\nexec sleep 60\n'
    local = start_local(**SOON)
    code = write_function({"run.sh": run, "server.py": SERVER.read_text()})
    function = local.deploy_web(code, timeout=0.5, **WEB)
    assert_failed(function, function.get())
    assert "INIT_REPORT Init Duration: 600.00 ms\tPhase: init\tStatus: timeout" in function.log
    assert "Task timed out after 0.50 seconds. The web app does not answer on its port, " in function.log
    assert "does it listen on $PORT?" in function.log
    (tmp_path / "gate").touch()
    eventually(lambda: function.get("name").status_code == 200)  # a busy machine may need more than one such init
    assert function.get("name").json() == function.name


@pytest.mark.conformance("environment-init-timeout", "logs-init-retried")
def test_an_init_that_is_tried_again_is_part_of_the_invocation_that_it_was_for(
    start_local, write_function, tmp_path, eventually
):
    text = f"""
import os, time
first = not os.path.exists({str(tmp_path / "tried")!r})
open({str(tmp_path / "tried")!r}, "w").close()
time.sleep(60 if first else 0.3)
def handler(event, context):
    return "late"
"""
    function = start_local(**SOON).deploy(write_function({"handler.py": text}), mode="BUFFERED", timeout=30)
    assert [function.get().text for _ in range(2)] == ["late", "late"]
    reports = eventually(lambda: len(found := re.findall("^REPORT.*", function.log, re.MULTILINE)) == 2 and found)
    assert float(re.search(r"\tDuration: ([0-9.]+) ms", reports[0])[1]) > 300
    assert "Init Duration" not in reports[0]
    assert function.log.count("INIT_REPORT") == 1


def test_a_web_app_that_listens_on_a_port_of_its_own_choice(start_local, write_function, assert_failed):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    code = write_function(
        {"run.sh": f"#!/bin/bash\nPORT={port} exec python server.py\n", "server.py": SERVER.read_text()}
    )
    function = start_local(**SOON).deploy_web(code, timeout=0.5, environment={"PORT": str(port)}, **WEB)
    assert_failed(function, function.get())
    assert "does it listen on $PORT?" in function.log


def test_a_web_app_whose_port_is_taken(local, write_function, assert_failed):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = f"#!/bin/bash\nPORT={port} exec python server.py\n"
        function = local.deploy_web(write_function({"run.sh": run, "server.py": SERVER.read_text()}), **WEB)
        assert_failed(function, function.get())
    assert "Address already in use" in function.log
    error = "Runtime exited with error: exit status 1. The app found its port taken: let it listen on $PORT."
    assert error in function.log


def test_a_runtime_that_never_asks_for_an_event(start_local, write_function, assert_failed):
    code = write_function({"wrapper.sh": "#!/bin/bash\nexec sleep 60\n"})
    wrapper = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper.sh"}
    function = start_local(**SOON).deploy(code, timeout=0.3, mode="BUFFERED", environment=wrapper)
    assert_failed(function, function.get())
    assert "The runtime did not ask for its first event." in function.log


@pytest.mark.parametrize(
    ("text", "mode", "status", "advice"),
    [
        pytest.param(
            RUN, 0o644, 126, "is not executable. Run: chmod 755 run.sh, then deploy again.", id="not executable"
        ),
        pytest.param(RUN.replace("\n", "\r\n"), 0o755, 126, "has CRLF line endings, Linux needs LF.", id="CRLF"),
        pytest.param(None, 0, 127, "is not a file of the function's code.", id="missing"),
        pytest.param("#!/no/such/shell\n", 0o755, None, "", id="without its interpreter"),
    ],
)
def test_a_script_that_does_not_start(local, write_function, assert_failed, text, mode, status, advice):
    code = write_function({"server.py": SERVER.read_text()} | ({"run.sh": text} if text else {}))
    if text:
        (code / "run.sh").chmod(mode)
    function = local.deploy_web(code, **WEB)
    assert_failed(function, function.get())
    if status:
        assert f"The handler run.sh {advice}" in function.log
        assert f"Runtime exited with error: exit status {status}" in function.log
    else:
        assert "run.sh" in function.log
        assert "Runtime exited with error: exit status" in function.log
    (code / "run.sh").write_text(RUN)
    (code / "run.sh").chmod(0o755)
    assert function.get("name").json() == function.name


def test_a_wrapper_that_is_not_there(local, copy_of, assert_failed):
    wrapper = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/none"}
    function = local.deploy(copy_of("plain"), mode="BUFFERED", environment=wrapper)
    assert_failed(function, function.get())
    assert "/none: no such file or directory" in function.log
    assert local.invoke(function.name, do="pid")["errorType"] == "Runtime.InvalidEntrypoint"


@pytest.mark.conformance("environment-extension-dies")
def test_an_extension_that_dies_is_named(local, copy_of, tmp_path, assert_failed):
    extension = tmp_path / "layer" / "extensions" / "watcher"
    extension.parent.mkdir(parents=True)
    extension.write_text("#!/bin/sh\necho 'no licence' >&2\nexit 7\n")
    extension.chmod(0o755)
    function = local.deploy(copy_of("plain"), mode="BUFFERED", layers=(str(tmp_path / "layer"),))
    assert_failed(function, function.get())
    assert "no licence" in function.log
    assert "\tPhase: init\tStatus: error\tError Type: Extension.Crash\n" in function.log
    assert local.invoke(function.name, do="pid")["errorType"] == "Extension.Crash"


def test_an_extension_that_does_not_start_is_named(local, copy_of, tmp_path):
    extension = tmp_path / "layer" / "extensions" / "watcher"
    extension.parent.mkdir(parents=True)
    extension.write_text("echo without a first line\n")
    extension.chmod(0o755)
    function = local.deploy(copy_of("plain"), layers=(str(tmp_path / "layer"),))
    error = local.invoke(function.name, do="pid")
    assert error["errorType"] == "Extension.LaunchError"
    assert "/extensions/watcher: exec format error" in error["errorMessage"]


# An invocation


@pytest.mark.conformance("url-timeout", "invoke-timeout")
def test_a_function_that_takes_too_long(local, copy_of, assert_failed, eventually, tmp_path):
    function = local.deploy(copy_of("plain"), mode="BUFFERED", timeout=1)
    first = function.get("pid").json()
    files = {"begun": str(tmp_path / "begun"), "gate": str(tmp_path / "none")}
    assert_failed(function, function.get("wait", **files))
    assert "Task timed out after 1.00 seconds" in function.log
    assert function.get("pid").json() != first
    eventually(lambda: "\tStatus: timeout\n" in function.log)
    error = local.invoke(function.name, do="wait", **files)
    assert error["errorType"] == "Sandbox.Timedout"
    assert error["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert function.get("pid").status_code == 200


@pytest.mark.conformance("url-timeout", "environment-after-timeout")
def test_a_runtime_that_exits_without_an_answer(plain, assert_failed, eventually):
    first = plain.get("pid").json()
    assert_failed(plain, plain.get("leave", status=5))
    assert "Runtime exited with error: exit status 5\nRuntime.ExitError\n" in plain.log
    eventually(lambda: "\tStatus: error\tError Type: Runtime.ExitError\n" in plain.log)
    assert plain.get("pid").json() != first


@pytest.mark.conformance("logs-failed")
def test_the_report_of_a_failed_invocation_is_in_the_log_too(local, copy_of, eventually):
    function = local.deploy(copy_of("plain"), mode="BUFFERED")
    request_id = function.get("leave", status=5).headers.get("x-amzn-requestid")
    eventually(lambda: "REPORT RequestId: " in function.log)
    for line in ("START", "END", "REPORT"):
        assert f"{line} RequestId: {request_id}" in function.log


# A deployment


def test_an_unknown_layer_is_refused_and_what_was_deployed_before_still_runs(local, copy_of):
    function = local.deploy(copy_of("plain"), name="keeps-running", mode="BUFFERED")
    folders = set(local.plane.host.folder.iterdir())
    with pytest.raises(DescriptionError, match="arn:aws:lambda:us-east-1:1:layer:x:1, which is not here"):
        local.deploy(copy_of("plain"), name="keeps-running", layers=("arn:aws:lambda:us-east-1:1:layer:x:1",))
    assert function.get("pid").status_code == 200
    assert {path for path in local.plane.host.folder.iterdir() if path.name.startswith("keeps-running-opt")} <= folders


def test_a_runtime_that_this_machine_lacks_is_refused_with_the_ways_out(local, copy_of):
    with pytest.raises(RuntimeNotFoundError) as caught:
        local.deploy(copy_of("plain"), runtime="python3.99")
    assert "no python3.99 starts on this machine" in caught.value.problem
    assert "Install it" in caught.value.next_step
    assert "declare a runtime that is here: python3." in caught.value.next_step
