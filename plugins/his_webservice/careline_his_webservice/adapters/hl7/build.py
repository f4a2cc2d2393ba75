"""A campus whose system speaks HL7 v2: visits over MLLP, everything that is read by a companion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import uuid4
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
    Verdict,
    VisitFound,
    VisitState,
)
from careline.clock import Clock
from careline.errors import CarelineError, Invalid, Unavailable
from careline.i18n import error_text
from careline_his_webservice.adapter import Ability, Finding, His, Info
from careline_his_webservice.adapters.hl7 import ledger
from careline_his_webservice.adapters.hl7.ack import Answer, Code, Fault, acknowledgement
from careline_his_webservice.adapters.hl7.charset import decode, encode
from careline_his_webservice.adapters.hl7.client import Client, Lost
from careline_his_webservice.adapters.hl7.inbox import FAULTS, REJECTED, Inbox
from careline_his_webservice.adapters.hl7.ledger import Line, Visit
from careline_his_webservice.adapters.hl7.listener import Door
from careline_his_webservice.adapters.hl7.message import Message, stamp
from careline_his_webservice.adapters.hl7.settings import Hl7Settings
from careline_his_webservice.adapters.hl7.siu import Event, order_message
from careline_his_webservice.calling.model import Outcome
from careline_his_webservice.ground import Ground

log = Logger()

SHOWN_AFTER = timedelta(minutes=15)
"""Engines pass messages on to the hospital's tables behind the acknowledgement."""
OURS = frozenset({Ability.BOOK, Ability.CANCEL, Ability.STATE})
STATES = {
    Line.BOOKED: VisitState.BOOKED,
    Line.CANCELLED: VisitState.CANCELLED,
    Line.MISSED: VisitState.MISSED,
    Line.REFUSED: VisitState.ABSENT,
}


def build(ground: Ground, settings: Hl7Settings) -> Hl7:
    """The adapter of a campus."""
    return Hl7(ground, settings, ground.companion(settings.reads))


