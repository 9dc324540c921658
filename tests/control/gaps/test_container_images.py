"""Functions that are container images, and the registry that they come from."""

import base64
import hashlib
import json
import shutil

import httpx
import pytest
from botocore.exceptions import ClientError

from lambdastream.runtime.containers.registry import PROGRAMS, Registry
from lambdastream.runtime.host import Host

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
NEEDS_REGISTRY = pytest.mark.skipif(
    not any(map(shutil.which, PROGRAMS)), reason="There is no docker-registry here: install it."
)


class Images:
    """A registry, and what pushes to it."""

    def __init__(self, address):
        self.address = address

    def push(self, name, tag="latest", word="one"):
        """Push an image that is another for another word; returns its digest."""
        url = f"http://{self.address}/v2/{name}"
        config = {**self._blob(url, json.dumps({"word": word}).encode()), "mediaType": "application/json"}
        manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []}).encode()
        answer = httpx.put(f"{url}/manifests/{tag}", content=manifest, headers={"content-type": MANIFEST})
        assert answer.status_code == 201
        return answer.headers["docker-content-digest"]

    def _blob(self, url, content):
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        upload = httpx.URL(httpx.post(f"{url}/blobs/uploads/").headers["location"])
        httpx.put(upload.copy_merge_params({"digest": digest}), content=content).raise_for_status()
        return {"digest": digest, "size": len(content)}


@pytest.fixture(scope="module")
def images(loop, control_plane, tmp_path_factory):
    """The control plane's registry."""
    host = Host()
    registry = Registry(tmp_path_factory.mktemp("images"))
    control_plane.data_plane.registry = loop.run(registry.address(host))
    yield Images(control_plane.data_plane.registry)
    control_plane.data_plane.registry = ""
    loop.run(registry.close())
    host.close()


@pytest.fixture
def create(control_plane):
    def create(name, uri, **settings):
        return control_plane["lambda"].create_function(
            FunctionName=name, PackageType="Image", Code={"ImageUri": uri}, Role=control_plane.role(), **settings
        )

    return create


@pytest.fixture
def repository(control_plane, images):
    """Make a repository; returns its address."""

    def make(name):
        return control_plane["ecr"].create_repository(repositoryName=name)["repository"]["repositoryUri"]

    return make


def test_without_a_registry_a_repository_can_be_made_and_whoever_pushes_is_told(control_plane):
    made = control_plane["ecr"].create_repository(repositoryName="no-registry")["repository"]
    assert made["repositoryUri"] == "123456789012.dkr.ecr.us-east-1.amazonaws.com/no-registry"
    with pytest.raises(ClientError, match=r"There is no registry\. Install it\."):
        control_plane["ecr"].get_authorization_token()


def test_an_image_that_is_put_without_docker_is_refused(control_plane):
    control_plane["ecr"].create_repository(repositoryName="put")
    with pytest.raises(ClientError, match="with Docker"):
        control_plane["ecr"].put_image(repositoryName="put", imageManifest="{}", imageTag="latest")


@NEEDS_REGISTRY
def test_docker_is_led_to_the_registry(control_plane, images, repository):
    assert repository("led") == f"{images.address}/led"
    [told] = control_plane["ecr"].get_authorization_token()["authorizationData"]
    assert told["proxyEndpoint"] == f"http://{images.address}"
    assert base64.b64decode(told["authorizationToken"]).startswith(b"AWS:")


@NEEDS_REGISTRY
def test_what_was_pushed_is_in_its_repository_until_it_is_deleted(control_plane, images, repository):
    repository("kept/here")
    digest, other = images.push("kept/here", "one"), images.push("kept/here", "two", word="two")
    assert images.push("kept/here", "also-one") == digest
    ecr = control_plane["ecr"]
    told = {
        each["imageDigest"]: sorted(each["imageTags"])
        for each in ecr.describe_images(repositoryName="kept/here")["imageDetails"]
    }
    assert told == {digest: ["also-one", "one"], other: ["two"]}
    with pytest.raises(ecr.exceptions.RepositoryNotEmptyException):
        ecr.delete_repository(repositoryName="kept/here")
    ecr.batch_delete_image(repositoryName="kept/here", imageIds=[{"imageTag": "also-one"}])
    [tags] = [
        each["imageTags"]
        for each in ecr.describe_images(repositoryName="kept/here", imageIds=[{"imageDigest": digest}])["imageDetails"]
    ]
    assert tags == ["one"]
    gone = ecr.batch_delete_image(repositoryName="kept/here", imageIds=[{"imageTag": "two"}])
    assert (gone["failures"], gone["imageIds"]) == ([], [{"imageDigest": other, "imageTag": "two"}])
    assert {each["imageDigest"] for each in ecr.list_images(repositoryName="kept/here")["imageIds"]} == {digest}
    ecr.delete_repository(repositoryName="kept/here", force=True)
    assert httpx.get(f"http://{images.address}/v2/kept/here/manifests/one").status_code == 404


