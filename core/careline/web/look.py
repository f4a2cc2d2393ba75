"""How answers look: templates, scripts and the menu of what is offered at one time.

Made anew when a plugin comes or goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from careline.hooks import Page, Panel, Slot
from careline.web.assets import Assets, static_folders
from careline.web.faults import Fault
from careline.web.offers import Offers
from careline.web.routes import lets_in
from careline.web.templating import environment
from careline.web.visit import Visit

#: Characters of one page or part of one; a list that long is for nobody's eyes.
LARGEST = 4_000_000


class Look:
    """Renders templates for a visit."""

    def __init__(self, offers: Offers) -> None:
        folders = [(offer.name, offer.folder) for offer in offers]
        self._offers = offers
        self.assets = Assets(static_folders(folders))
        self._templates = environment(folders)
        self._templates.globals["static"] = self.assets.url
        pages = [(offer.name, page) for offer in offers for page in offer.pages]
        url = self.assets.url
        self._scripts = [url(f"{name}/{one}") for name, page in pages for one in page.scripts]
        self._styles = [url(f"{name}/{one}") for name, page in pages for one in page.styles]

    def render(self, template: str, values: Mapping[str, Any], visit: Visit, **own: Any) -> str:
        """The template's text; ``own`` are values of the shell, over those of the page."""

        def rail() -> list[Page]:
            return self.rail(visit)

        def panels(slot: str) -> list[Panel]:
            return self.panels(Slot(slot), visit)

        context: dict[str, Any] = {
            "title": "",
            **values,
            "visit": visit,
            "rail": rail,
            "panels": panels,
            "modules": lambda: self._scripts,
            "sheets": lambda: self._styles,
            "now": visit.now,
            **own,
        }
        return _whole(template, self._templates.get_template(template).generate(context))

    def render_fault(self, fault: Fault, visit: Visit, retry: str = "") -> str:
        """The error as a page, or as a card where a part of a page was asked for."""
        template = "error_card.html" if visit.is_fragment else "error.html"
        return self.render(
            template,
            {},
            visit,
            title=visit.text(fault.title),
            text=fault.shown(visit.language),
            error_id=fault.id,
            retry=retry,
            status=fault.status,
        )

    def rail(self, visit: Visit) -> list[Page]:
        """Pages in the menu that the visitor may see, in order."""
        return [
            page for page in self._offers.pages if page.rail and lets_in(page.permission, visit)
        ]

    def panels(self, slot: Slot, visit: Visit) -> list[Panel]:
        """Panels of a slot that the visitor may see, in order."""
        return [one for one in self._offers.panels(slot) if lets_in(one.permission, visit)]


def _whole(template: str, parts: Iterable[str]) -> str:
    """All parts of a page; ValueError as soon as they are too much for process and browser."""
    kept, size = [], 0
    for part in parts:
        kept.append(part)
        size += len(part)
        if size > LARGEST:
            raise ValueError(f"{template} makes more than {LARGEST} characters")
    return "".join(kept)
