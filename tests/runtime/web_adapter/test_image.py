"""Pulling the adapter's binary out of its container image, from a real registry on loopback."""

import contextlib
import gzip
import hashlib
import http.server
import io
import json
import socket
import subprocess
import tarfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from lambdastream.errors import AdapterNotFoundError
from lambdastream.runtime.web_adapter import image
from lambdastream.runtime.web_adapter.adapter import find_adapter
from lambdastream.runtime.web_adapter.binary import machine_architecture
from lambdastream.runtime.web_adapter.image import pull_adapter

REGISTRY = "/usr/bin/docker-registry"
CONFIGURATION = """
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""
TRUE = Path("/bin/true").read_bytes()
MACHINES = {"x86_64": 62, "arm64": 183}
PLATFORMS = {"x86_64": "amd64", "arm64": "arm64"}


class Dialect(NamedTuple):
    """The media types of one family of images."""

    index: str
    manifest: str
    configuration: str
    layer: str
    compress: bool


DOCKER = Dialect(
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.container.image.v1+json",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
    compress=True,
)
OCI = Dialect(
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.oci.image.layer.v1.tar+gzip",
    compress=True,
)
OCI_PLAIN = OCI._replace(layer="application/vnd.oci.image.layer.v1.tar", compress=False)


def binary(architecture):
    """A file that is an ELF program for that architecture by its header."""
    return TRUE[:18] + MACHINES[architecture].to_bytes(2, "little") + TRUE[20:]


def tar(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


class Registry:
    """The test's side of a registry: pushes images, and reaches into its storage."""

    def __init__(self, host, folder):
        self.host = host
        self._folder = folder
        self._client = httpx.Client(base_url=f"http://{host}/v2/", trust_env=False)

    def push(self, name, layers, dialect=OCI, architectures=("x86_64", "arm64"), *, index=True):
        """Push ``name:1.0.0``; ``layers`` gives an architecture's layers, from the lowest up. Returns the reference."""
        entries = []
        for architecture in architectures:
            blobs = [gzip.compress(layer, mtime=0) if dialect.compress else layer for layer in layers(architecture)]
            platform = {"os": "linux", "architecture": PLATFORMS.get(architecture, architecture)}
            manifest = {
                "schemaVersion": 2,
                "mediaType": dialect.manifest,
                "config": self._blob(name, json.dumps(platform).encode(), dialect.configuration),
                "layers": [self._blob(name, blob, dialect.layer) for blob in blobs],
            }
            entries.append({**self._manifest(name, manifest, "" if index else "1.0.0"), "platform": platform})
        if index:
            self._manifest(name, {"schemaVersion": 2, "mediaType": dialect.index, "manifests": entries}, "1.0.0")
        return f"{self.host}/{name}:1.0.0"

    def stored(self, digest):
        """The file that holds a blob or manifest."""
        algorithm, _, value = digest.partition(":")
        return self._folder / "docker/registry/v2/blobs" / algorithm / value[:2] / value / "data"

    def manifest(self, name, reference="1.0.0"):
        return self._get_manifest(name, reference).json()

    def digest(self, name):
        return self._get_manifest(name, "1.0.0").headers["Docker-Content-Digest"]

    def close(self):
        self._client.close()

    def _get_manifest(self, name, reference):
        accept = f"{OCI.index}, {OCI.manifest}, {DOCKER.index}, {DOCKER.manifest}"
        return self._client.get(f"{name}/manifests/{reference}", headers={"Accept": accept})

    def _blob(self, name, content, media_type):
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        upload = httpx.URL(self._client.post(f"{name}/blobs/uploads/").headers["Location"])
        self._client.put(upload.copy_merge_params({"digest": digest}), content=content).raise_for_status()
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    def _manifest(self, name, value, tag):
        content = json.dumps(value).encode()
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        headers = {"Content-Type": value["mediaType"]}
        self._client.put(f"{name}/manifests/{tag or digest}", content=content, headers=headers).raise_for_status()
        return {"mediaType": value["mediaType"], "digest": digest, "size": len(content)}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def wait_until_ready(host, process):
    deadline = time.monotonic() + 20
    while True:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"http://{host}/v2/", trust_env=False).is_success:
                return
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    if not Path(REGISTRY).exists():
        pytest.skip(f"{REGISTRY} is not there: install the package docker-registry to test the pull")
    folder = tmp_path_factory.mktemp("registry")
    host = f"127.0.0.1:{free_port()}"
    configuration = folder / "registry.yml"
    configuration.write_text(CONFIGURATION.format(folder=folder / "storage", port=host.partition(":")[2]))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([REGISTRY, "serve", configuration], stdout=log, stderr=log)
        try:
            wait_until_ready(host, process)
            with contextlib.closing(Registry(host, folder / "storage")) as pushed:
                yield pushed
        finally:
            process.terminate()
            process.wait(timeout=60)


