"""Functions that are container images, in a data plane: real containers of a real daemon."""

import hashlib
import io
import json
import shutil
import tarfile
import time
from itertools import pairwise
from pathlib import Path

import pytest

from lambdastream.errors import DescriptionError
from lambdastream.runtime.description import ContainerImage
from lambdastream.runtime.limits import Limits
from lambdastream.runtime.web_adapter.binary import machine_architecture

pytestmark = pytest.mark.slow

DOCKERFILE = """
FROM {base}
COPY --from={adapter} /lambda-adapter /opt/extensions/lambda-adapter
WORKDIR /var/task
COPY server.py .
ENV PORT=8080 AWS_LWA_INVOKE_MODE=response_stream FROM_THE_IMAGE=yes
CMD ["python3", "server.py"]
"""
USER = 993
TMP = "/tmp"  # noqa: S108 - a function's own
NO_ADAPTER = {"entry_point": ("python3",), "command": ("/var/task/server.py", "runtime")}


@pytest.fixture(scope="module")
def local(docker, tmp_path_factory, local_of):
    with local_of(tmp_path_factory.mktemp("logs")) as local:
        yield local
    # Whatever was started is gone.
    assert docker.containers() == []
    assert docker.volumes() == []


@pytest.fixture(scope="module")
def uri(local, docker, base, adapter_image, tmp_path_factory):
    """The app's image, pushed to the registry of the local Lambda."""
    context = tmp_path_factory.mktemp("image")
    shutil.copy(Path(__file__).with_name("server.py"), context)
    (context / "Dockerfile").write_text(DOCKERFILE.format(base=base, adapter=adapter_image))
    uri = f"{local.loop.run(local.plane.registry())}/app:latest"
    docker.build(context, "--tag", uri)
    docker("push", "--quiet", uri)
    # It must come from there.
    docker("image", "rm", uri)
    return uri


@pytest.fixture(scope="module")
def deploy(local, uri):
    def deploy(name="", *, mode="RESPONSE_STREAM", memory=256, image=None, **settings):
        image = ContainerImage(uri, **(image or {}))
        return local.deploy(Path(), "", name=name, mode=mode, memory=memory, image=image, **settings)

    return deploy


@pytest.fixture(scope="module")
def web(deploy):
    """The app behind the adapter, as the image has it."""
    return deploy("web", environment={"OWN": "variable"}, ephemeral_storage=600)


def lines(deployed, *beginnings):
    """The first words of the log's lines that begin so."""
    return [line.split()[0] for line in deployed.log.splitlines() if line.startswith(beginnings)]


@pytest.mark.conformance("image-extensions")
def test_its_answer_streams_through_the_adapter_of_the_image(web, eventually):
    began, arrivals = time.monotonic(), []
    with web.stream("GET", "steps") as answer:
        for piece in answer.iter_raw():
            arrivals.append(time.monotonic() - began)
            assert piece
    gaps = [later - sooner for sooner, later in pairwise(arrivals)]
    assert len(arrivals) == 4
    assert all(0.1 < gap < 1 for gap in gaps), gaps
    eventually(lambda: "REPORT" in web.log)
    assert lines(web, "START", "begun", "done", "END", "REPORT") == ["START", "begun", "done", "END", "REPORT"]


@pytest.mark.conformance("image-sandbox")
def test_it_sees_what_lambda_shows(web):
    told = web.get("facts").json()
    variables = told.pop("variables")
    assert told == {
        "user": USER,
        "folder": "/var/task",
        "writable": [TMP],
        "tmp": 600,
        "capabilities": "0000000000000000",
    }
    assert {name: variables[name] for name in ("OWN", "FROM_THE_IMAGE", "AWS_LAMBDA_FUNCTION_NAME", "TZ")} == {
        "OWN": "variable",
        "FROM_THE_IMAGE": "yes",
        "AWS_LAMBDA_FUNCTION_NAME": "web",
        "TZ": ":UTC",
    }
    assert variables["PORT"] == variables["AWS_LWA_PORT"] != "8080"
    assert variables.keys().isdisjoint({"AWS_EXECUTION_ENV", "DOCKER_HOST", "LAMBDA_TASK_ROOT", "FROM_THE_PARENT"})