@NEEDS_REGISTRY
@pytest.mark.conformance("image-pinned")
def test_a_function_is_pinned_to_what_its_tag_means_now(control_plane, images, repository, create):
    uri = f"{repository('pinned')}:latest"
    first = images.push("pinned")
    config = {"EntryPoint": ["python3"], "Command": ["app.py"], "WorkingDirectory": "/srv"}
    made = create("image-pinned", uri, ImageConfig=config, MemorySize=256)
    assert made["CodeSha256"] == first.removeprefix("sha256:")
    assert made["ImageConfigResponse"] == {"ImageConfig": config}
    assert made.keys().isdisjoint({"Handler", "Runtime", "Layers"})
    second = images.push("pinned", word="two")
    told = control_plane["lambda"].get_function(FunctionName="image-pinned")
    address = uri.removesuffix(":latest")
    assert told["Code"] == {"RepositoryType": "ECR", "ImageUri": uri, "ResolvedImageUri": f"{address}@{first}"}
    heard = control_plane.data_plane.functions
    assert heard["image-pinned"]["image"] == {
        "uri": f"{address}@{first}",
        "entry_point": ["python3"],
        "command": ["app.py"],
        "working_directory": "/srv",
    }
    changed = control_plane["lambda"].update_function_code(FunctionName="image-pinned", ImageUri=uri)
    assert changed["CodeSha256"] == second.removeprefix("sha256:")
    assert heard["image-pinned"]["image"]["uri"] == f"{address}@{second}"
    changed = control_plane["lambda"].update_function_configuration(FunctionName="image-pinned", ImageConfig={})
    assert "ImageConfigResponse" not in changed
    assert heard["image-pinned"]["image"]["command"] == []
    version = control_plane["lambda"].publish_version(FunctionName="image-pinned")["Version"]
    assert heard[f"image-pinned:{version}"]["image"]["uri"] == f"{address}@{second}"


@NEEDS_REGISTRY
def test_the_address_that_the_repository_has_on_aws_means_it_too(control_plane, images, repository, create):
    address = repository("by-account")
    digest = images.push("by-account")
    create("by-account", "123456789012.dkr.ecr.us-east-1.amazonaws.com/by-account")
    assert control_plane.data_plane.functions["by-account"]["image"]["uri"] == f"{address}@{digest}"


@NEEDS_REGISTRY
@pytest.mark.parametrize(
    ("image", "problem"),
    [
        pytest.param("python:3.13-slim", "is not valid", id="no repository of ECR"),
        pytest.param("{registry}/never-made:1", "there is no repository never-made", id="no such repository"),
        pytest.param("{registry}/empty:1", "push it first", id="not pushed"),
    ],
)
def test_an_image_that_aws_would_not_find_is_refused(control_plane, images, create, image, problem):
    if not control_plane["ecr"].describe_repositories()["repositories"] or "empty" in image:
        control_plane["ecr"].create_repository(repositoryName="empty")
    with pytest.raises(ClientError, match=problem):
        create("refused", image.format(registry=images.address))
    with pytest.raises(ClientError, match="Function not found"):
        control_plane["lambda"].get_function(FunctionName="refused")


@NEEDS_REGISTRY
def test_a_function_stays_what_it_is(control_plane, images, repository, create, zip_of):
    uri = repository("stays")
    images.push("stays")
    create("an-image", uri)
    with pytest.raises(ClientError, match="is a container image"):
        control_plane["lambda"].update_function_code(FunctionName="an-image", ZipFile=zip_of({"a.py": ""}))
    control_plane.create_function("a-zip")
    with pytest.raises(ClientError, match="is a zip archive"):
        control_plane["lambda"].update_function_code(FunctionName="a-zip", ImageUri=uri)


@NEEDS_REGISTRY
def test_a_stack_has_a_repository_and_a_function_from_it(control_plane, images):
    repository = {"Type": "AWS::ECR::Repository", "Properties": {"EmptyOnDelete": True}}
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
    }
    outputs = {"Uri": {"Value": {"Fn::GetAtt": ["Images", "RepositoryUri"]}}}
    assert (
        control_plane.create("Images", {"Resources": {"Images": repository}, "Outputs": outputs}) == "CREATE_COMPLETE"
    )
    uri = control_plane.outputs("Images")["Uri"]
    host, _, name = uri.partition("/")
    assert (host, name) == (images.address, name.lower())
    first = images.push(name, "1")

    def template(tag, **settings):
        function = {
            "PackageType": "Image",
            "Code": {"ImageUri": f"{uri}:{tag}"},
            "FunctionName": "from-a-stack",
            **settings,
        }
        function["Role"] = {"Fn::GetAtt": ["Role", "Arn"]}
        return {"Resources": {"Role": role, "Function": {"Type": "AWS::Lambda::Function", "Properties": function}}}

    assert control_plane.create("function", template("1", ImageConfig={"Command": ["one"]})) == "CREATE_COMPLETE"
    heard = control_plane.data_plane.functions
    assert heard["from-a-stack"]["image"] | {"entry_point": []} == {
        "uri": f"{uri}@{first}",
        "entry_point": [],
        "command": ["one"],
        "working_directory": "",
    }
    second = images.push(name, "2", word="two")
    assert control_plane.update("function", template("2")) == "UPDATE_COMPLETE"
    assert (heard["from-a-stack"]["image"]["uri"], heard["from-a-stack"]["image"]["command"]) == (f"{uri}@{second}", [])
    assert control_plane.update("function", template("3")) == "UPDATE_ROLLBACK_COMPLETE"
    assert any("push it first" in (reason or "") for _, _, reason in control_plane.events("function"))
    control_plane["cloudformation"].delete_stack(StackName="Images")
    assert httpx.get(f"http://{host}/v2/{name}/manifests/1").status_code == 404


@NEEDS_REGISTRY
def test_sams_own_repositories_are_refused_with_what_to_do(control_plane, images):
    template = {"Resources": {}, "Metadata": {"Source": "AwsSamCliCompanionStack"}}
    with pytest.raises(ClientError, match=rf"--image-repository {images.address}/NAME"):
        control_plane.create("one-CompanionStack", template)
