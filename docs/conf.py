"""Sphinx, for both languages: ``CARELINE_DOCS_LANGUAGE`` says which one is built.

The pages need nothing from elsewhere and hold no script or style of their own, so that careline
serves them under its strict content policy; ``python tools/documents.py`` builds them.
"""

from __future__ import annotations

import json
import logging
import os
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

CSS = Path(__file__).parent.parent / "core/careline/web/static/css"
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef“”‘’…—]")
CHINESE = os.environ.get("CARELINE_DOCS_LANGUAGE", "zh") == "zh"

project = "careline"
html_title = "careline 文档" if CHINESE else "careline documents"
language = "zh_CN" if CHINESE else "en"
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme_path = ["."]
html_theme = "theme"
html_static_path = [str(CSS / "tokens.css"), str(CSS.parent / "icon.svg")]
html_copy_source = False
html_use_index = False
html_permalinks = False
html_add_permalinks = ""
smartquotes = False
highlight_language = "text"
toc_object_entries = False


def setup(app: Sphinx) -> None:
    """Make the words for our own search instead of Sphinx's, which cannot split Chinese."""
    # Pages are listed by pattern: one that is not translated yet is no mistake.
    logging.getLogger("sphinx.sphinx.directives.other").addFilter(_is_no_empty_pattern)
    app.connect("builder-inited", _without_search)
    if CHINESE:
        app.connect("doctree-read", _join)
    app.connect("html-page-context", _remember)
    app.connect("build-finished", _write)


def _is_no_empty_pattern(record: logging.LogRecord) -> bool:
    return "glob pattern" not in str(record.msg)


def _join(app: Sphinx, tree: nodes.document) -> None:
    """A line's end between Chinese characters is no space, as it would be in a browser."""
    for one in list(tree.findall(nodes.Text)):
        beside, at = one.parent.children, one.parent.index(one)
        before = "".join(part.astext()[-1:] for part in beside[max(0, at - 1) : at])
        after = "".join(part.astext()[:1] for part in beside[at + 1 : at + 2])
        if one == "\n" and _WIDE.match(before) and _WIDE.match(after):
            one.parent.remove(one)


def _without_search(app: Sphinx) -> None:
    app.builder.search = False  # type: ignore[attr-defined]


def _remember(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Keep each section's title and words; the template learns of the other language's page."""
    other = "en" if CHINESE else "zh"
    sources = Path(app.srcdir).parent / other
    context["other_page"] = page if (sources / f"{page}.md").exists() else "index"
    context["chinese"] = CHINESE
    if tree is None:
        return
    found: list[dict[str, str]] = app.__dict__.setdefault("careline_words", [])
    page_title = tree.next_node(nodes.title)
    shown = page_title.astext() if page_title else page
    for section in tree.findall(nodes.section):
        title = section.next_node(nodes.title)
        own = [part.astext() for part in section.children if not isinstance(part, nodes.section)]
        words = " ".join(" ".join(own[1:]).split())
        place = page + ".html" + (f"#{section['ids'][0]}" if section.parent is not tree else "")
        name = title.astext() if title else ""
        found.append({"at": place, "title": name, "page": shown, "words": words})


def _write(app: Sphinx, error: Exception | None) -> None:
    if error is None:
        text = json.dumps(app.__dict__.get("careline_words", []), ensure_ascii=False)
        Path(app.outdir, "search.json").write_text(text, encoding="utf-8")
