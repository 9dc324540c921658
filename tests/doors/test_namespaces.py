"""In a mount namespace a function finds everything where Lambda has it, and writes to /tmp alone."""

import json
import os
import sys
from pathlib import Path

import pytest

LAMBDAS = ["/var/task", "/var/lang", "/var/runtime"]
FOLDERS = [*LAMBDAS, "/", "/opt", "/var", "/etc", "/var/tmp", "/dev/shm"]  # noqa: S108 - where nothing is written
# What its event says is evaluated: everything here asks what a function can see, or do.
HANDLER = """
import os, subprocess, sys
from pathlib import Path

def attempt(work, *arguments):
    try:
        return work(*arguments)
    except OSError as error:
        return os.strerror(error.errno)

def handler(event, context):
    return eval(event.get("do") or event["queryStringParameters"]["do"])
"""
# An extension that leaves a word in /tmp before the runtime starts.
EXTENSION = """#!/var/lang/bin/python
import http.client, os, pathlib
pathlib.Path("/tmp/from-the-extension").write_text("a word")
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
api.request("POST", "/2020-01-01/extension/register", '{"events": []}', {"Lambda-Extension-Name": "writer"})
answer = api.getresponse()
answer.read()
api.request("GET", "/2020-01-01/extension/event/next", headers=
    {"Lambda-Extension-Identifier": answer.headers["Lambda-Extension-Identifier"]})
api.getresponse()
"""
DAEMON = "subprocess.Popen(['/bin/sleep', '600'], env={}, start_new_session=True).pid"


@pytest.fixture(scope="module")
def layer(tmp_path_factory):
    """A layer with an extension, a setting and a Python module."""
    folder = tmp_path_factory.mktemp("layer")
    for name in ("extensions", "python"):
        (folder / name).mkdir()
    (folder / "setting").write_text("of the layer")
    (folder / "python" / "of_the_layer.py").touch()
    extension = folder / "extensions" / "writer"
    extension.write_text(EXTENSION)
    extension.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    folder = tmp_path_factory.mktemp("asked")
    (folder / "handler.py").write_text(HANDLER)
    return folder


@pytest.fixture(scope="module")
def asked(local_with_namespaces, code, layer):
    """A function in a namespace; what it is asked it evaluates."""
    local, declared = local_with_namespaces, {"SETTING": "/opt/setting", "OTHER": "/var/task/x:/opt"}
    function = local.deploy(code, layers=(str(layer),), environment=declared, mode="BUFFERED")
    function.ask = lambda question: local.invoke(function.name, do=question)
    return function


@pytest.mark.conformance("isolation-folders")
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("os.getcwd()", "/var/task"),
        ("__file__", "/var/task/handler.py"),
        ("sorted(os.listdir('/var/task'))", ["handler.py"]),
        ("sorted(os.listdir('/opt'))", ["extensions", "python", "setting"]),
        ("Path(os.environ['SETTING']).read_text()", "of the layer"),
        ("__import__('of_the_layer').__file__", "/opt/python/of_the_layer.py"),
        ("__import__('awslambdaric').__file__", "/var/runtime/awslambdaric/__init__.py"),
        ("[sys.executable, sys.prefix]", ["/var/lang/bin/python", "/var/lang"]),
        ("__import__('tempfile').gettempdir()", "/tmp"),  # noqa: S108 - a function's own
        ("os.path.isdir('/var/lib')", os.path.isdir("/var/lib")),  # noqa: PTH112 - the same question here
    ],
)
def test_everything_is_where_lambda_has_it(asked, question, answer):
    assert asked.ask(question) == answer


