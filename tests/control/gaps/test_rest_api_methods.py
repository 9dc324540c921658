"""REST APIs that are described piece by piece, as the CDK does."""

import copy

import pytest

FUNCTION_URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${Web.Arn}/invocations"
ROOT = {"Fn::GetAtt": ["Api", "RootResourceId"]}
TYPE = "AWS::ApiGateway::"
INTEGRATION = "x-amazon-apigateway-integration"


def of_api(kind, after=(), **properties):
    resource = {"Type": TYPE + kind, "Properties": {"RestApiId": {"Ref": "Api"}, **properties}}
    return resource | {"DependsOn": list(after)}


def method(where, verb="ANY", **properties):
    proxy = {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": {"Fn::Sub": FUNCTION_URI}}
    settings = {"AuthorizationType": "NONE", "HttpMethod": verb, "Integration": proxy, **properties}
    return of_api("Method", ResourceId=where, **settings)


PREFLIGHT = {
    "Type": "MOCK",
    "RequestTemplates": {"application/json": "{ statusCode: 204 }"},
    "IntegrationResponses": [
        {"StatusCode": "204", "ResponseParameters": {"method.response.header.Access-Control-Allow-Origin": "'*'"}}
    ],
}


@pytest.fixture(scope="module")
def template(function, role):
    """An API with a stage, and the methods `ANY /`, `ANY /{proxy+}` and `GET /a/{id}`."""
    return {
        "Resources": {
            "Role": role,
            "Web": function(),
            "Api": {"Type": TYPE + "RestApi", "Properties": {"Name": "by-pieces", "BinaryMediaTypes": ["image~1png"]}},
            "Proxy": of_api("Resource", ParentId=ROOT, PathPart="{proxy+}"),
            "A": of_api("Resource", ParentId=ROOT, PathPart="a"),
            "Id": of_api("Resource", ParentId={"Ref": "A"}, PathPart="{id}"),
            "AnyRoot": method(ROOT),
            "AnyProxy": method({"Ref": "Proxy"}, AuthorizationType="AWS_IAM"),
            "GetId": method({"Ref": "Id"}, "GET"),
            "First": of_api("Deployment", ["AnyRoot", "AnyProxy", "GetId"]),
            "Stage": of_api("Stage", DeploymentId={"Ref": "First"}, StageName="prod"),
        },
        "Outputs": {"Url": {"Value": {"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/prod/"}}},
    }


@pytest.fixture
def change(template):
    """A copy of the template, with changes to some resources' properties; `None` takes a resource away."""

    def changed(**resources):
        copied = copy.deepcopy(template)
        for name, properties in resources.items():
            if properties is None:
                del copied["Resources"][name]
            else:
                copied["Resources"][name]["Properties"] |= properties
        return copied

    return changed


@pytest.fixture(scope="module")
def api(control_plane, template):
    """Looks up what the data plane was told of the stack's API."""
    assert control_plane.create("by-pieces", template) == "CREATE_COMPLETE", control_plane.events("by-pieces")
    return lambda: next(it for it in control_plane.data_plane.apis.values() if it["name"] == "by-pieces")


def paths(api):
    return {path: sorted(item) for path, item in api()["body"]["paths"].items()}


def test_the_data_plane_hears_of_each_method(api):
    assert (api()["type"], api()["stage"]) == ("REST", "prod")
    any_method = ["x-amazon-apigateway-any-method"]
    assert paths(api) == {"/": any_method, "/{proxy+}": any_method, "/a/{id}": ["get"]}


def test_it_hears_who_may_call_and_what_answers(api):
    signed = api()["body"]["paths"]["/{proxy+}"]["x-amazon-apigateway-any-method"]
    assert signed["x-amazon-apigateway-auth"] == {"type": "AWS_IAM"}
    assert signed[INTEGRATION]["type"] == "AWS_PROXY"
    assert ":function:by-pieces-Web-" in signed[INTEGRATION]["uri"]
    assert api()["body"]["x-amazon-apigateway-binary-media-types"] == ["image/png"]


def test_the_output_leads_to_the_data_plane(control_plane, api):
    assert control_plane.outputs("by-pieces")["Url"] == f"http://127.0.0.1:22{len(api()['id']):03}/prod/"


def test_its_pieces_are_listed_as_on_aws(control_plane, api):
    told = control_plane["apigateway"].get_resources(restApiId=api()["id"])["items"]
    assert {it["path"]: sorted(it.get("resourceMethods", ())) for it in told} == {
        "/": ["ANY"],
        "/{proxy+}": ["ANY"],
        "/a": [],
        "/a/{id}": ["GET"],
    }


def test_what_is_changed_is_changed_there(control_plane, api, change):
    assert control_plane.update("by-pieces", change(A={"PathPart": "b"}, GetId={"HttpMethod": "PUT"})) == (
        "UPDATE_COMPLETE"
    )
    assert paths(api)["/b/{id}"] == ["put"]
    assert "/a/{id}" not in paths(api)


def test_an_update_that_fails_leaves_it_as_it_was(control_plane, api, change):
    control_plane.update("by-pieces", change())
    before = paths(api)
    wrong = change(A={"PathPart": "c"}, GetId={"HttpMethod": "PUT"})
    wrong["Resources"]["Odd"] = {"Type": "AWS::Lambda::Url", "DependsOn": ["GetId"]}
    assert control_plane.update("by-pieces", wrong) == "UPDATE_ROLLBACK_COMPLETE", control_plane.events("by-pieces")
    assert paths(api) == before


def test_what_is_taken_away_is_gone_there(control_plane, api, change):
    fewer = change(GetId=None, Id=None, A=None)
    fewer["Resources"]["First"]["DependsOn"].remove("GetId")
    assert control_plane.update("by-pieces", fewer) == "UPDATE_COMPLETE"
    assert sorted(paths(api)) == ["/", "/{proxy+}"]


def test_it_goes_with_its_stack(control_plane, api):
    gone = api()["id"]
    control_plane["cloudformation"].delete_stack(StackName="by-pieces")
    assert gone not in control_plane.data_plane.apis
    assert gone not in {it["id"] for it in control_plane["apigateway"].get_rest_apis()["items"]}


def test_a_preflight_is_answered_without_a_function(control_plane, change):
    template = change(GetId={"HttpMethod": "OPTIONS", "Integration": PREFLIGHT}, Api={"Name": "preflight"})
    assert control_plane.create("preflight", template) == "CREATE_COMPLETE", control_plane.events("preflight")
    api = next(it for it in control_plane.data_plane.apis.values() if it["name"] == "preflight")
    answer = api["body"]["paths"]["/a/{id}"]["options"][INTEGRATION]["responses"]["default"]
    assert answer["statusCode"] == "204"


@pytest.mark.conformance("api-authorizers")
@pytest.mark.parametrize(
    ("properties", "told"),
    [
        ({"AuthorizationType": "CUSTOM"}, "GET /a/{id}: authorization by CUSTOM is not simulated."),
        ({"ApiKeyRequired": True}, "GET /a/{id}: authorization by api_key is not simulated."),
        ({"Integration": {"Type": "HTTP", "Uri": "https://example.com"}}, "an integration of type 'http'"),
    ],
    ids=["authorizer", "API key", "integration"],
)
def test_a_method_that_is_not_simulated_fails_by_name(control_plane, change, properties, told):
    name = f"by-pieces-{len(told)}"
    assert control_plane.create(name, change(GetId=properties, Api={"Name": name})) == "ROLLBACK_COMPLETE"
    failed = {of: reason for of, status, reason in control_plane.events(name) if status == "CREATE_FAILED"}
    assert set(failed) == {"GetId"}
    assert told in failed["GetId"]
    assert name not in {api["name"] for api in control_plane.data_plane.apis.values()}


def test_a_path_is_there_once(control_plane, change):
    template = change(A={"PathPart": "{proxy+}"}, Api={"Name": "twice"})
    assert control_plane.create("twice", template) == "ROLLBACK_COMPLETE"
    reasons = [reason for _, status, reason in control_plane.events("twice") if status == "CREATE_FAILED"]
    assert reasons == ["Another resource with the same parent already has this name: {proxy+}"]
