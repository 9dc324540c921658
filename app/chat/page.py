"""The chat as a page: plain HTML, CSS and JavaScript modules, as they are in the folder ``page``."""

from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

FILES = {path.name: path for path in Path(__file__).with_name("page").iterdir()}

# The page runs its own scripts and no others, and asks whichever address its reader types in.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src http: https:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",  # ask whether it has changed
}

router = APIRouter(tags=["page"])


@router.get("/chat", response_class=FileResponse, responses={200: {"content": {"text/html": {}}}})
async def chat_page() -> FileResponse:
    """Open this in a browser. The page names all else relative to its own address, so it works behind a stage too."""
    return FileResponse(FILES["chat.html"], headers=HEADERS)


@router.get("/page/{name}", include_in_schema=False)
async def page_file(name: str) -> FileResponse:
    """Send a part of the page."""
    if name not in FILES:
        raise HTTPException(404, f"The page has no file {name}.")
    return FileResponse(FILES[name], headers=HEADERS)