def only_the_binary(architecture):
    return [tar({"lambda-adapter": binary(architecture)})]


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
@pytest.mark.parametrize(
    "dialect",
    [
        pytest.param(DOCKER, id="Docker, gzip"),
        pytest.param(OCI, id="OCI, gzip"),
        pytest.param(OCI_PLAIN, id="OCI, uncompressed"),
    ],
)
def test_the_binary_for_the_architecture_is_pulled(registry, tmp_path, architecture, dialect):
    image = registry.push("dialects", only_the_binary, dialect)

    assert pull_adapter(image, architecture, tmp_path / "binary") == "1.0.0"
    assert (tmp_path / "binary").read_bytes() == binary(architecture)


BASE = {"etc/passwd": b"root:x:0:0::/:/bin/sh\n", "extensions/lambda-adapter": b"not at the top"}


@pytest.mark.parametrize(
    "layers",
    [
        pytest.param([{"lambda-adapter": TRUE}], id="alone"),
        pytest.param([{**BASE, "lambda-adapter": TRUE, "z": b""}], id="among other files"),
        pytest.param([BASE, {"lambda-adapter": TRUE}], id="in the upper layer"),
        pytest.param([{"lambda-adapter": TRUE}, BASE], id="in the lower layer"),
        pytest.param([{"lambda-adapter": b"old"}, {"lambda-adapter": TRUE}], id="replaced by an upper layer"),
        pytest.param([{"./lambda-adapter": TRUE}], id="under a name with a dot"),
        pytest.param([{"/lambda-adapter": TRUE}], id="under an absolute name"),
    ],
)
def test_the_binary_is_found_wherever_the_image_has_it(registry, tmp_path, layers):
    image = registry.push("layers", lambda _: [tar(layer) for layer in layers])

    pull_adapter(image, "x86_64", tmp_path / "binary")

    assert (tmp_path / "binary").read_bytes() == TRUE


def test_an_image_for_one_platform_needs_no_index(registry, tmp_path):
    image = registry.push("single", only_the_binary, architectures=["arm64"], index=False)

    pull_adapter(image, "arm64", tmp_path / "binary")

    assert (tmp_path / "binary").read_bytes() == binary("arm64")


def test_an_image_can_be_pinned_by_its_digest(registry, tmp_path):
    image = registry.push("pinned", only_the_binary, architectures=["arm64"], index=False)

    assert pull_adapter(f"{image}@{registry.digest('pinned')}", "arm64", tmp_path / "binary") == "1.0.0"
    with pytest.raises(AdapterNotFoundError, match="404"):
        pull_adapter(f"{image}@sha256:{'0' * 64}", "arm64", tmp_path / "binary")


@pytest.mark.parametrize(
    ("part", "damage"),
    [
        pytest.param("index", lambda content: content.replace(b"amd64", b"armel"), id="an index with another platform"),
        pytest.param("manifest", lambda content: content + b" ", id="a manifest with a space behind it"),
        pytest.param("layer", lambda content: content.replace(b"ELF", b"elf"), id="a layer with other bytes"),
        pytest.param("layer", lambda content: content[:-1], id="a layer without its end"),
        pytest.param("layer", lambda content: content + b"\0", id="a layer with something added"),
    ],
)
def test_what_does_not_have_its_digest_is_refused(registry, tmp_path, part, damage):
    image = registry.push("tampered", only_the_binary, OCI_PLAIN)
    manifest = registry.manifest("tampered")["manifests"][0]["digest"]
    layer = registry.manifest("tampered", manifest)["layers"][0]["digest"]
    stored = registry.stored({"index": registry.digest("tampered"), "manifest": manifest, "layer": layer}[part])
    whole = stored.read_bytes()
    stored.write_bytes(damage(whole))
    assert stored.read_bytes() != whole

    try:
        with pytest.raises(AdapterNotFoundError, match=f"The image {image} could not be pulled: its digest is wrong"):
            pull_adapter(image, "x86_64", tmp_path / "binary")
    finally:
        stored.write_bytes(whole)

    assert not (tmp_path / "binary").exists()


@pytest.mark.parametrize(
    ("name", "layers", "architectures", "reason"),
    [
        pytest.param("no-arm", only_the_binary, ["x86_64"], "it has nothing for linux/arm64", id="no such platform"),
        pytest.param("base", lambda _: [tar(BASE)], ["arm64"], "has no file /lambda-adapter", id="no such file"),
        pytest.param("empty", lambda _: [], ["arm64"], "has no file /lambda-adapter", id="no layers"),
        pytest.param("odd", lambda _: [b"no tar"], ["arm64"], "could not be pulled: ", id="a layer that is no archive"),
        pytest.param(
            "cut", lambda a: [only_the_binary(a)[0][:2000]], ["arm64"], "unexpected end of data", id="a layer cut short"
        ),
    ],
)
def test_an_image_without_the_binary_is_told(registry, tmp_path, name, layers, architectures, reason):
    image = registry.push(name, layers, architectures=architectures)
    with pytest.raises(AdapterNotFoundError, match=reason):
        pull_adapter(image, "arm64", tmp_path / "binary")


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        pytest.param("{host}/there:2.0.0", "404", id="no such tag"),
        pytest.param("{host}/nowhere:1.0.0", "404", id="no such image"),
        pytest.param("127.0.0.1:1/lwa:1.0.0", "Connection refused", id="no registry"),
        pytest.param("", "does not match", id="no reference"),
    ],
)
def test_an_image_that_is_not_there_is_told_at_once(registry, tmp_path, image, reason):
    registry.push("there", only_the_binary)
    image = image.format(host=registry.host)
    before = time.monotonic()

    with pytest.raises(AdapterNotFoundError, match=f"The image {image} could not be pulled: .*{reason}"):
        pull_adapter(image, "x86_64", tmp_path / "binary")

    # oras itself would try again for more than two minutes.
    assert time.monotonic() - before < 60


