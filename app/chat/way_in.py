"""Which way a request has come: through Mangum, through the Lambda Web Adapter (LWA), or straight to uvicorn.

A stage of API Gateway is part of the address (``/prod/docs``), and not of the path that the app gets (``/docs``). ASGI calls
it the root path. Neither Mangum nor LWA tells it to the app, so it is found here: in the event (Mangum), or in the header
``x-amzn-request-context`` (LWA, which puts its own in the place of one that a client has sent).
"""

import json
import os
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER: Final = "X-Served-By"
MANGUM: Final = "Mangum"
ADAPTER: Final = "Lambda Web Adapter"
SERVER: Final = "uvicorn"

REQUEST_CONTEXT: Final = b"x-amzn-request-context"
ON_LAMBDA: Final = "AWS_LAMBDA_RUNTIME_API" in os.environ  # elsewhere anyone can send that header


class WayIn:
    """ASGI middleware: gives the app its root path, and tells the client in a header which way its request came."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name, context = way(scope)

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (HEADER.lower().encode(), name.encode())]
            await send(message)

        await self.app(rooted(scope, stage_path(context)), receive, named)


def way(scope: Scope) -> tuple[str, dict[str, Any]]:
    """Return the way's name, and Lambda's request context if there is one."""
    if "aws.event" in scope:
        return MANGUM, scope["aws.event"].get("requestContext") or {}
    if ON_LAMBDA and (header := dict(scope["headers"]).get(REQUEST_CONTEXT)):
        return ADAPTER, json.loads(header) or {}
    return SERVER, {}


def stage_path(context: dict[str, Any]) -> str:
    """Return ``/STAGE`` when a request's address begins with its stage. A function URL's and a custom domain's do not."""
    root = f"/{context.get('stage')}"
    path = context.get("path") or context.get("http", {}).get("path") or ""
    return root if f"{path}/".startswith(f"{root}/") else ""


def rooted(scope: Scope, root: str) -> Scope:
    """Return a scope with this root path. Its path begins with it, as ASGI has it."""
    if not root:
        return scope
    path = scope["path"]
    return {**scope, "root_path": root, "path": path if f"{path}/".startswith(f"{root}/") else root + path}
