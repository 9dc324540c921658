"""No request is larger than this app needs."""

from typing import Final

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST: Final = 16 * 1024  # bytes; the longest query takes 12,000 when each of its characters is escaped in JSON


class BodyLimit:
    """ASGI middleware: answers 413 as soon as a request's body is too large, and reads no more of it.

    Lambda refuses a request of more than 6 MB; a server elsewhere takes what comes, and FastAPI collects a whole body
    before it looks at it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received, started = 0, False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > LARGEST and not started:
                raise HTTPException(413, f"Send at most {LARGEST:,} bytes.")
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        await self.app(scope, counted, watched)
