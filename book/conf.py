"""Sphinx's settings for the book. `course book` lays out the source and calls Sphinx; nothing is executed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "How face recognition works"
author = "the course's authors"
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinxcontrib.bibtex", "extension"]
exclude_patterns = ["facelab/**", "classroom/**", "README.md"]
suppress_warnings = ["mystnb.unknown_mime_type"]

# The committed outputs are the lesson; a book that ran them again would be another one.
nb_execution_mode = "off"
nb_merge_streams = True
nb_render_markdown_format = "myst"
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3

bibtex_bibfiles = ["../docs/references.bib"]
bibtex_default_style = "course"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
add_module_names = False
# Every name of facelab that a page mentions must be there. Names of other libraries are not linked.
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"(?!facelab\.).*")]

html_theme = "furo"
html_title = project
html_static_path = ["static"]
html_css_files = ["book.css"]
html_js_files = [("book.js", {"defer": "defer"})]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
# Summaries are fetched from the pages, which no browser allows on a page that was opened from a file.
html_show_search_summary = False
html_math_renderer = "mathml"
html_permalinks_icon = "#"
# Colours that keep 7 to 1 against their background, or nearly.
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
html_theme_options = {"top_of_page_buttons": []}
