"""The local AWS as a process: starting and stopping it, its state, building functions and deploying them to it."""

from lambdastream.control.deploy_destination import Destination, destination
from lambdastream.control.local_aws import DeployedFunction, LocalAws, connect
from lambdastream.control.package import package
from lambdastream.runtime.description import FunctionDescription, FunctionUrlConfig

__all__ = [
    "DeployedFunction",
    "Destination",
    "FunctionDescription",
    "FunctionUrlConfig",
    "LocalAws",
    "connect",
    "destination",
    "package",
]
