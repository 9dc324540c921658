"""What the theme and Sphinx leave out for those who read by keyboard or by ear."""

from __future__ import annotations

from typing import Any, Final

from sphinx.application import Sphinx

# After the theme's own, which makes the navigation.
LAST: Final = 900


def setup_pages(app: Sphinx) -> None:
    """Have each page changed before it is written."""
    app.connect("html-page-context", _change, priority=LAST)


def _change(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    for part, change in (("body", scrolled_by_keyboard), ("furo_navigation_tree", levelled)):
        if part in context:
            context[part] = change(context[part])


def scrolled_by_keyboard(html: str) -> str:
    """Let the Tab key reach blocks of code and outputs: long lines are scrolled with the arrows (WCAG 2.1.1)."""
    return html.replace("<pre>", '<pre tabindex="0">')


def levelled(navigation: str) -> str:
    """Give the navigation's captions a level: they are headings without one (WAI-ARIA 1.2, heading)."""
    return navigation.replace('role="heading"', 'role="heading" aria-level="2"')
