"""Serving the documents, and finding the one that is about where somebody is."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from pathlib import Path

from careline.errors import NotFound
from careline.pages.help.documents import ABOUT, INDEX, Documents
from careline.web import Answer, Download, Redirect, Visit, get
from careline.web.routes import SIGNED_IN

#: Seconds for which a browser keeps what it has fetched; the documents change with an upgrade.
KEPT_S = 300


class HelpRoutes:
    """``/help``; ``owner_of(page)`` is the plugin that a page belongs to, empty for the core's."""

    def __init__(self, documents: Documents, owner_of: Callable[[str], str]) -> None:
        self._documents = documents
        self._owner_of = owner_of

    @get("/help", permission=SIGNED_IN)
    async def first(self, visit: Visit) -> Answer:
        """The first page, in the visitor's language."""
        return self._to(visit, INDEX)

    @get("/help/about/<page>", permission=SIGNED_IN)
    async def about(self, visit: Visit, page: str) -> Answer:
        """The document about a page of the workspace, by its name."""
        owner = self._owner_of(page)
        return self._to(visit, f"plugins/{owner}" if owner else ABOUT.get(page, INDEX))

    @get("/help/plugin/<name>", permission=SIGNED_IN)
    async def plugin(self, visit: Visit, name: str) -> Answer:
        """The document of a plugin."""
        return self._to(visit, f"plugins/{name}")

    @get("/help/<path:path>", permission=SIGNED_IN)
    async def file(self, visit: Visit, path: str) -> Answer:
        """One file of the documents."""
        file = self._documents.file(path)
        if file is None:
            raise NotFound("help.page", "there is no document {path}", path=path)
        headers = {
            "Cache-Control": f"private, max-age={KEPT_S}",
            "Content-Disposition": "inline",
        }
        return Download(file.name, _mime(file), _body(file, visit.theme), True, headers=headers)

    def _to(self, visit: Visit, page: str) -> Answer:
        if not self._documents.built:
            raise NotFound(
                "help.missing",
                "the documents are not built here; python tools/documents.py builds them",
            )
        found = self._documents
        wanted = found.address(page, visit.language) or found.address(INDEX, visit.language)
        return Redirect(wanted, whole=True)


def _mime(file: Path) -> str:
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def _body(file: Path, theme: str) -> bytes | Path:
    """Pages in the colours that the visitor has chosen; all else as it is."""
    if file.suffix != ".html" or not theme:
        return file
    return file.read_bytes().replace(b"<html ", f'<html data-theme="{theme}" '.encode(), 1)
