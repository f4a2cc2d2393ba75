"""Panels: parts of pages that load themselves, so that one that fails leaves the rest standing."""

from __future__ import annotations

import time
from functools import partial

from careline.clock import Clock
from careline.hooks import Panel, Slot
from careline.hooks.attempt import Done, attempt
from careline.web.answers import Answer, Fragment
from careline.web.offers import Offers
from careline.web.routes import SIGNED_IN, get, lets_in
from careline.web.visit import Visit

PANEL_S = 3.0
"""A panel that takes longer shows an error card in its place."""
OPENS_S = 0.5
"""Who has not said by then how well it fits a call does not open."""


class Panels:
    """The routes of panels, and which tab fits a call."""

    def __init__(self, offers: Offers, clock: Clock) -> None:
        self._offers = offers
        self._clock = clock

    @get("/panel/<name>", permission=SIGNED_IN, quiet=True, timeout=PANEL_S)
    async def show(self, visit: Visit, name: str) -> Answer:
        """One panel; its view is given the query (``call``, ``patient``) in ``visit.args``."""
        panel = self._offers.panel(name)
        if panel is None:  # its plugin was switched off while the page was open
            return Fragment("panel_gone.html", {}, status=404)
        if panel.permission != SIGNED_IN:
            visit.need(panel.permission)
        return Fragment("panel.html", {**await panel.view(visit), "panel": panel})

    async def best(self, slot: Slot, visit: Visit) -> Panel | None:
        """The panel of a slot that fits best what is asked for; the first when none says so."""
        open_to = [one for one in self._offers.panels(slot) if lets_in(one.permission, visit)]
        asked = [
            (one, attempt(self._clock, OPENS_S, partial(one.opens, visit), time.perf_counter, _no))
            for one in open_to
            if one.opens is not None
        ]
        best, most = (open_to[0] if open_to else None), 0
        for panel, answer in asked:
            outcome = await answer
            fits = outcome.value if isinstance(outcome, Done) else 0
            if isinstance(fits, int) and fits > most:
                best, most = panel, fits
        return best


def _no(_: float) -> None:
    """How long each step takes is of no interest here."""
