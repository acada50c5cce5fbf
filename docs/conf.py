"""Settings of Sphinx: the guide in two languages, and the reference made from docstrings."""

from __future__ import annotations

import gmpki

project = "gmpki"
author = "the gmpki developers"
version = release = gmpki.__version__
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns: list[str] = []
html_theme = "furo"
html_title = f"gmpki {release}"
html_show_copyright = False

myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"show-inheritance": True}
# Signatures name types by their last name: the page is about them.
python_use_unqualified_type_names = True
# Some last names belong to two types: OCSPRequest is a structure and an object.
suppress_warnings = ["ref.python"]
