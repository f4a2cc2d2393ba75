"""Flows for everybody else: drawn up, checked, published, found for a call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import evolve
from twisted.logger import Logger

from careline.campuses.calendar import OpenState
from careline.clock import Clock
from careline.errors import Invalid
from careline.i18n import Lang
from careline.ivr import store
from careline.ivr.book import FlowBook
from careline.ivr.check import Known, check_all
from careline.ivr.draw import draw
from careline.ivr.model import Flow, NodeKind
from careline.ivr.parse import documents, parse
from careline.ivr.routes import Dnis, route
from careline.storage import Database, Tx

log = Logger()


class Flows:
    """Flows in the database with the published ones in ``book``, where calls find them.

    ``known`` tells what flows may refer to at this moment: prompts, queues, look-ups.
    """

    def __init__(
        self, db: Database, clock: Clock, book: FlowBook, known: Callable[[], Known]
    ) -> None:
        self._db = db
        self._clock = clock
        self.book = book
        self._known = known
        self._dnis: list[Dnis] = []

    async def load(self) -> None:
        """Read the published flows and the called numbers; at start and after outside changes."""
        found, self._dnis = await self._db.run(_read, dict(self.book.kinds))
        self.book.put(found)

    @property
    def called(self) -> tuple[Dnis, ...]:
        """The numbers that can be called, with whole campuses' beginnings among them."""
        return tuple(self._dnis)

    def find(self, called: str, state: OpenState) -> tuple[Dnis, str]:
        """The entry of a called number and the name of its flow now; NotFound when none fits."""
        entry = route(self._dnis, called)
        return entry, entry.flow(state)

    def check(self, data: Mapping[str, Any]) -> list[Flow]:
        """The flows of a document (one, or several below ``flows``); Invalid with all problems."""
        known = self._known()
        if known.flows is not None:
            known = evolve(known, flows={*known.flows, *self.book.names()})
        return check_all(data, known)

    async def save_draft(
        self, document: Mapping[str, Any], who: str, based_on: int | None = None
    ) -> store.FlowVersion:
        """Store a draft, valid or not, so that work on it is never lost; it needs a name."""
        _, problems = parse(document, self.book.kinds)
        unnamed = [fault for fault in problems if fault.params["field"] == "name"]
        if unnamed:
            raise Invalid("flow.invalid", "the flow has no right name", problems=unnamed)
        now = self._clock.now()
        return await self._db.run(store.save_draft, document, who, now, based_on)

    async def publish(self, name: str, who: str) -> Flow:
        """Publish a draft: new calls get it at once, running calls keep their version."""
        flow = await self._db.run(store.publish, name, self._known(), who, self._clock.now())
        self.book.put([flow])
        return flow

    async def publish_all(self, data: Mapping[str, Any], who: str) -> list[Flow]:
        """Store and publish all flows of a document together, or none of them."""
        known, now = self._known(), self._clock.now()
        self.check(data)
        flows = await self._db.run(_publish_all, list(documents(data).values()), known, who, now)
        self.book.put(flows)
        return flows

    async def set_dnis(self, entry: Dnis) -> None:
        """Let a called number lead to flows."""
        await self._db.run(store.put_dnis, entry)
        self._dnis = await self._db.run(store.list_dnis)

    def show(self, name: str, lang: Lang, version: int | None = None) -> str:
        """A published flow as a tree of text; NotFound when there is none."""
        return draw(self.book.get(name, version), self.book.kinds, lang)


def _read(tx: Tx, kinds: Mapping[str, NodeKind]) -> tuple[list[Flow], list[Dnis]]:
    """All published flows, as far as this installation can run them, and all called numbers."""
    flows: list[Flow] = []
    for one in store.published(tx):
        flow, problems = parse(one.document, kinds)
        if flow:
            flows.append(evolve(flow, version=one.version))
        for problem in problems:
            log.warn("published flow cannot run as written: {problem}", problem=str(problem))
    return flows, store.list_dnis(tx)


def _publish_all(
    tx: Tx, found: Iterable[Mapping[str, Any]], known: Known, who: str, now: datetime
) -> list[Flow]:
    """Drafts first, so that flows may refer to one another, then all published."""
    names = [store.save_draft(tx, document, who, now).flow for document in found]
    return [store.publish(tx, name, known, who, now) for name in names]
