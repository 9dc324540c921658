"""What follows when the state has been loaded: functions and APIs run again, and what was cut off is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from moto.apigateway.models import apigateway_backends
from moto.apigatewayv2.models import apigatewayv2_backends
from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.cloudformation.models import CloudFormationBackend, Stack, cloudformation_backends
from moto.core.base_backend import BackendDict
from moto.ecr.models import ecr_backends

from lambdastream.control.gaps.function_deployment import alias_urls, deploy, deploy_versions
from lambdastream.control.gaps.http_apis import deploy_http_api
from lambdastream.control.gaps.outputs import set_outputs
from lambdastream.control.gaps.rest_apis import deploy_rest_api
from lambdastream.control.gaps.stack_events import stack_event, words
from lambdastream.control.gaps.stacks import REVIEW

IN_PROGRESS: Final = "_IN_PROGRESS"
CUT_OFF: Final = "The local AWS ended before this did."
_BODY: Final = "lambdastream_body"


def revive() -> None:
    """Bring what the state holds to the data plane again. What does not run any more is said on standard output."""
    for stack in [stack for backend in _stacks_backends() for stack in backend.stacks.values()]:
        _cut_off(stack)
    before = _addresses()
    for backend in _backends(ecr_backends):
        for repository in backend.repositories.values():
            # To ask for the address starts the registry: whoever knows it pushes without a word to anybody else.
            _ = repository.uri
    for backend in _backends(lambda_backends):
        for function in backend.list_functions():
            _revive_function(backend, function)
    for backend in _backends(apigatewayv2_backends):
        _revive_apis(backend.apis.values(), deploy_http_api)
    for backend in _backends(apigateway_backends):
        _revive_apis(backend.apis.values(), deploy_rest_api)
    _tell_moved(before)


def _cut_off(stack: Stack) -> None:
    """A stack that was being changed stays as far as that came: it can be changed again, or deleted."""
    if not stack.status.endswith(IN_PROGRESS) or stack.status == REVIEW:
        return
    if not stack.status.startswith("DELETE"):
        before, wanted = stack.template_dict, stack.resource_map._template  # noqa: SLF001 - it has no other name
        resources = {**before.get("Resources", {}), **wanted.get("Resources", {})}
        # Of both, so that whatever is there can be deleted; the mark makes it differ from what is deployed next.
        stack.template_dict = {**wanted, "Resources": resources, "CutOff": True}
    stack_event(stack, stack.status.removesuffix(IN_PROGRESS).removesuffix("_CLEANUP") + "_FAILED", CUT_OFF)


def _revive_function(backend: Any, function: LambdaFunction) -> None:
    if function.state == "Pending":
        # It was being created, and nobody was told that it is.
        backend.delete_function(function.function_name)
        return
    try:
        deploy(function)
        deploy_versions(function)
    except Exception as error:  # noqa: BLE001 - the others go on
        function.state = "Failed"
        _tell(f"The function {function.function_name} does not run any more: {words(error)}")


def _revive_apis(apis: Any, deploy_api: Callable[[Any], None]) -> None:
    for api in apis:
        if _BODY not in vars(api):
            continue
        try:
            deploy_api(api)
        except Exception as error:  # noqa: BLE001 - the others go on
            _tell(f"The API {api.name} does not answer any more: {words(error)}")


def _addresses() -> dict[str, str]:
    functions = [function for backend in _backends(lambda_backends) for function in backend.list_functions()]
    configured = [
        (f"{it.function_name} {alias}".rstrip(), config)
        for it in functions
        for alias, config in (("", it.url_config), *alias_urls(it).items())
        if config is not None
    ]
    urls = {f"The URL of {name}": config.url for name, config in configured}
    apis = [api for backend in _backends(apigatewayv2_backends) for api in backend.apis.values()]
    return urls | {f"The API {api.name}": api.api_endpoint for api in apis if _BODY in vars(api)}


def _tell_moved(before: dict[str, str]) -> None:
    """Say which addresses are new, because another program has taken the old ones, and put them into stacks' outputs."""
    moved = [(name, before.get(name), url) for name, url in _addresses().items() if url != before.get(name)]
    for name, old, new in moved:
        _tell(f"{name} has moved from {old} to {new}, since its port was taken. Deploy again what uses the old one.")
    if moved:
        for backend in _stacks_backends():
            for stack in backend.stacks.values():
                _put_right(backend, stack)


def _put_right(backend: CloudFormationBackend, stack: Stack) -> None:
    if not stack.status.endswith("_COMPLETE") or not stack.template_dict.get("Outputs"):
        return
    try:
        set_outputs(backend, stack, stack.template_dict)
    except Exception as error:  # noqa: BLE001 - the others go on
        _tell(f"The outputs of the stack {stack.name} are as they were: {words(error)}")


def _backends(services: BackendDict[Any]) -> list[Any]:
    return [backend for _, _, backend in services.iter_backends()]


def _stacks_backends() -> Iterator[CloudFormationBackend]:
    yield from _backends(cloudformation_backends)


def _tell(text: str) -> None:
    print(text, flush=True)
