"""The chat app on a bad line: the first connection for events ends after thirty of them. Prints what each one asks for."""

from main import app as chat_app

EVENTS = 30


async def app(scope, receive, send):
    if scope["type"] != "http" or scope["path"] != "/stream/chat/events":
        await chat_app(scope, receive, send)
        return
    last = int(dict(scope["headers"]).get(b"last-event-id", b"0"))
    print(f"asked after {last}", flush=True)
    sent = 0

    async def cut(message):
        nonlocal sent
        if last or sent < EVENTS:
            if message.get("body") and not sent:
                message["body"] = b"retry: 100\n\n" + message["body"]  # milliseconds: be quick about it
            await send(message)
            sent += bool(message.get("body"))
            if not last and sent == EVENTS:
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    await chat_app(scope, receive, cut)
