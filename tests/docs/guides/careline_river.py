"""An adapter to the hospital system River, which speaks JSON over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from attrs import field, frozen

from careline.clinic import (
    Clinic,
    Department,
    Directory,
    Doctor,
    HalfDay,
    Order,
    Person,
    Reply,
    Schedule,
    Table,
    TimeSlot,
    Verdict,
    VisitFound,
    VisitState,
)
from careline.clinic.his import Ability, Finding, Ground, HisKind, Info, no_answer
from careline.config import matches
from careline.errors import CarelineError, Refused, Unavailable
from careline.hooks import hook
from careline.plugins import Core, Plugin

JSON = {"Content-Type": "application/json"}


@frozen
class Config:
    """The table ``[plugin.river]``."""

    url: str = field(validator=matches(r"https?://\S+[^/]", "an address without / at its end"))
    """Where River answers."""


class Hooks:
    """Brings one kind of system."""

    def __init__(self, core: Core, config: Config) -> None:
        self._core = core
        self._config = config

    @hook
    def his_adapters(self) -> list[HisKind]:
        """For campuses with ``kind = "plugin:river"``."""
        return [HisKind(name="river", build=self._build)]

    def _build(self, ground: Ground) -> River:
        return River(self._core, ground, self._config.url)


@frozen
class River:
    """One campus's River; see careline.clinic.his.His."""

    core: Core
    ground: Ground
    url: str
    can: frozenset[Ability] = frozenset(Ability) - {Ability.STOP, Ability.INFO}
    info_kinds: frozenset[Info] = frozenset()

    async def start(self) -> None:
        """Nothing to connect: each question is a request of its own."""

    async def stop(self) -> None:
        """Nothing is open."""

    async def directory(self) -> Directory:
        """All departments and doctors."""
        campus = self.ground.campus
        said = await self._read("directory", "/directory")
        return Directory(
            departments=tuple(Department(campus=campus, **one) for one in said["departments"]),
            doctors=tuple(Doctor(campus=campus, **one) for one in said["doctors"]),
        )

    async def schedule(self, first: date, last: date, department: str) -> Schedule:
        """Clinics and slots of these days."""
        asked = {"first": first, "last": last, "department": department}
        said = await self._read("schedule", "/clinics", asked)
        return Schedule(
            clinics=tuple(self._clinic(one) for one in said),
            slots=tuple(self._slot(one["code"], slot) for one in said for slot in one["slots"]),
            as_of=self.core.clock.now(),
        )

    async def book(self, order: Order) -> Reply:
        """Book; River knows our key and books once for it."""
        who = order.person
        wanted = {"key": order.key, "slot": order.slot, "name": who.name, "phone": who.phone}
        try:
            said = await self._order("book", "/visits", wanted)
        except Refused as error:
            return Reply(verdict=Verdict.TAKEN, reason=str(error))
        return Reply(verdict=Verdict.BOOKED, reference=said["id"], number=said["number"])

    async def cancel(self, order: Order, reference: str, reason: str) -> Reply:
        """Cancel; River says yes too when there is nothing to cancel."""
        await self._order("cancel", "/visits/cancel", {"key": order.key, "reason": reason})
        return Reply(verdict=Verdict.CANCELLED)

    async def state(self, order: Order, reference: str) -> VisitFound:
        """Asked when an answer was lost, and daily for visits of the past."""
        said = await self._read("state", "/visits", {"key": order.key})
        return VisitFound(state=VisitState(said["state"]), reference=said.get("id", ""))

    async def people(self, text: str) -> Sequence[Person]:
        """Patients by number, id card or telephone number."""
        said = await self._read("people", "/patients", {"text": text})
        return [Person(id=0, **one) for one in said]

    async def stop_clinic(self, clinic: str, reason: str) -> Reply:
        """Never asked: ``can`` does not name it."""
        return Reply(verdict=Verdict.REFUSED)

    async def info(self, kind: Info, query: Mapping[str, str]) -> Table:
        """Never asked: ``can`` does not name it."""
        return Table(columns=(), as_of=self.core.clock.now())

    async def check(self) -> list[Finding]:
        """What ``careline his check`` tells."""
        try:
            read = await self.directory()
        except CarelineError as error:
            return [Finding(what="directory", ok=False, detail=str(error))]
        return [Finding(what="directory", ok=bool(read.departments))]

    def _clinic(self, one: Mapping[str, Any]) -> Clinic:
        words = {name: one[name] for name in ("code", "department", "doctor")}
        day, half = date.fromisoformat(one["day"]), HalfDay(one["half"])
        return Clinic(campus=self.ground.campus, day=day, half=half, **words)

    def _slot(self, clinic: str, one: Mapping[str, Any]) -> TimeSlot:
        start, end = time.fromisoformat(one["start"]), time.fromisoformat(one["end"])
        code, left = one["code"], one["left"]
        campus = self.ground.campus
        return TimeSlot(campus=campus, code=code, clinic=clinic, start=start, end=end, left=left)

    async def _read(self, what: str, path: str, query: Mapping[str, Any] | None = None) -> Any:
        return await self._asked(what, f"{path}?{urlencode(query or {})}", None)

    async def _order(self, what: str, path: str, order: Mapping[str, Any]) -> Any:
        return await self._asked(what, path, json.dumps(order).encode())

    async def _asked(self, what: str, path: str, body: bytes | None) -> Any:
        """Ask, and have it written down for administrators, masked."""
        url, most = self.url + path, self.ground.timeout_s
        with self.ground.exchanges.begin(what, body or url) as exchange:
            exchange.response = await self.ground.in_thread(_ask, url, body, most)
            return _understood(exchange.response)


def _ask(url: str, body: bytes | None, most: float) -> bytes:
    """Ask, in a thread. An order whose answer is lost may have been carried out: NoAnswer."""
    try:
        with urlopen(Request(url, body, JSON), timeout=most) as answer:  # noqa: S310 - http(s) only
            return bytes(answer.read())
    except HTTPError as error:
        with error:
            if error.code == 409:
                raise Refused("river.taken", "this number is taken") from None
        raise Unavailable("his.bad_answer", "River says {code}", code=error.code) from None
    except OSError as error:
        nobody = isinstance(error, URLError) and isinstance(error.reason, ConnectionRefusedError)
        if body is None or nobody:
            raise Unavailable("river.away", "River cannot be reached") from None
        raise no_answer(error) from None


def _understood(answer: str | bytes) -> Any:
    try:
        return json.loads(answer)
    except ValueError:
        raise Unavailable("his.bad_answer", "River does not speak JSON") from None


plugin = Plugin(
    name="river",
    title="River",
    version="1.0",
    hooks=Hooks,
    config=Config,
    requires=("his_webservice",),
)
