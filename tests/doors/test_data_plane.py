"""The data plane: deployments, and that nothing outlives it."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import httpx
import pytest

from lambdastream.doors.data_plane import DataPlane
from lambdastream.errors import FunctionNotFoundError, PortTakenError
from lambdastream.runtime.description import FunctionDescription, FunctionUrlConfig
from lambdastream.runtime.interpreter import own_runtime
from lambdastream.runtime.limits import Limits

PROGRAM = Path(__file__).with_name("run_data_plane.py")
LAYER = "arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerX86:27"
STREAMS = {"mode": "RESPONSE_STREAM", "adapter_mode": "response_stream"}


def says(word):
    return {"handler.py": f"import os\ndef handler(event, context):\n    return [{word!r}, os.getpid()]\n"}


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


# Deployments


def test_its_status_tells_what_runs(start_local, write_function, eventually):
    local = start_local(environments=7)
    function = local.deploy(write_function(says("one")), name="one", mode="BUFFERED")
    pid = function.get().json()[1]
    eventually(lambda: function.states == ["idle"])
    assert local.loop.call(local.plane.status) == {
        "endpoint": local.endpoint_url,
        "functions": [
            {
                "name": "one",
                "url": function.url,
                "invoke_mode": "BUFFERED",
                "auth_type": "NONE",
                "environments": [{"state": "idle", "port": None, "pids": [pid]}],
            }
        ],
        "apis": [],
        "isolation": "paths",
        "limits": asdict(Limits(environments=7)),
    }


def test_a_web_app_behind_the_adapter_streams_and_is_frozen_in_between(start_local, copy_of, eventually, tmp_path):
    function = start_local(freeze=True).deploy_web(copy_of("web"), **STREAMS)
    (tmp_path / "two").touch()
    for _ in range(3):
        response = function.get("words", words="two", gates=str(tmp_path))
        assert (response.status_code, response.text) == (200, "two\n")
        eventually(lambda: function.states == ["frozen"])
    assert len(function.pids) == 2


def test_a_function_that_is_deployed_again_keeps_its_url_and_its_connections(
    local, write_function, connect, eventually, is_alive
):
    code = write_function(says("before"))
    first = local.deploy(code, name="again", mode="BUFFERED")
    wire = connect(first.port)
    word, pid = json.loads(wire.request("GET /").body)
    assert word == "before"
    (code / "handler.py").write_text(says("after")["handler.py"])
    second = local.deploy(code, name="again", mode="BUFFERED")
    assert second.url == first.url
    assert json.loads(wire.request("GET /").body)[0] == "after"
    eventually(lambda: not is_alive(pid))
    assert len(second.pids) == 1


@pytest.mark.conformance("environment-replaced")
def test_a_stream_goes_on_while_its_function_is_deployed_again(local, copy_of, tmp_path, eventually, is_alive):
    first = local.deploy_web(copy_of("web"), name="replaced", **STREAMS)
    (tmp_path / "one").touch()
    with first.stream("GET", "words", params={"words": "one,two", "gates": str(tmp_path)}) as response:
        words = response.iter_text()
        assert next(words) == "one\n"
        old = first.pids
        second = local.deploy_web(copy_of("web"), name="replaced", **STREAMS)
        assert second.get("words", words="one", gates=str(tmp_path)).text == "one\n"
        assert not set(second.pids) & set(old)
        (tmp_path / "two").touch()
        assert list(words) == ["two\n"]
    eventually(lambda: not any(map(is_alive, old)))


def test_a_replaced_function_ends_with_its_removal_whatever_it_does(local, copy_of, tmp_path, is_alive):
    first = local.deploy_web(copy_of("web"), name="replaced-removed", **STREAMS)
    (tmp_path / "one").touch()
    with first.stream("GET", "words", params={"words": "one,two", "gates": str(tmp_path)}) as response:
        assert next(response.iter_text()) == "one\n"
        old = first.pids
        local.deploy_web(copy_of("web"), name="replaced-removed", **STREAMS)
        local.loop.run(local.plane.remove("replaced-removed"))
        assert not any(map(is_alive, old))


def test_a_url_can_be_taken_away_and_given_back(local, write_function):
    code = write_function(says("here"))
    first = local.deploy(code, name="with-or-without", mode="BUFFERED")
    assert local.deploy(code, name="with-or-without").url is None
    assert not is_listening(first.port)
    assert local.invoke("with-or-without")[0] == "here"
    again = local.deploy(code, name="with-or-without", mode="RESPONSE_STREAM")
    assert again.url == first.url
    assert again.get().json()[0] == "here"


def test_a_function_that_is_removed_is_gone(local, write_function, is_alive, eventually):
    function = local.deploy(write_function(says("here")), name="removed", mode="BUFFERED")
    pid = function.get().json()[1]
    folders = list(local.plane.host.folder.glob("removed-*"))
    assert folders
    local.loop.run(local.plane.remove("removed"))
    assert not is_alive(pid)
    assert not is_listening(function.port)
    assert not any(folder.exists() for folder in folders)
    assert local.loop.call(local.plane.function, "removed") is None
    with pytest.raises(FunctionNotFoundError, match="No function removed is deployed") as caught:
        local.loop.run(local.plane.remove("removed"))
    assert caught.value.next_step


def test_functions_deployed_at_once_all_run(local, copy_of):
    with ThreadPoolExecutor(4) as pool:
        names = [f"at-once-{number}" for number in range(4)]
        functions = list(pool.map(lambda name: local.deploy(copy_of("plain"), name=name, mode="BUFFERED"), names))
        assert len(set(pool.map(lambda function: function.get("pid").json(), functions))) == 4


# Ends


def test_a_port_that_is_taken_is_an_error_with_the_way_out(loop):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"Port {port} is taken") as caught:
            loop.run(DataPlane(port=port).start())
    assert "choose another port" in caught.value.next_step


def never_ended_well(streaming):
    """It is cut off, or refused when it was stopped before its first byte."""
    if streaming.exception() is None:
        return streaming.result().status_code == 502
    return isinstance(streaming.exception(), httpx.RemoteProtocolError)


def test_a_stop_leaves_no_process_no_port_and_no_folder(
    start_local, copy_of, tmp_path, descendants, is_alive, eventually
):
    before = descendants(os.getpid())
    local = start_local()
    web = local.deploy_web(copy_of("web"), **STREAMS)
    plain = local.deploy(copy_of("plain"), mode="BUFFERED")
    assert (web.get("name").status_code, plain.get("pid").status_code) == (200, 200)
    begun = tmp_path / "begun"
    with ThreadPoolExecutor(2) as pool:
        busy = pool.submit(plain.get, "wait", begun=str(begun), gate=str(tmp_path / "none"))
        streaming = pool.submit(web.get, "words", words="one", gates=str(tmp_path))
        eventually(lambda: begun.exists() and "busy" in web.states)
        pids = [pid for function in (web, plain) for pid in function.pids]
        ports = [local.plane.port, web.port, plain.port]
        ports += [environment["port"] for environment in web.status()["environments"]]
        folder = local.plane.host.folder
        assert all(map(is_alive, pids))
        assert all(map(is_listening, ports))
        local.loop.run(local.plane.stop())
        assert busy.result().status_code == 502
        assert never_ended_well(streaming)
    assert not any(map(is_alive, pids))
    assert not any(map(is_listening, ports))
    assert not folder.exists()
    assert descendants(os.getpid()) == before
    local.loop.run(local.plane.stop())


def test_a_stop_ends_what_still_starts(start_local, copy_of, eventually, descendants):
    before = descendants(os.getpid())
    local = start_local()
    web = local.deploy_web(copy_of("web"), **STREAMS)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(web.get, "name")
        eventually(lambda: web.pids)
        local.loop.run(local.plane.stop())
        assert waiting.result().status_code == 502
    assert descendants(os.getpid()) == before


def test_a_stop_waits_for_a_deployment_and_ends_it_too(start_local, copy_of):
    local = start_local()
    url = FunctionUrlConfig("NONE", "BUFFERED")
    description = FunctionDescription("late", copy_of("plain"), "handler.handler", own_runtime(), url=url)
    deployed = local.loop.start(local.plane.deploy(description))
    folder = local.plane.host.folder
    local.loop.run(local.plane.stop())
    port = int(deployed()["url"].rstrip("/").rpartition(":")[2])
    assert not is_listening(port)
    assert not folder.exists()


@pytest.fixture
def run_program(tmp_path):
    """Start a process of its own that runs a data plane with one function; returns it and what it says."""
    started = []

    def run(code, handler, isolation="paths", **settings):
        url = FunctionUrlConfig("NONE", "RESPONSE_STREAM")
        description = FunctionDescription("busy", code, handler, own_runtime(), timeout=60, url=url, **settings)
        (tmp_path / "description.json").write_text(json.dumps(description.to_json()))
        command = [sys.executable, str(PROGRAM), str(tmp_path / "description.json"), isolation]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process, json.loads(process.stdout.readline())

    yield run
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


ADAPTER = {
    "environment": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap", "AWS_LWA_INVOKE_MODE": "response_stream"},
    "layers": (LAYER,),
}
NO_EXEC = "#!/bin/bash\npython server.py\necho 'the app ended'\n"


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(("plain", "handler.handler", {}, None), id="awslambdaric"),
        pytest.param(("web", "run.sh", ADAPTER, None), id="the adapter"),
        pytest.param(("web", "run.sh", ADAPTER, NO_EXEC), id="the adapter, run.sh without exec"),
    ],
)
def test_when_its_process_is_killed_everything_that_it_started_ends(
    run_program, copy_of, tmp_path, eventually, descendants, is_alive, case
):
    name, handler, settings, run = case
    code = copy_of(name)
    if run:
        (code / "run.sh").write_text(run)
    process, said = run_program(code, handler, **settings)
    folder = Path(said["folder"])
    at = tmp_path / "at"
    at.mkdir()
    call = keep_busy(said["url"], at)
    eventually(lambda: any(at.iterdir()))
    started = descendants(process.pid)
    watchdog, programs = 1, 1 + bool(settings) + bool(run)
    assert len(started) == watchdog + programs
    assert folder.is_dir()
    process.send_signal(signal.SIGKILL)
    process.wait()
    eventually(lambda: not any(map(is_alive, started)))
    eventually(lambda: not folder.exists())
    call.join()


@pytest.mark.conformance("isolation-processes")
@pytest.mark.parametrize("isolation", ["paths", "auto"])
def test_when_its_process_is_killed_what_has_left_its_parents_ends_too(
    run_program, copy_of, eventually, is_alive, isolation
):
    process, said = run_program(copy_of("plain"), "handler.handler", isolation)
    daemon = int(httpx.get(said["url"] + "daemon", timeout=20).text)
    assert is_alive(daemon)
    process.send_signal(signal.SIGKILL)
    process.wait()
    eventually(lambda: not is_alive(daemon))


def keep_busy(url, at):
    """Call the function in a thread: it waits until it dies, and leaves a file in the folder `at` before."""

    def call():
        with pytest.raises(httpx.TransportError):
            httpx.get(url + "meet", params={"at": str(at), "count": 2}, timeout=20)

    thread = threading.Thread(target=call)
    thread.start()
    return thread


def test_an_app_whose_script_does_not_exec_ends_with_its_environment(local, copy_of, eventually, is_alive, descendants):
    code = copy_of("web")
    (code / "run.sh").write_text(NO_EXEC)
    function = local.deploy_web(code, name="no-exec", **STREAMS)
    app = function.get("pid").json()
    [script] = [pid for pid in function.pids if app in descendants(pid)]
    assert app != script
    local.loop.run(local.plane.remove("no-exec"))
    eventually(lambda: not is_alive(app))
    assert not is_alive(script)