def test_requests_at_the_same_time_have_environments_of_their_own(web):
    with web.stream("GET", "steps") as one, web.stream("GET", "steps") as other:
        bodies = [b"".join(answer.iter_raw()) for answer in (one, other)]
    assert bodies == [b"0123"] * 2
    assert len({environment["port"] for environment in web.status()["environments"]}) == 2


def test_more_memory_than_it_may_have_ends_it_and_the_next_request_is_answered(web, eventually):
    assert web.get("memory").status_code == 502
    assert web.get().text == "ready"


@pytest.mark.conformance("image-entrypoint")
@pytest.mark.parametrize(
    ("image", "error_type", "message"),
    [
        pytest.param(
            {"entry_point": ("nosuch",)},
            "Runtime.InvalidEntrypoint",
            "fork/exec nosuch: no such file or directory",
            id="no such program",
        ),
        pytest.param(
            {"entry_point": ("/var/task/server.py",), "command": ("one",)},
            "Runtime.InvalidEntrypoint",
            "fork/exec /var/task/server.py: permission denied",
            id="not executable",
        ),
        pytest.param(
            {"command": ("python3", "server.py", "exit")},
            "Runtime.ExitError",
            "Runtime exited with error: exit status 1",
            id="an exit",
        ),
    ],
)
def test_why_it_does_not_start_is_told_as_on_aws(local, deploy, image, error_type, message):
    failing = deploy(mode=None, image=image)
    told = local.invoke(failing.name)
    assert told["errorType"] == error_type
    assert message in told["errorMessage"]
    assert "exit" not in image.get("command", ()) or "the app gives up" in failing.log


@pytest.mark.conformance("image-config")
def test_image_config_stands_for_what_the_image_says(local, deploy):
    deployed = deploy("runtime", mode=None, image={**NO_ADAPTER, "working_directory": TMP})
    told = local.invoke("runtime", greeting="hello")
    assert told["event"] == {"greeting": "hello"}
    assert told["folder"] == TMP
    # An image that has an adapter has it started; here it has nothing to do, and is not in the way.
    assert deployed.status()["environments"]


def test_an_image_for_another_processor_is_refused(local, docker, deploy, uri):
    other = {"x86_64": "arm64", "arm64": "amd64"}[machine_architecture()]
    name = f"{uri.partition('/')[0]}/foreign:latest"
    docker("load", stdin=_image(name, other))
    docker("push", "--quiet", name)
    with pytest.raises(DescriptionError, match=f"is built for {other.replace('amd64', 'x86_64')}, and this machine is"):
        local.deploy(Path(), "", image=ContainerImage(name))


def _image(name, architecture):
    """An image with one empty layer, as ``docker save`` writes it."""
    layer = io.BytesIO()
    tarfile.open(fileobj=layer, mode="w").close()
    digest = hashlib.sha256(layer.getvalue()).hexdigest()
    rootfs = {"type": "layers", "diff_ids": [f"sha256:{digest}"]}
    config = {"architecture": architecture, "os": "linux", "config": {"Cmd": ["/program"]}, "rootfs": rootfs}
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    files = {
        "config.json": json.dumps(config).encode(),
        "layer.tar": layer.getvalue(),
        "manifest.json": json.dumps(manifest).encode(),
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def test_an_image_that_is_nowhere_is_told(local, uri):
    missing = uri.replace("app:latest", "nothing:latest")
    with pytest.raises(DescriptionError, match="cannot pull the image"):
        local.deploy(Path(), "", image=ContainerImage(missing))


def test_between_invocations_its_containers_can_stand_still(docker, deploy, uri, local_of, tmp_path, eventually):
    def states():
        return docker("ps", "--filter", "name=lambdastream-still", "--format", "{{.State}}").split()

    with local_of(tmp_path / "logs", Limits(freeze=True)) as local:
        still = local.deploy(Path(), "", name="still", mode="RESPONSE_STREAM", memory=256, image=ContainerImage(uri))
        assert still.get().text == "ready"
        eventually(lambda: states() == ["paused", "paused"])
        assert still.get().text == "ready"
    assert states() == []
    assert "asked to stop" in still.log


def test_a_function_that_is_removed_leaves_nothing(local, docker, deploy):
    gone = deploy("gone")
    assert gone.get().text == "ready"
    assert len([name for name in docker.containers() if "-gone-" in name]) == 2
    local.loop.run(local.plane.remove("gone"))
    assert [name for name in docker.containers() if "-gone-" in name] == []
