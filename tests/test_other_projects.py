"""The page for other projects: what it shows is run, with the package as a wheel in an environment of its own."""

import ast
import json
import os
import platform
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from lambdastream.cli import parser
from lambdastream.runtime.interpreter import own_runtime, uv

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "workshop-guide" / "other-projects.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`([\w./]+\.\w+)`(?:, with mode 755)?:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
START = "## Start, deploy, check"


def blocks(language, text=PAGE):
    return [body for found, body in BLOCK.findall(text) if found == language]


def files():
    """The files that the page shows, as this machine needs them."""
    arm = platform.machine() == "aarch64"
    own = {"python3.11": own_runtime(), "[x86_64]": "[arm64]" if arm else "[x86_64]"}
    own |= {"LayerX86": "LayerArm64" if arm else "LayerX86"}
    found = dict(FILE.findall(PAGE))
    for old, new in own.items():
        found["template.yaml"] = found["template.yaml"].replace(old, new)
    return found


def test_the_page_shows_a_whole_project():
    assert set(files()) == {"template.yaml", "app/main.py", "app/requirements.txt", "app/run.sh", "test_streaming.py"}
    for name, text in files().items():
        if name.endswith(".py"):
            ast.parse(text)


def test_the_commands_it_names_are_there():
    named = [line for text in blocks("bash") for line in re.findall(r"\blambdastream [a-z][^|;)#\n]*", text)]
    assert len(named) > 5
    for line in named:
        parser().parse_args(shlex.split(line.rstrip('"').replace('"${url}count', "URL"))[1:])


def test_the_options_of_check_that_it_names_are_there():
    told = parser().parse_args(
        ["check", "URL", "--method", "PUT", "--data", "x", "--header", "A: b", "--sign", "--json"]
    )
    assert (told.method, told.sign, told.json) == ("PUT", True, True)
    section = PAGE[PAGE.index("## What `check` says") :]
    assert set(re.findall(r"`(--[a-z]+)", section.partition("| verdict")[0])) == {
        *("--method", "--data", "--header", "--sign", "--timeout", "--json")
    }


def test_the_exit_codes_are_those_of_the_command():
    from lambdastream.cli_check import EXIT_CODES

    rows = re.findall(r"^\| (streams|buffers|cannot tell) \| (\d) \|", PAGE, re.MULTILINE)
    assert {verdict: int(code) for verdict, code in rows} == EXIT_CODES


def test_the_settings_are_those_of_the_plugin(pytestconfig):
    (text,) = blocks("toml")
    told = tomllib.loads(text)["tool"]["pytest"]["ini_options"]
    assert told == {name: pytestconfig.getini(name) for name in told}
    assert set(told) == {name for name in pytestconfig._parser._inidict if name.startswith("lambdastream_")}  # noqa: SLF001


def test_the_workflow_is_one():
    workflow = yaml.safe_load(blocks("yaml")[-1])
    assert [step["run"] for step in workflow["jobs"]["test"]["steps"] if "run" in step][-1] == "pytest"


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment with the wheel and what it asks for, and with pytest; nothing knows of this repository."""
    folder = tmp_path_factory.mktemp("wheel")
    uv(
        "build",
        "--quiet",
        "--wheel",
        "--no-build-isolation",
        "--python",
        sys.executable,
        "--out-dir",
        str(folder),
        str(ROOT),
    )
    (wheel,) = folder.glob("*.whl")
    uv("venv", "--quiet", "--seed", "--python", sys.executable, str(folder / "venv"))
    # The versions that the lab has are in the cache.
    pins = ("--constraint", str(ROOT / "requirements" / "lab.txt"))
    uv("pip", "install", "--quiet", "--python", str(folder / "venv" / "bin" / "python"), *pins, str(wheel), "pytest")
    return folder / "venv"


@pytest.fixture(scope="module")
def run(environment, tmp_path_factory):
    """Run a script in the project, in a shell that has this environment first on its PATH, and `sam` from the tests'."""
    folder = tmp_path_factory.mktemp("unrelated")
    for name, text in files().items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
    programs = tmp_path_factory.mktemp("programs")
    (programs / "sam").symlink_to(Path(sys.executable).with_name("sam"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_", "PYTHON"))}
    path = os.pathsep.join([str(environment / "bin"), str(programs), os.environ["PATH"]])

    def run_script(script):
        command = ["bash", "-e", "-o", "pipefail", "-c", script]
        variables = {**kept, "PATH": path, "VIRTUAL_ENV": str(environment)}
        return subprocess.run(
            command, cwd=folder, env=variables, capture_output=True, text=True, check=False, timeout=240
        )

    yield run_script
    run_script("lambdastream down")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_the_page_says_makes_an_unrelated_project_stream(run):
    section = PAGE[PAGE.index(START) :]
    script = blocks("bash", section)[0].replace("up --detach", "up --detach --port 0")
    done = run(script)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:] + run("cat .lambdastream/logs/*.log").stdout
    verdict = done.stdout[done.stdout.index("streams: ") :].splitlines()
    shown = blocks("text", section)[0].splitlines()
    numbers = re.compile(r"[\d.]+( m?s)?")
    assert [numbers.sub("N", line) for line in verdict] == [numbers.sub("N", line) for line in shown]
    assert "LOCAL AWS" in done.stdout
    unsigned = run(
        script.splitlines()[1] + "\n" + script.splitlines()[-2] + '\nlambdastream check --json "${url}count"'
    )
    assert (unsigned.returncode, json.loads(unsigned.stdout)["status"]) == (3, 403)
    assert "--sign" in json.loads(unsigned.stdout)["next_step"]
    assert run("lambdastream down").stdout == "The local AWS has stopped.\n"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_its_tests_pass(run):
    done = run("python -m pytest -q -p no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


LOOK = """
from importlib.util import find_spec
import lambdastream, lambdastream.conformance
from lambdastream.extras import EXTRAS
print(lambdastream.__file__, *[name for name in (*EXTRAS, "samcli") if find_spec(name)])
"""


@pytest.mark.slow
def test_the_wheel_is_alone(run, environment):
    """It is not the repository's package, and what its extras bring is not there."""
    where, *more = run(f"python - <<'END'\n{LOOK}END").stdout.split()
    assert Path(where).is_relative_to(environment)
    assert more == []
    assert len(run("python -m lambdastream.conformance").stdout.splitlines()) > 10


@pytest.mark.slow
def test_every_data_file_is_in_the_wheel(environment):
    (installed,) = environment.glob("lib/python3*/site-packages/lambdastream")
    source = ROOT / "src" / "lambdastream"
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "."]
    tracked = subprocess.run(listing, cwd=source, capture_output=True, text=True, check=True)
    wanted = {name for name in tracked.stdout.split() if (source / name).is_file()}
    assert {name for name in wanted if not (installed / name).is_file()} == set()
    assert len({name for name in wanted if not name.endswith(".py")}) >= 5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        ("lambdastream lab", 1, "the package alone does not have them.\nGet the project's repository"),
        ("lambdastream workshop catch-up 01 --to 05 --prefix x", 2, "not in the project with the notebooks"),
        ("lambdastream status", 1, "No local AWS runs"),
    ],
)
def test_what_needs_the_repository_says_so(run, command, code, says):
    done = run(command)
    assert done.returncode == code
    assert says in done.stderr