class Hl7:
    """See :class:`careline_his_webservice.adapter.His`."""

    def __init__(self, ground: Ground, settings: Hl7Settings, reads: His) -> None:
        core = ground.core
        self._ground = ground
        self._settings = settings
        self._reads = reads
        self._db = core.db
        self._client = Client(
            core.reactor, core.clock, settings.host, settings.port, settings.charset
        )
        self._zone = ZoneInfo("Asia/Shanghai")
        self._inbox = Inbox(ground.campus, settings.application, self._zone, core.hub)
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
        self._inbox = Inbox(
            self._ground.campus, self._settings.application, self._zone, self._ground.core.hub
        )
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
        raise Unavailable("his.unmapped", "this system cannot be asked that")

    async def book(self, order: Order) -> Reply:
        """SIU S12; asked again with a key that was answered, the answer is given again."""
        known = await self._db.run(ledger.begin, self._ground.campus, order.key, self._clock.now())
        if known is not None and known.state is Line.BOOKED:
            return Reply(verdict=Verdict.BOOKED, reference=known.reference, number=known.number)
        if known is not None and known.state in (Line.CANCELLED, Line.MISSED):
            return Reply(verdict=Verdict.REFUSED, reason=f"{known.state.value}")
        surely = known is None or known.state is Line.REFUSED
        try:
            answer = await self._say(Event.NEW, order)
        except Unavailable:
            if surely:  # not sent, now or before
                await self._settle(order.key, Line.REFUSED)
            raise
        if answer is None or (answer.code is not Code.TAKEN and not surely):
            return Reply(verdict=Verdict.UNKNOWN)  # "full" may be full of this very visit
        return await self._booked(order, answer)

    async def _booked(self, order: Order, answer: Answer) -> Reply:
        if answer.code is Code.TAKEN:
            await self._settle(order.key, Line.BOOKED, answer.reference, answer.number)
            return Reply(verdict=Verdict.BOOKED, reference=answer.reference, number=answer.number)
        await self._settle(order.key, Line.REFUSED)
        if _says(answer, self._settings.full):
            return Reply(verdict=Verdict.TAKEN, reason=answer.text)
        return _refusal(answer)

    async def cancel(self, order: Order, reference: str, reason: str) -> Reply:
        """SIU S15; sent also for a visit of which nothing is known here: it may have got there."""
        known = await self._db.run(ledger.visit_of, self._ground.campus, order.key, reference)
        if known is not None and known.state is Line.CANCELLED:
            return Reply(verdict=Verdict.CANCELLED, reference=known.reference)
        reference = reference or (known.reference if known else "")
        answer = await self._say(Event.CANCELLED, order, reference, reason)
        if answer is None:
            return Reply(verdict=Verdict.UNKNOWN)
        if answer.code is Code.TAKEN or _says(answer, self._settings.absent):
            await self._settle(order.key, Line.CANCELLED, reference)
            return Reply(verdict=Verdict.CANCELLED, reference=reference)
        return _refusal(answer)

    async def state(self, order: Order, reference: str) -> VisitFound:
        """The hospital's own tables where they can be read, else what was told over the line.

        What was said over the line may not have got into the tables yet.
        """
        known = await self._db.run(ledger.visit_of, self._ground.campus, order.key, reference)
        if self._settings.reads == "sql" and Ability.STATE in self._reads.can:
            found = await self._reads.state(order, reference)
            if found.state is not VisitState.ABSENT or known is None or self._is_old(known):
                return found
        if known is None:
            return VisitFound(state=VisitState.ABSENT)
        if known.state is Line.SENT:
            raise Unavailable(
                "his.unsure", "the answer to this visit was lost; nothing has been told since"
            )
        return VisitFound(state=STATES[known.state], reference=known.reference, number=known.number)

    def _is_old(self, known: Visit) -> bool:
        """Whether the tables would show it by now, whatever queue it went through."""
        changed = known.changed
        return changed is not None and self._clock.now() - changed > SHOWN_AFTER

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
        try:
            message = Message(decode(data, charset))
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
        self._ground.exchanges.note(f"in {what}"[:64], data[:8192], answer, took, outcome)
        return encode(answer, charset)

    async def _say(
        self, event: Event, order: Order, reference: str = "", reason: str = ""
    ) -> Answer | None:
        """Send and be answered; None when nobody knows. Unavailable: surely not sent."""
        control_id = uuid4().hex[:20]
        text = order_message(
            event,
            order,
            self._settings,
            control_id=control_id,
            now=self._clock.now().astimezone(self._zone),
            reference=reference,
            reason=reason,
        )
        with self._ground.exchanges.begin(f"SIU^{event.value}", text) as exchange:
            try:
                answer, exchange.response = await self._client.send(control_id, text)
            except Lost:
                exchange.outcome = Outcome.LATE
                return None
            if answer.code is not Code.TAKEN:
                exchange.outcome = Outcome.REFUSED
            return answer

    async def _settle(self, key: str, state: Line, reference: str = "", number: str = "") -> None:
        visit = Visit(key=key, state=state, reference=reference, number=number)
        await self._db.run(ledger.put_visit, self._ground.campus, visit, self._clock.now())

    def _stranger(self, address: str) -> None:
        """A connection from an address that is not among ``peers``."""
        self._ground.exchanges.note("in connection", address, "", 0, Outcome.REFUSED)

    def _local_stamp(self) -> str:
        return stamp(self._clock.now().astimezone(self._zone))

    @property
    def _clock(self) -> Clock:
        return self._ground.core.clock


def _says(answer: Answer, words: Sequence[str]) -> bool:
    return answer.code is Code.ERROR and any(word in answer.text.lower() for word in words)


def _refusal(answer: Answer) -> Reply:
    """AE is about this order; AR is said whatever the order, so it may be tried later."""
    rejected = answer.code is Code.REJECTED
    verdict = Verdict.UNAVAILABLE if rejected else Verdict.REFUSED
    return Reply(verdict=verdict, reason=answer.text)
