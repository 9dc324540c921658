"""The chat app, watched from outside: prints how many pieces a response had when the app was done with it."""

from main import app as chat_app


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
