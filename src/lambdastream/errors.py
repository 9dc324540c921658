"""Every error that the package raises on purpose, each with the next step to take.

::

    LambdastreamError
    ├── UsageError                 what was asked for makes no sense (the command line exits with 2)
    │   └── DescriptionError       a function's description is wrong
    ├── SetupError                 something that must be on this machine is not
    │   ├── RuntimeNotFoundError   nothing here runs the declared runtime
    │   ├── AdapterNotFoundError   no Lambda Web Adapter binary, and no way to get one
    │   ├── PackagingError         a function's requirements could not be installed
    │   ├── DockerNotFoundError    no Docker for a function that is a container image
    │   └── RegistryNotFoundError  nothing that serves as a registry of container images
    ├── LocalAwsError              the local AWS cannot do it now
    │   ├── PortTakenError         the port belongs to another process
    │   ├── NotRunningError        no local AWS runs for this project
    │   └── FunctionNotFoundError  no function of that name is deployed
    ├── UnreachableError           no connection to a URL can be made
    ├── NotebookError              a notebook does not run to its end
    ├── WorkshopError              attendees' stacks are not as they should be
    └── WireError                  bytes that are not what their protocol says
        └── SignatureError         a request is not signed, or its signature does not hold
"""

from __future__ import annotations


class LambdastreamError(Exception):
    """The base of all errors here.

    ``problem`` says what is wrong, ``next_step`` what to do about it; both are whole sentences. ``str()`` gives both.
    """

    def __init__(self, problem: str, *, next_step: str = "") -> None:
        super().__init__(f"{problem}\n{next_step}".rstrip())
        self.problem = problem
        self.next_step = next_step


class UsageError(LambdastreamError):
    """What was asked for makes no sense as it stands."""


class DescriptionError(UsageError):
    """A function's description is wrong."""


class SetupError(LambdastreamError):
    """Something that must be on this machine is not."""


class RuntimeNotFoundError(SetupError):
    """Nothing on this machine runs the declared runtime: no interpreter for a ``python3.x``, or another language."""


class AdapterNotFoundError(SetupError):
    """There is no Lambda Web Adapter binary, and no way to get one worked."""


class PackagingError(SetupError):
    """A function's code or requirements could not be put together."""


class DockerNotFoundError(SetupError):
    """There is no Docker on this machine, or its daemon does not answer."""


class RegistryNotFoundError(SetupError):
    """Nothing on this machine can serve as a registry of container images."""


class LocalAwsError(LambdastreamError):
    """The local AWS cannot do what was asked now."""


class PortTakenError(LocalAwsError):
    """The port belongs to another process."""


class NotRunningError(LocalAwsError):
    """No local AWS runs for this project."""


class FunctionNotFoundError(LocalAwsError):
    """No function of that name is deployed."""


class UnreachableError(LambdastreamError):
    """No connection to a URL can be made."""


class NotebookError(LambdastreamError):
    """A notebook does not run to its end."""


class WorkshopError(LambdastreamError):
    """Attendees' stacks are not as they should be, or may not be touched."""


class WireError(LambdastreamError):
    """Bytes that are not what their protocol says."""


class SignatureError(WireError):
    """A request is not signed as AWS wants it, or its signature does not hold.

    ``code`` is AWS's own code for the error, for example ``SignatureDoesNotMatch``.
    """

    def __init__(self, problem: str, *, code: str, next_step: str = "") -> None:
        super().__init__(problem, next_step=next_step)
        self.code = code
