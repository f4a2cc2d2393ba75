"""What there is to see: pages, panels, permissions, templates and scripts of the core and plugins.

One entry for each owner (a page of the core, a plugin), which comes and goes as a whole.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

from careline.errors import Invalid
from careline.hooks import Hub, Page, Panel, Permission, Slot
from careline.web.routes import PUBLIC, SIGNED_IN, Route, routes_of

CORE = "core_"
"""Owners that are pages of the core are registered in the hub under this and their name."""


@frozen(kw_only=True)
class Offer:
    """All that one owner brings to the workspace; ``folder`` has its templates/ and static/."""

    owner: str
    folder: Path
    pages: tuple[Page, ...] = ()
    panels: tuple[Panel, ...] = ()
    permissions: tuple[Permission, ...] = ()

    @classmethod
    def of(cls, owner: str, hooks: object, hub: Hub) -> Offer:
        """What the hub was given when these hooks were registered."""

        def provided(hook: str) -> tuple[Any, ...]:
            return hub.provided(hook).get(owner, ())

        return cls(
            owner=owner,
            folder=folder_of(hooks),
            pages=provided("pages"),
            panels=provided("panels"),
            permissions=provided("permissions"),
        )

    @property
    def name(self) -> str:
        """Prefix of its templates and scripts."""
        return self.owner.removeprefix(CORE)

    @property
    def of_core(self) -> bool:
        """True for the core's own pages."""
        return self.owner.startswith(CORE)

    @property
    def routes(self) -> list[Route]:
        """All routes of its pages; Invalid when one is wrong."""
        return [
            route
            for page in self.pages
            for route in routes_of(page.name, page.routes, "" if self.of_core else page.path)
        ]


class Offers:
    """The offers there are now; listeners are told when that changes."""

    def __init__(self, permissions: Iterable[str] = ()) -> None:
        self._core_permissions = frozenset(permissions)
        self._offers: dict[str, Offer] = {}
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` called at each change."""
        self._listeners.append(listener)

    def add(self, offer: Offer) -> None:
        """Take in what an owner brings; Invalid lists all that is wrong with it."""
        problems = list(self._problems(offer))
        if problems:
            raise Invalid(
                "web.offer",
                "What {owner} brings to the workspace is not right ({count}):",
                problems=problems,
                owner=offer.name,
                count=len(problems),
            )
        self._offers[offer.owner] = offer
        self._changed()

    def drop(self, owner: str) -> None:
        """Let an owner go."""
        if self._offers.pop(owner, None) is not None:
            self._changed()

    def _changed(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    def __iter__(self) -> Iterator[Offer]:
        return iter(tuple(self._offers.values()))

    def plugin_of(self, page: str) -> str:
        """The plugin that brings the page of this name; empty for the core's and for none."""
        owners = [one for one in self if page in {other.name for other in one.pages}]
        return owners[0].name if owners and not owners[0].of_core else ""

    @property
    def pages(self) -> list[Page]:
        """All pages in the order of the rail."""
        found = [page for offer in self for page in offer.pages]
        return sorted(found, key=lambda page: (page.order, page.name))

    def panels(self, slot: Slot) -> list[Panel]:
        """All panels of a slot, in order."""
        found = [panel for offer in self for panel in offer.panels if panel.slot is slot]
        return sorted(found, key=lambda panel: (panel.order, panel.name))

    def panel(self, name: str) -> Panel | None:
        """The panel of that name."""
        return next((one for offer in self for one in offer.panels if one.name == name), None)

    @property
    def permissions(self) -> dict[str, Permission | None]:
        """Every permission by name, those of the core without a value."""
        found: dict[str, Permission | None] = dict.fromkeys(sorted(self._core_permissions))
        return found | {one.name: one for offer in self for one in offer.permissions}

    def _problems(self, offer: Offer) -> Iterator[Invalid]:
        others = [one for one in self if one.owner != offer.owner]
        if any(one.name == offer.name for one in others):
            yield _problem(offer, offer.name, "is the name of another part of the workspace")
        known = {*self.permissions, *(one.name for one in offer.permissions), PUBLIC, SIGNED_IN}
        try:
            routes = offer.routes
        except Invalid as error:
            yield from error.problems  # type: ignore[misc]  # all of them Invalid
            routes = []
        wanted = [(str(route), route.rule.permission) for route in routes]
        wanted += [(panel.name, panel.permission) for panel in offer.panels]
        wanted += [(page.name, page.permission) for page in offer.pages]
        for what, permission in wanted:
            if self._core_permissions and permission not in known:
                yield _problem(offer, what, f"needs permission {permission}, which nobody knows")
        yield from _taken(offer, others)


def _taken(offer: Offer, others: list[Offer]) -> Iterator[Invalid]:
    """Names that another owner has, or that stand twice."""
    for what, ours, theirs in (
        ("page", [one.name for one in offer.pages], [p.name for o in others for p in o.pages]),
        ("panel", [one.name for one in offer.panels], [p.name for o in others for p in o.panels]),
        ("route", _addresses(offer), [route for one in others for route in _addresses(one)]),
    ):
        for name in sorted({name for name in ours if name in theirs or ours.count(name) > 1}):
            yield _problem(offer, name, f"is a {what} that is there already")


def _addresses(offer: Offer) -> list[str]:
    """Method and path of its routes; none when they are wrong, which is told elsewhere."""
    try:
        return [str(route) for route in offer.routes]
    except Invalid:
        return []


def _problem(offer: Offer, what: str, reason: str) -> Invalid:
    return Invalid(
        "web.offer_problem",
        "{owner}: {what} {reason}",
        owner=offer.name,
        what=what,
        reason=reason,
    )


def folder_of(hooks: object) -> Path:
    """The folder of the package that a hooks object comes from.

    A plugin of one file has none: what lies beside it belongs to others.
    """
    module = sys.modules[type(hooks).__module__]
    file = Path(module.__file__ or ".")
    return file.parent if module.__package__ else file.with_suffix("")
