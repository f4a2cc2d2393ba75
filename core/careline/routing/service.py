"""The set-up in memory: campuses, trunks, flows, called numbers, queues, agents and phones."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import frozen
from twisted.logger import Logger

from careline.agents.model import Agent, Phone
from careline.agents.store import list_agents, list_phones
from careline.campuses.calendar import CalendarState, OpenState
from careline.campuses.model import NumberList, Trunk
from careline.campuses.service import Campuses
from careline.errors import CarelineError, NotFound
from careline.ivr.book import FlowBook
from careline.ivr.service import Flows
from careline.numbers import Phone as Number
from careline.numbers import parse_phone
from careline.numbers.phone import masked
from careline.numbers.unasked import may_ring_unasked
from careline.outbound.allow import AllowList
from careline.queues.model import Queue
from careline.queues.store import list_queues
from careline.storage import Database, Tx

log = Logger()


@frozen
class People:
    """Queues, agents and phones as the database has them at one moment."""

    queues: Mapping[str, Queue]
    agents: Mapping[str, Agent]
    phones: Mapping[str, Phone]


def read_people(tx: Tx) -> People:
    """Read all queues, agents and phones."""
    return People(
        {queue.id: queue for queue in list_queues(tx)},
        {agent.id: agent for agent in list_agents(tx)},
        {phone.name: phone for phone in list_phones(tx)},
    )


class Routing:
    """What calls ask of the set-up; :meth:`load` at start and whenever somebody changed it."""

    def __init__(
        self, db: Database, campuses: Campuses, flows: Flows, allow: AllowList | None = None
    ) -> None:
        self._allow = allow or AllowList()
        self._db = db
        self._campuses = campuses
        self._flows = flows
        self._people = People({}, {}, {})
        self._listeners: list[Callable[[], object]] = []

    def listen(self, listener: Callable[[], object]) -> None:
        """Have ``listener`` called after each load."""
        self._listeners.append(listener)

    async def load(self) -> None:
        """Read the set-up anew."""
        await self._campuses.load()
        self._people = await self._db.run(read_people)
        await self._flows.load()
        for listener in self._listeners:
            listener()

    @property
    def queues(self) -> Mapping[str, Queue]:
        """All queues by id."""
        return self._people.queues

    @property
    def agents(self) -> Mapping[str, Agent]:
        """All agents by number."""
        return self._people.agents

    @property
    def phones(self) -> Mapping[str, Phone]:
        """All phones of the house by name."""
        return self._people.phones

    @property
    def trunks(self) -> Mapping[str, Trunk]:
        """All trunks by id."""
        return self._campuses.directory.trunks

    @property
    def book(self) -> FlowBook:
        """The flows."""
        return self._flows.book

    def trunk_of(self, channel: str) -> Trunk | None:
        """The trunk that a channel (``PJSIP/city-0000002a``) came in on."""
        return self.trunks.get(channel.partition("/")[2].rpartition("-")[0])

    def campus_of(self, called: str, trunk: Trunk | None) -> str:
        """The campus of a called number, else of the trunk, else empty."""
        try:
            return self._flows.find(called, OpenState.OPEN)[0].campus
        except NotFound:
            return trunk.campus if trunk else ""

    def is_ours(self, called: str) -> bool:
        """True for a called number that is set by itself, not only as a beginning."""
        try:
            return self._flows.find(called, OpenState.OPEN)[0].number == called
        except NotFound:
            return False

    def flow_for(self, called: str, campus: str) -> str:
        """Name of the flow for a called number by the calendar of ``campus``; NotFound."""
        return self._flows.find(called, self.state_of(campus).state)[1]

    def state_of(self, campus: str) -> CalendarState:
        """Open, after hours or a holiday now; open where no campus is known."""
        try:
            return self._campuses.state_at(campus)
        except NotFound:
            return CalendarState(OpenState.OPEN)

    def is_listed(self, kind: NumberList, number: Number) -> bool:
        """True when a number is on the list now."""
        return self._campuses.listed(kind, number) is not None

    def shown_number(self, trunk_id: str) -> str:
        """The number that callees see on that trunk, else on another; empty: the provider's."""
        trunk = self._outward(trunk_id)
        return trunk.rules.shown if trunk else ""

    def trunk_for(self, campus: str) -> str:
        """The trunk over which a campus calls out, else another one's; empty: there is none."""
        own = [one.id for one in self.trunks.values() if one.enabled and one.campus == campus]
        found = self._outward(own[0] if own else "")
        return found.id if found else ""

    def shown_numbers(self, campus: str = "") -> tuple[str, ...]:
        """The numbers of ours that callees may be shown, the usual one first."""
        trunks = [trunk for trunk in self.trunks.values() if trunk.enabled]
        usual = [trunk.rules.shown for trunk in trunks if not campus or trunk.campus == campus]
        ours = [
            entry.number
            for entry in self._flows.called
            if entry.number.lstrip("+").isdigit() and (not campus or entry.campus == campus)
        ]
        return tuple(dict.fromkeys(number for number in (*usual, *ours) if number))

    def _outward(self, trunk_id: str) -> Trunk | None:
        """That trunk if it is in use, else the first that is."""
        usable = {trunk.id: trunk for trunk in self.trunks.values() if trunk.enabled}
        return usable.get(trunk_id) or next(iter(usable.values()), None)

    def dial_string(self, number: str, trunk_id: str) -> str:
        """What the switch dials for ``number`` on that trunk, else on another; "" if it must not.

        Only telephone numbers pass that the allow-list lets through: nothing else reaches Dial(),
        and calls to premium services and abroad, the usual toll fraud, are impossible.
        """
        trunk = self._outward(trunk_id)
        if trunk is None:
            return ""
        try:
            phone = parse_phone(number, trunk.rules.area_code)
            digits = trunk.rules.outbound(phone)
        except CarelineError as error:
            log.warn("{number} is not dialled: {code}", number=masked(number), code=error.code)
            return ""
        refusal = self._allow.judge(phone)
        if refusal is not None:
            log.warn("{number} is not dialled: {code}", number=phone, code=refusal.code)
            return ""
        return f"PJSIP/{digits}@{trunk.id}" if digits.lstrip("+").isdigit() else ""

    def cleared(self, number: str, trunk_id: str) -> str:
        """What the switch dials for ``number`` without a person who wants it; "" if it must not.

        ``number`` as it is stored: E.164, or a service number.
        """
        return self.dial_string(number, trunk_id) if may_ring_unasked(number) else ""
