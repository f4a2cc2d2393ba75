"""GET /find: what the palette (Ctrl+K) shows while one types."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from twisted.internet.defer import Deferred

from careline.clock import Clock
from careline.hooks.attempt import Done, Outcome, attempt
from careline.pages.find.finding import Finder
from careline.web import SIGNED_IN, Answer, Fragment, Visit, get

LONGEST = 100
SHOWN = 8
FINDER_S = 1.5
"""A kind of things that is not found by then is left out."""


class FindRoutes:
    """Asks all finders at once; one that fails or is late leaves the others standing."""

    def __init__(self, clock: Clock, finders: Sequence[Finder]) -> None:
        self._clock = clock
        self._finders = finders

    @get("/find", permission=SIGNED_IN)
    async def find(self, visit: Visit) -> Answer:
        """The best few of each kind."""
        text = visit.args.get("q", "").strip()[:LONGEST]
        asked = [(finder, self._ask(finder, visit, text)) for finder in self._finders]
        groups = []
        for finder, answer in asked:
            outcome = await answer
            if isinstance(outcome, Done) and outcome.value:
                groups.append((finder.title, list(outcome.value)[:SHOWN]))
        return Fragment("find/found.html", {"groups": groups, "text": text})

    def _ask(self, finder: Finder, visit: Visit, text: str) -> Deferred[Outcome]:
        call = partial(finder.find, visit, text)
        return attempt(self._clock, FINDER_S, call, time.perf_counter, lambda _: None)
