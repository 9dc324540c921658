"""Sphinx's settings for the guide. It is built offline, and nothing in it is loaded from elsewhere."""

from pages.cells import CellLexer
from pages.for_everyone import setup_pages
from sphinx.application import Sphinx

project = "lambdastream"
html_title = "Streaming from Lambda"
language = "en"
smartquotes = False  # a command that is copied has to be the one that was written
extensions = ["myst_nb", "sphinx.ext.autodoc"]

# Notebooks are shown as they are committed: their outputs are those of `make notebooks`.
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # it would be loaded from a CDN
nb_merge_streams = True
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
myst_linkify_fuzzy_links = False
suppress_warnings = ["mystnb.unknown_mime_type"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["guide.css", "cheat-sheet.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_use_index = False  # search finds more
html_domain_indices = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"


def setup(app: Sphinx) -> None:
    """Notebooks name their cells' language, which is coloured here; pages are changed for those who read otherwise."""
    app.add_lexer("ipython3", CellLexer)
    setup_pages(app)
