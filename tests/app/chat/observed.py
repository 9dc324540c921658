"""The chat app, watched from outside: prints how many pieces a response had when the app was done with it.

It is slower, so that there is time to leave.
"""

import pace

pace.PAUSE = 0.1

from main import app as chat_app  # noqa: E402 - other modules import the pause


async def app(scope, receive, send):
    pieces = 0

    async def counted(message):
        nonlocal pieces
        pieces += bool(message.get("body"))
        await send(message)

    try:
        await chat_app(scope, receive, counted)
    finally:
        print(f"done with {scope.get('path')} after {pieces} pieces", flush=True)