def test_a_registry_that_says_nothing_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(image, "READ_TIMEOUT", 0.2)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(AdapterNotFoundError, match="timed out"),
    ):
        pull_adapter(f"127.0.0.1:{silent.getsockname()[1]}/lwa:1.0.0", "x86_64", tmp_path / "binary")


def test_the_image_is_preferred_to_building_and_its_binary_is_kept(registry, tmp_path, monkeypatch):
    image = registry.push("whole-way", lambda architecture: [tar({"lambda-adapter": binary(architecture)})])
    use(monkeypatch, tmp_path, image)
    said = []

    adapter = find_adapter(say=said.append)

    assert adapter.version == "1.0.0"
    assert adapter.path.is_relative_to(tmp_path / "cache")
    assert adapter.path.read_bytes() == TRUE
    assert adapter.path.stat().st_mode & 0o777 == 0o755
    assert said == [
        f"Getting the Lambda Web Adapter from the image {image}.",
        f"The Lambda Web Adapter 1.0.0 is ready: {adapter.path}",
    ]
    use(monkeypatch, tmp_path, "127.0.0.1:1/lwa:1.0.0")
    assert find_adapter() == adapter


@pytest.mark.parametrize(
    ("layers", "reason"),
    [
        pytest.param(lambda _: [tar({"lambda-adapter": b"<html>"})], "not a program", id="not a program"),
        pytest.param(
            lambda a: only_the_binary({"x86_64": "arm64", "arm64": "x86_64"}[a]), "not a program", id="swapped"
        ),
    ],
)
def test_a_file_that_cannot_run_here_is_a_reason_like_any_other(registry, tmp_path, monkeypatch, layers, reason):
    use(monkeypatch, tmp_path, registry.push("unfit", layers))

    with pytest.raises(AdapterNotFoundError, match=reason) as failed:
        find_adapter()

    assert "There is no cargo" in failed.value.problem


def test_a_tag_that_is_no_version_that_fits_is_told(registry, tmp_path, monkeypatch):
    registry.push("versions", only_the_binary, architectures=[machine_architecture()], index=False)
    use(monkeypatch, tmp_path, f"{registry.host}/versions@{registry.digest('versions')}")

    with pytest.raises(AdapterNotFoundError, match="is not a version that fits"):
        find_adapter()


def use(monkeypatch, tmp_path, image):
    monkeypatch.setenv("LAMBDASTREAM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LAMBDASTREAM_ADAPTER_IMAGE", image)
    monkeypatch.delenv("LAMBDASTREAM_ADAPTER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "no-programs"))
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "no-cargo-home"))


class TokenRegistry(http.server.BaseHTTPRequestHandler):
    """Hands out anonymous tokens, and sends those who fetch a blob elsewhere, as Amazon's public registry does."""

    protocol_version = "HTTP/1.1"
    layer = tar({"lambda-adapter": TRUE})
    manifest = json.dumps(
        {"layers": [{"digest": f"sha256:{hashlib.sha256(layer).hexdigest()}", "size": len(layer)}]}
    ).encode()

    def do_GET(self):
        place = self.path.partition("?")[0]
        if place == "/token/":
            granted = self.path == "/token/?service=lwa.example&scope=aws"
            self.answer(200 if granted else 400, b'{"token": "anonymous"}')
        elif place == "/storage/layer":
            self.answer(200, self.layer)
        elif self.headers["Authorization"] != "Bearer anonymous":
            realm = f'Bearer realm="http://{self.headers["Host"]}/token/",service="lwa.example",scope="aws"'
            self.answer(401, b"", **{"WWW-Authenticate": realm})
        elif "/blobs/" in place:
            self.answer(307, b"", Location="/storage/layer")
        else:
            self.answer(200, self.manifest)

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def token_registry():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), TokenRegistry) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_registry_that_wants_a_token_gives_one_to_anybody(token_registry, tmp_path):
    pull_adapter(f"{token_registry}/awsguru/aws-lambda-adapter:1.0.0", "x86_64", tmp_path / "binary")

    assert (tmp_path / "binary").read_bytes() == TRUE
