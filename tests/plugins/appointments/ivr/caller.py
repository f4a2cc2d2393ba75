"""Somebody who calls and presses keys: the real flow on the plugin, without a telephone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from attrs import define, evolve, field
from tests.plugins.appointments.site import PHONE, Site

from careline.ivr.book import FlowBook
from careline.ivr.check import Known, check_all
from careline.ivr.demo import demo_flows
from careline.ivr.engine import run
from careline.ivr.exits import Exit
from careline.ivr.kinds import CORE_KINDS
from careline.ivr.model import Caller, kinds_by_name
from careline.ivr.prompt import Prompt
from careline.patients.id_card import check_digit
from careline.patients.model import OutpatientNumber, Patient, PatientPhone
from careline.storage import Database
from careline.testing import run_async
from careline.testing.his import clinic, slot
from careline.testing.line import HANG_UP, KILL, Killed, ScriptedLine
from careline_appointments.config import AppointmentsConfig
from careline_appointments.ivr import demo_flows as plugin_flows


def card(end: str, year: int = 1958) -> str:
    """An id card that ends so, of somebody born in that year or soon after (GB 11643)."""
    for day in range(366 * 20):
        born = date(year, 1, 1) + timedelta(day)
        body = f"110101{born:%Y%m%d}{end[:-1]:0>3}"
        if check_digit(body) == end[-1]:
            return body + end[-1]
    raise AssertionError(end)


CARDS = (card("109X"), card("2113"), card("2113", 1988), card("1113"))


class Line(ScriptedLine):
    """Remembers what was said before each key, and counts the keys."""

    def __init__(self, acts: Sequence[str] = ()) -> None:
        super().__init__(acts)
        self.pressed = 0

    async def play(self, prompts: Sequence[Prompt], escape: str) -> str:
        """Nobody presses anything during a sentence that asks nothing, but may hang up or die."""
        if self.acts and self.acts[0] in (HANG_UP, KILL):
            self._act()
        self.heard += prompts
        return ""

    async def collect(
        self, prompts: Sequence[Prompt], max_digits: int, timeout_s: float, end_key: str
    ) -> str:
        keys = await super().collect(prompts, max_digits, timeout_s, end_key)
        self.pressed += len(keys)
        return keys

    @property
    def texts(self) -> list[str]:
        """What was heard in words: texts of prompts, else their names or values."""
        return [prompt.text or prompt.value for prompt in self.heard]

    @property
    def sentences(self) -> list[str]:
        """Names of the plugin's sentences, without number."""
        names = [one.value for one in self.heard if one.value.startswith("appointments-")]
        return list(dict.fromkeys(name.removeprefix("appointments-") for name in names))


@define
class Phone:
    """Calls the hospital of ``site``; :meth:`calls` presses keys until the flow leaves."""

    site: Site
    number: str = PHONE
    campus: str = "main"
    flows: FlowBook = field(init=False)

    def __attrs_post_init__(self) -> None:
        site = self.site
        kinds = kinds_by_name([*CORE_KINDS, *site.plugin.ivr_nodes()])
        known = Known(kinds=kinds)
        self.flows = FlowBook(clock=site.clock, kinds=kinds)
        self.flows.put(evolve(one, version=1) for one in check_all(demo_flows(), known))
        self.flows.put(evolve(one, version=2) for one in check_all(plugin_flows(), known))

    def caller(self, call: str = "hq-1.1", **facts: Any) -> Caller:
        ids = [one.id for one in self.patients]
        known = {"number": self.number, "campus": self.campus, "call": call, "known": bool(ids)}
        return Caller(**{**known, "patients": tuple(ids), **facts})

    @property
    def patients(self) -> list[Patient]:
        if not self.number:
            return []
        phone = SimpleNamespace(e164=self.number)
        return self.site.run(self.site.patients.by_phone(phone))  # type: ignore[arg-type]

    def calls(
        self, *keys: str, line: Line | None = None, flow: str = "main", **facts: Any
    ) -> tuple[Exit | None, Line]:
        """Where the flow ends, None when the core died; after the keys the caller is silent."""
        line = line or Line(keys)
        where = line.position if line.state else self.flows.begin(flow)
        caller = self.caller(**facts)
        try:
            return run_async(run(self.flows, where, line, caller), self.site.clock), line
        except Killed:
            return None, line


def site_of(db: Database, **rules: Any) -> Site:
    """A site whose directory is known, with clinics of two doctors and of nobody in particular."""
    site = Site(db, AppointmentsConfig(**rules))
    his = site.his
    his.clinics = [
        clinic(),
        clinic("c2", doctor="", fee=None),
        clinic("c3", department="derma", doctor="d2"),
        clinic("e1", campus="east", department="17"),
    ]
    his.slots = [
        slot("s1"),
        slot("s2", hour=10, capacity=2),
        slot("g1", of="c2", hour=8, capacity=9),
        slot("t1", of="c3", hour=14, capacity=2),
        evolve(slot("w1", of="e1", hour=11), campus="east"),
    ]
    site.run(site.services.directory.sync())
    return site


def family(site: Site, *cards: str, number: str = PHONE, first: str = "700") -> list[int]:
    """Patients who share a telephone, by their id cards; outpatient numbers 7000, 7001 ..."""
    people = [
        Patient(
            name=f"王{place}",
            id_card=card,
            phones=(PatientPhone(number),),
            numbers=(OutpatientNumber("main", f"{first}{place}"),),
        )
        for place, card in enumerate(cards)
    ]
    return [site.run(site.patients.add(one)).id for one in people]
