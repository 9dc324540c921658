"""The app that is measured: it streams as many chunks as it is asked for, as fast as they are taken."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/")
async def ready() -> dict[str, bool]:
    """Answer the adapter, which asks here whether the app is ready."""
    return {"ready": True}


@app.get("/chunks")
async def chunks(
    count: Annotated[int, Query(ge=1, le=100_000)], size: Annotated[int, Query(ge=1, le=1024 * 1024)]
) -> StreamingResponse:
    """Stream ``count`` chunks of ``size`` bytes; each is written to the socket by itself."""
    return StreamingResponse(repeated(b"x" * size, count), media_type="application/octet-stream")


async def repeated(chunk: bytes, count: int) -> AsyncIterator[bytes]:
    """Yield the chunk ``count`` times."""
    for _ in range(count):
        yield chunk
