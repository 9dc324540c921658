"""The app of ``template.yaml`` as a CDK stack: Mangum behind a REST API, the Lambda Web Adapter behind a function URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from bundling import chat_code
from settings import Settings

ADAPTER_ACCOUNT: Final = "753240598075"
ADAPTER_VERSION: Final = 27
ADAPTER_NAMES: Final = {"x86_64": "LambdaAdapterLayerX86", "arm64": "LambdaAdapterLayerArm64"}
ARCHITECTURES: Final = {"x86_64": lambda_.Architecture.X86_64, "arm64": lambda_.Architecture.ARM_64}
REQUESTS_A_SECOND: Final = 5


class StreamingChat(cdk.Stack):  # type: ignore[misc] # mypy passes over the CDK: reading it takes minutes
    """One app, twice: Mangum collects its answers, the adapter streams them."""

    def __init__(self, scope: Construct, name: str, settings: Settings) -> None:
        super().__init__(
            scope, name, description="One FastAPI app, twice: Mangum behind a REST API, and LWA, which streams."
        )
        self._settings = settings
        self._code = chat_code(settings)
        self._mangum()
        self._lwa()

    def _mangum(self) -> None:
        """Lambda's own Python runtime calls the handler. The API waits for the whole answer."""
        # A REST API waits 29 s: the function gives up first, and its log says so.
        function = self._function("ChatMangum", handler="handler.handler", timeout=cdk.Duration.seconds(28))
        signed = apigateway.AuthorizationType.NONE if self._settings.is_open else apigateway.AuthorizationType.IAM
        api = apigateway.LambdaRestApi(
            self,
            "ChatApi",
            handler=function,
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            deploy_options=apigateway.StageOptions(
                stage_name="prod",
                throttling_rate_limit=REQUESTS_A_SECOND,
                throttling_burst_limit=2 * REQUESTS_A_SECOND,
            ),
            default_method_options=apigateway.MethodOptions(authorization_type=signed),
            # Without it the console's own test calls, from no stage, would be let in.
            integration_options=apigateway.LambdaIntegrationOptions(allow_test_invoke=False),
        )
        # Its own output has a made-up name.
        api.node.try_remove_child("Endpoint")
        self._output("ChatApiUrl", api.url, "The app behind Mangum, at its REST API. It answers in one piece.")
        self._output("ChatMangumArn", function.function_arn, "The function behind Mangum.")

    def _lwa(self) -> None:
        """The adapter, a layer, takes the place of Lambda's Python runtime, and run.sh starts a web server."""
        function = self._function(
            "ChatLwa",
            handler="run.sh",
            timeout=cdk.Duration.seconds(60),
            layers=[lambda_.LayerVersion.from_layer_version_arn(self, "Adapter", self._adapter_arn())],
            variables={
                "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
                "AWS_LWA_INVOKE_MODE": "response_stream",
                "PORT": "8000",
            },
        )
        url = function.add_function_url(
            auth_type=lambda_.FunctionUrlAuthType[self._settings.auth_type],
            # ... and the adapter's mode: both, or neither.
            invoke_mode=lambda_.InvokeMode.RESPONSE_STREAM,
        )
        self._output("ChatLwaUrl", url.url, "The app behind the Lambda Web Adapter, at its function URL. It streams.")
        self._output("ChatLwaArn", function.function_arn, "The function behind the Lambda Web Adapter.")

    def _function(self, name: str, variables: Mapping[str, str] | None = None, **properties: Any) -> lambda_.Function:
        """A function that may write to its own log group, and do nothing else."""
        logs_of_it = logs.LogGroup(
            self, f"{name}Logs", retention=logs.RetentionDays.TWO_WEEKS, removal_policy=cdk.RemovalPolicy.DESTROY
        )
        # Given no role, the CDK makes one that may write to every log group.
        role = iam.Role(self, f"{name}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        logs_of_it.grant_write(role)
        return lambda_.Function(
            self,
            name,
            code=self._code,
            runtime=lambda_.Runtime(self._settings.python_runtime),
            architecture=ARCHITECTURES[self._settings.architecture],
            memory_size=256,
            role=role,
            log_group=logs_of_it,
            environment={"ALLOWED_ORIGINS": self._settings.allowed_origins, **(variables or {})},
            reserved_concurrent_executions=self._settings.open_concurrency if self._settings.is_open else None,
            **properties,
        )

    def _adapter_arn(self) -> str:
        layer = ADAPTER_NAMES[self._settings.architecture]
        return f"arn:{self.partition}:lambda:{self.region}:{ADAPTER_ACCOUNT}:layer:{layer}:{ADAPTER_VERSION}"

    def _output(self, name: str, value: str, description: str) -> None:
        cdk.CfnOutput(self, name, value=value, description=description)
