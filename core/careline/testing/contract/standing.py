"""Everything that plugins add to a core, as values: equal before they come and after they go."""

from __future__ import annotations

from collections.abc import Mapping

from careline.app import App
from careline.hooks.kinds import Kind
from careline.web.offers import CORE


def standing(app: App) -> Mapping[str, list[str]]:
    """What there is now, by kind; of the hub's answers whose they are."""
    provides = [name for name, spec in app.hub.specs.items() if spec.kind is Kind.PROVIDES]
    answers = [f"{owner} {hook}" for hook in provides for owner in app.hub.provided(hook)]
    return {
        "plugins": [name for name in app.hub.plugins if not name.startswith(CORE)],
        "answers": sorted(answers),
        "pages": sorted(page.path for offer in app.offers for page in offer.pages),
        "menu": sorted(page.name for page in app.offers.pages if page.rail),
        "routes": sorted(str(route) for offer in app.offers for route in offer.routes),
        "panels": sorted(panel.name for offer in app.offers for panel in offer.panels),
        "permissions": sorted(app.offers.permissions),
        "steps": sorted(app.flows.book.kinds),
        "look-ups": sorted(app.flows.book.look_ups),
        "jobs": app.worker.kinds,
        "schedules": app.scheduler.owners,
    }


def surplus(
    before: Mapping[str, list[str]], after: Mapping[str, list[str]]
) -> dict[str, list[str]]:
    """What is there now and was not before, by kind."""
    more = {kind: [one for one in after[kind] if one not in before[kind]] for kind in after}
    return {kind: names for kind, names in more.items() if names}
