"""Files, sent in chunks: whatever their size, little of them is in memory at a time."""

from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

FOLDER = Path(__file__).with_name("files")

router = APIRouter()


@router.get("/files/{name}", response_class=FileResponse)
async def file(name: str) -> FileResponse:
    """Send a file. Whether there is one is known before the first byte goes: later there is no way to say 404."""
    path = FOLDER / name
    if path.parent != FOLDER or not path.is_file():
        raise HTTPException(404, f"There is no file {name}.")
    return FileResponse(path)