@pytest.mark.conformance("variables-set", "isolation-folders")
def test_the_variables_are_lambdas_own(asked):
    seen = asked.ask("dict(os.environ)")
    assert {
        name: seen.get(name) for name in ("LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "TMPDIR", "OTHER", "SETTING")
    } == {
        "LAMBDA_TASK_ROOT": "/var/task",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "TMPDIR": None,
        "OTHER": "/var/task/x:/opt",
        "SETTING": "/opt/setting",
    }
    assert seen["PATH"] == "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin"
    shared = "/var/lang/lib:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"
    assert seen["LD_LIBRARY_PATH"] == shared
    version = f"python3.{sys.version_info.minor}"
    assert seen["PYTHONPATH"] == f"/opt/python/lib/{version}/site-packages:/opt/python:/var/runtime"


@pytest.mark.conformance("isolation-read-only")
@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_can_be_written_but_in_tmp(asked, folder):
    make_and_remove = "attempt(lambda: [os.mkdir('{0}/made'), os.rmdir('{0}/made')])"
    assert asked.ask(make_and_remove.format(folder)) == "Read-only file system"
    assert asked.ask(make_and_remove.format("/tmp")) == [None, None]  # noqa: S108 - the function's own


def test_devices_and_what_is_printed_work_all_the_same(asked, eventually):
    assert asked.ask(
        "[Path('/dev/null').write_text('x'), len(os.urandom(3)), Path('/dev/stderr').write_text('said\\n')]"
    )
    eventually(lambda: "said\n" in asked.log)


def test_this_machine_gets_no_folders_of_lambdas(asked):
    before = [path for path in LAMBDAS if Path(path).exists()]
    assert asked.ask(f"all(map(os.path.isdir, {LAMBDAS}))")
    assert [path for path in LAMBDAS if Path(path).exists()] == before


@pytest.mark.conformance("isolation-tmp")
def test_the_programs_of_an_environment_share_a_tmp_that_is_theirs(asked):
    assert asked.ask("Path('/tmp/from-the-extension').read_text()") == "a word"
    assert asked.ask("Path('/tmp/kept').write_text('from this one')")
    assert asked.ask("Path('/tmp/kept').read_text()") == "from this one"
    assert sorted(asked.ask("os.listdir('/tmp')")) == ["from-the-extension", "kept"]
    assert not Path("/tmp/from-the-extension").exists()  # noqa: S108 - this machine's
    [seen, *_] = [Path(f"/proc/{pid}/root", "tmp/kept") for pid in asked.pids]
    assert seen.read_text() == "from this one"


@pytest.mark.conformance("isolation-tmp")
def test_environments_have_each_a_tmp_of_their_own_that_goes_with_them(local_with_namespaces, copy_of, eventually):
    function = local_with_namespaces.deploy(copy_of("plain"), mode="BUFFERED")
    first = json.loads(function.get("pid").text)
    Path(f"/proc/{first}/root", "tmp/left").touch()
    function.get("leave", status=1)
    second = json.loads(function.get("pid").text)
    assert second != first
    assert list(Path(f"/proc/{second}/root", "tmp").iterdir()) == []


@pytest.mark.conformance("isolation-ephemeral-storage")
@pytest.mark.parametrize("megabytes", [512, 640])
def test_tmp_has_the_size_that_is_declared(local_with_namespaces, code, megabytes):
    function = local_with_namespaces.deploy(code, ephemeral_storage=megabytes)
    fill = "attempt(lambda: os.posix_fallocate(os.open('/tmp/full', os.O_CREAT | os.O_WRONLY), 0, {} << 20))"
    ask = lambda question: local_with_namespaces.invoke(function.name, do=question)  # noqa: E731
    assert ask(fill.format(megabytes + 1)) == "No space left on device"
    assert ask(fill.format(megabytes)) is None
    assert ask("attempt(Path('/tmp/more').write_text, 'x')") == "No space left on device"


def test_a_web_app_streams_through_the_adapter(local_with_namespaces, copy_of):
    function = local_with_namespaces.deploy_web(copy_of("web"), mode="RESPONSE_STREAM", adapter_mode="response_stream")
    seen = function.get("variables").json()
    assert seen["LAMBDA_TASK_ROOT"] == "/var/task"
    assert seen["AWS_LAMBDA_EXEC_WRAPPER"] == "/opt/bootstrap"
    [environment] = function.status()["environments"]
    assert len({os.readlink(f"/proc/{pid}/ns/mnt") for pid in environment["pids"]}) == 1  # noqa: PTH115 - a text
    assert os.readlink(f"/proc/{environment['pids'][-1]}/cwd") == "/var/task"  # noqa: PTH115


@pytest.mark.parametrize(
    ("bootstrap", "mode", "reason", "advice"),
    [
        pytest.param(None, 0, "couldn't find valid bootstrap", "Put an executable file", id="none"),
        pytest.param("#!/bin/sh\n", 0o644, "fork/exec /var/task/bootstrap: permission denied", "chmod 755", id="mode"),
        pytest.param("text", 0o755, "fork/exec /var/task/bootstrap: exec format error", "no program", id="format"),
        pytest.param(
            "#!/no/such\n", 0o755, "fork/exec /var/task/bootstrap: no such file", "names /no/such", id="interpreter"
        ),
    ],
)
@pytest.mark.conformance("runtime-bootstrap-fails")
def test_a_program_that_does_not_start_is_told_in_lambdas_words(
    local_with_namespaces, tmp_path, eventually, bootstrap, mode, reason, advice
):
    if bootstrap:
        (tmp_path / "bootstrap").write_text(bootstrap)
        (tmp_path / "bootstrap").chmod(mode)
    function = local_with_namespaces.deploy(tmp_path, runtime="provided.al2023")
    answer = local_with_namespaces.invoke(function.name)
    assert answer["errorType"] == "Runtime.InvalidEntrypoint"
    assert reason in answer["errorMessage"].lower()
    eventually(lambda: advice in function.log)


@pytest.mark.conformance("isolation-processes")
def test_what_a_function_lets_go_ends_with_its_environment(local_with_namespaces, code, is_alive):
    local = local_with_namespaces
    function = local.deploy(code)
    daemon = local.invoke(function.name, do=DAEMON)
    assert is_alive(daemon)
    local.loop.run(local.plane.remove(function.name))
    assert not is_alive(daemon)


def test_its_status_says_so(local_with_namespaces):
    assert local_with_namespaces.loop.call(local_with_namespaces.plane.status)["isolation"] == "namespaces"
