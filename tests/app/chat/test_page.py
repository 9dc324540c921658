"""The page's files, as a server sends them. What it does in a browser: see the folder `page`."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "app" / "chat" / "page"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}


@pytest.mark.parametrize("name", sorted(path.name for path in PAGE.iterdir()))
def test_every_part_of_the_page_is_sent_as_what_it_is(chat, name):
    response = chat.get(f"/page/{name}")
    assert response.status_code == 200
    assert response.content == (PAGE / name).read_bytes()
    assert (
        response.headers["content-type"]
        .replace("application/javascript", "text/javascript")
        .startswith(TYPES[Path(name).suffix])
    )
    assert response.headers["x-content-type-options"] == "nosniff"


def test_the_page_runs_its_own_scripts_alone(chat):
    policy = chat.get("/chat").headers["content-security-policy"]
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'"} <= set(policy.split("; "))


def test_the_page_takes_nothing_from_elsewhere():
    for path in PAGE.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.findall(r"""(?:src|href|from|import|url)\W{1,3}(?:https?:)?//""", text), path.name
        assert not re.findall(r"""(?:src|href)=["']/""", text), f"{path.name}: behind a stage, / is not the app"
        assert "innerHTML" not in text


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fmain.py", "%00", "x" * 300])
def test_nothing_else_is_sent(chat, name):
    assert chat.get(f"/page/{name}").status_code == 404
