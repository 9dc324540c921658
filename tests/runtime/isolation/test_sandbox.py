"""Where the programs of an environment find what Lambda would give them, in both ways."""

import os
import pwd
from pathlib import Path

import pytest

from lambdastream.runtime.host import Host
from lambdastream.runtime.interpreter import ManagedRuntime
from lambdastream.runtime.isolation.sandbox import NamespaceSandbox, PathSandbox, new_sandbox
from lambdastream.runtime.runtimes import OsOnlyRuntime

OPT = Path("/made/opt")
OS_ONLY = OsOnlyRuntime("provided.al2023")


@pytest.fixture
def sandbox(describe, tmp_path):
    """In a namespace: the folders of the code, and of a runtime that was made from the interpreter at `base`."""
    (tmp_path / "lang" / "bin").mkdir(parents=True)
    (tmp_path / "code").mkdir()

    def build(base="/usr", **settings):
        (tmp_path / "lang" / "bin" / "python").symlink_to(f"{base}/bin/python3.11")
        runtime = ManagedRuntime("python3.11", tmp_path / "lang")
        return NamespaceSandbox(describe(code=tmp_path / "code", **settings), runtime, OPT)

    return build


@pytest.mark.conformance("isolation-folders")
def test_in_a_namespace_each_folder_has_its_place(sandbox, tmp_path):
    namespace = sandbox().namespace(None)
    assert namespace.folders == {
        Path("/var/task"): tmp_path / "code",
        Path("/opt"): OPT,
        Path("/var/lang"): tmp_path / "lang",
        Path("/var/runtime"): tmp_path / "lang" / "lib" / "python3.11" / "site-packages",
    }
    assert (namespace.tmp, namespace.beside) == (512, None)


def test_the_users_own_aws_files_are_not_seen(sandbox, monkeypatch, tmp_path):
    user = pwd.getpwuid(os.getuid())
    monkeypatch.setattr(pwd, "getpwuid", lambda _: pwd.struct_passwd([*user[:5], str(tmp_path), user.pw_shell]))
    one = sandbox()
    assert one.namespace(None).hidden == []
    (tmp_path / ".aws").mkdir()
    assert one.namespace(None).hidden == [tmp_path / ".aws"]


def test_a_function_without_a_language_has_only_its_code_and_its_layers(describe, tmp_path):
    sandbox = NamespaceSandbox(describe(code=tmp_path), OS_ONLY, OPT)
    assert sandbox.namespace(None).folders == {Path("/var/task"): tmp_path, Path("/opt"): OPT}


def test_other_programs_share_the_namespace_of_the_first(sandbox):
    assert sandbox().namespace(17).beside == 17


@pytest.mark.conformance("isolation-ephemeral-storage")
def test_tmp_is_as_large_as_is_declared(sandbox):
    assert sandbox(ephemeral_storage=1024).namespace(None).tmp == 1024


def test_what_a_function_is_told_has_paths_as_it_sees_them(sandbox):
    one = sandbox()
    assert one.description.code == Path("/var/task")
    assert (one.folders.opt, one.folders.tmp) == (Path("/opt"), None)
    assert one.runtime.variables(one.description, one.folders.opt) == {
        "PYTHONPATH": "/opt/python/lib/python3.11/site-packages:/opt/python:/var/runtime"
    }


@pytest.mark.parametrize(
    ("base", "shown"),
    [
        ("/usr", []),
        ("/home/someone/.pyenv/versions/3.11.7", []),
        ("/opt/conda", ["/opt/conda"]),
        ("/tmp/python", ["/tmp/python"]),  # noqa: S108 - somebody's
        ("/optional", []),
    ],
)
def test_an_interpreter_that_would_be_covered_is_put_back(sandbox, base, shown):
    assert sandbox(base).namespace(None).shown == [Path(path) for path in shown]


def test_an_interpreter_that_is_at_lambdas_own_place_stays_and_so_does_the_runtime(sandbox, tmp_path):
    one = sandbox("/var/lang")
    assert one.namespace(None).folders.keys() == {Path("/var/task"), Path("/opt")}
    assert one.runtime.folder == tmp_path / "lang"
    # The code of a test is in /tmp, and so the runtime is, too.
    assert one.namespace(None).shown == [path for path in [tmp_path / "lang"] if path.parts[1] == "tmp"]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("{code}/bootstrap", "/var/task/bootstrap"),
        ("{code}", "/var/task"),
        ("/made/opt/bootstrap", "/opt/bootstrap"),
        ("{lang}/bin/python", "/var/lang/bin/python"),
        ("{lang}/lib/python3.11/site-packages/x", "/var/runtime/x"),
        ("fork/exec {code}/bootstrap: exec format error", "fork/exec /var/task/bootstrap: exec format error"),
        ("/a:{code}/b:/made/opt", "/a:/var/task/b:/opt"),
        ("{code}-other/x", "{code}-other/x"),
        ("{lang}uage/x", "{lang}uage/x"),
        ("/x{lang}/y", "/x{lang}/y"),
        ("handler.handler", "handler.handler"),
    ],
)
def test_paths_of_this_machine_are_shown_as_lambdas(sandbox, tmp_path, text, seen):
    folders = {name: tmp_path / name for name in ("code", "lang")}
    assert sandbox().seen(text.format(**folders)) == seen.format(**folders)


@pytest.mark.parametrize(
    ("path", "here"),
    [
        ("/var/task/wrapper.sh", "{code}/wrapper.sh"),
        ("/opt/bootstrap", "/made/opt/bootstrap"),
        ("/opt", "/made/opt"),
        ("/var/lang/bin/python", "{lang}/bin/python"),
        ("/optional/x", "/optional/x"),
        ("/usr/bin/env", "/usr/bin/env"),
        ("", ""),
    ],
)
def test_lambdas_paths_are_found_on_this_machine(sandbox, tmp_path, path, here):
    folders = {name: tmp_path / name for name in ("code", "lang")}
    assert sandbox().here(path) == here.format(**folders)


def test_without_namespaces_everything_is_where_it_is_and_tmp_is_a_folder(describe):
    host = Host()
    try:
        one = new_sandbox(describe(), OS_ONLY, OPT, host)
        assert isinstance(one, PathSandbox)
        assert one.namespace(None) is None
        assert one.here("/opt/x") == one.seen("/opt/x") == "/opt/x"
        assert (one.runtime, one.folders.opt) == (OS_ONLY, OPT)
        assert one.folders.tmp.is_dir()
        one.close()
        assert not one.folders.tmp.exists()
    finally:
        host.close()


def test_the_host_says_which_of_the_two(describe):
    host = Host(isolation="namespaces")
    try:
        assert isinstance(new_sandbox(describe(), OS_ONLY, OPT, host), NamespaceSandbox)
    finally:
        host.close()
