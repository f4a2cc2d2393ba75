"""A campus whose system speaks HL7 v2: visits over MLLP, everything that is read by a companion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from twisted.internet.error import CannotListenError
from twisted.logger import Logger

from careline.clinic import (
    Directory,
    Order,
    Person,
    Reply,
    Schedule,
    Table,
    VisitFound,
)
from careline.clinic.his import Ability, Finding, His, Info
from careline.clock import Clock
from careline.errors import CarelineError, Invalid, Refused, Unavailable
from careline.i18n import error_text
from careline_his_webservice.adapters.hl7.ack import Code, Fault, acknowledgement
from careline_his_webservice.adapters.hl7.charset import decode, encode
from careline_his_webservice.adapters.hl7.client import Client
from careline_his_webservice.adapters.hl7.inbox import FAULTS, REJECTED, Inbox
from careline_his_webservice.adapters.hl7.listener import Door
from careline_his_webservice.adapters.hl7.message import Message, stamp
from careline_his_webservice.adapters.hl7.settings import Hl7Settings
from careline_his_webservice.adapters.hl7.visits import Visits
from careline_his_webservice.calling.model import Outcome
from careline_his_webservice.ground import Ground

log = Logger()

OURS = frozenset({Ability.BOOK, Ability.CANCEL, Ability.STATE})


def build(ground: Ground, settings: Hl7Settings) -> Hl7:
    """The adapter of a campus."""
    return Hl7(ground, settings, ground.companion(settings.reads))


class Hl7:
    """See :class:`careline.clinic.his.His`."""

    def __init__(self, ground: Ground, settings: Hl7Settings, reads: His) -> None:
        core = ground.core
        self._ground = ground
        self._settings = settings
        self._reads = reads
        self._db = core.db
        self._client = Client(
            core.reactor, core.clock, settings.host, settings.port, settings.charset
        )
        self._zone = ZoneInfo("Asia/Shanghai")  # until campuses are known, which is before start
        self._door = Door(core.clock, core.tasks, settings.peers, self.receive, self._stranger)

    @property
    def can(self) -> frozenset[Ability]:
        """Booking and cancelling over the line, the rest as the companion can."""
        return (self._reads.can - {Ability.STOP}) | OURS

    @property
    def info_kinds(self) -> frozenset[Info]:
        """The companion's."""
        return self._reads.info_kinds

    @property
    def port(self) -> int:
        """Where the listener listens."""
        return self._door.port

    async def start(self) -> None:
        """Listen, where a port is set; a port that is taken is logged and said by ``check``."""
        await self._reads.start()
        self._zone = ZoneInfo(self._ground.core.campuses.campus(self._ground.campus).timezone)
        self._listen(self._settings.listen_port)

    def _listen(self, port: int) -> None:
        if port:
            try:
                self._door.listen(self._ground.core.reactor, self._settings.listen_host, port)
            except CannotListenError as error:
                log.error(
                    "HL7 of {campus}: port {port} cannot be listened on: {reason}",
                    campus=self._ground.campus,
                    port=port,
                    reason=error.socketError,
                )

    async def stop(self) -> None:
        """Close the line and the listener."""
        await self._door.close()
        self._client.close()
        await self._reads.stop()

    async def directory(self) -> Directory:
        """The companion's."""
        return await self._reads.directory()

    async def schedule(self, first: date, last: date, department: str) -> Schedule:
        """The companion's."""
        return await self._reads.schedule(first, last, department)

    async def people(self, text: str) -> Sequence[Person]:
        """The companion's."""
        return await self._reads.people(text)

    async def info(self, kind: Info, query: Mapping[str, str]) -> Table:
        """The companion's."""
        return await self._reads.info(kind, query)

    async def stop_clinic(self, clinic: str, reason: str) -> Reply:
        """Never asked: it is not among what we can."""
        raise Refused("his.unmapped", "this system cannot be asked that")

    async def book(self, order: Order) -> Reply:
        """SIU S12."""
        return await self._visits.book(order)

    async def cancel(self, order: Order, reference: str, reason: str) -> Reply:
        """SIU S15."""
        return await self._visits.cancel(order, reference, reason)

    async def state(self, order: Order, reference: str) -> VisitFound:
        """What messages say."""
        return await self._visits.state(order, reference)

    async def check(self) -> Sequence[Finding]:
        """Reach the engine, and what the companion finds."""
        where = f"MLLP {self._settings.host}:{self._settings.port}"
        try:
            await self._client.reach()
            found = [Finding(what=where, ok=True)]
        except Unavailable as error:
            told = error_text(error, self._ground.core.settings.language)
            found = [Finding(what=where, ok=False, detail=told)]
        return [*found, *await self._reads.check()]

    async def receive(self, data: bytes) -> bytes:
        """Take one message of the hospital and answer it; never raises what it could cause."""
        began = self._clock.seconds()
        charset = self._settings.charset
        message, fault, text, code = None, None, "", Code.TAKEN
        shown: str | bytes = data[:8192]
        try:
            shown = decode(data, charset)
            message = Message(shown)
            says = self._inbox.read(message, self._clock.now())
            await self._db.run(self._inbox.take, message, says, self._clock.now())
        except Invalid as error:
            code = Code.REJECTED if error.code in REJECTED else Code.ERROR
            fault, text = FAULTS.get(error.code, Fault.INTERNAL), str(error)
        except CarelineError as error:
            code, fault, text = Code.REJECTED, Fault.INTERNAL, error.code
        answer = acknowledgement(
            message,
            code,
            at=self._local_stamp(),
            charset=charset,
            application=self._settings.application,
            fault=fault,
            text=text,
        )
        what = "^".join(message.type) if message else "HL7"
        outcome = Outcome.DONE if code is Code.TAKEN else Outcome.WRONG
        took = round((self._clock.seconds() - began) * 1000)
        self._ground.exchanges.note(f"in {what}"[:64], shown[:8192], answer, took, outcome)
        return encode(answer, charset)

    def _stranger(self, address: str) -> None:
        """A connection from an address that is not among ``peers``."""
        self._ground.exchanges.note("in connection", address, "", 0, Outcome.REFUSED)

    def _local_stamp(self) -> str:
        return stamp(self._clock.now().astimezone(self._zone))

    @property
    def _visits(self) -> Visits:
        return Visits(self._ground, self._settings, self._client, self._zone)

    @property
    def _inbox(self) -> Inbox:
        application, hub = self._settings.application, self._ground.core.hub
        return Inbox(self._ground.campus, application, self._zone, hub)

    @property
    def _clock(self) -> Clock:
        return self._ground.core.clock
