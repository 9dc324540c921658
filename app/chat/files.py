"""Files, sent in chunks: whatever their size, little of them is in memory at a time."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse
from pydantic import StringConstraints

FOLDER = Path(__file__).with_name("files")

router = APIRouter(tags=["files"])


@router.get("/files/{name}", response_class=FileResponse, responses={404: {"description": "There is no such file"}})
async def file(name: Annotated[str, StringConstraints(max_length=60)]) -> FileResponse:
    """Send a file. Whether there is one is known before the first byte goes: later there is no way to say 404."""
    path = FOLDER / name
    if path.parent != FOLDER or not path.is_file():
        raise HTTPException(404, f"There is no file {name}.")
    return FileResponse(path)
