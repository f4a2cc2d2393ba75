"""Booking over the line: what was answered once is not asked again, what was lost stays unknown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import uuid4
from zoneinfo import ZoneInfo

from attrs import frozen

from careline.clinic import Order, Reply, Verdict, VisitFound, VisitState
from careline.clinic.his import NoAnswer, no_answer
from careline.errors import Refused, Unavailable
from careline.i18n import Text
from careline_his_webservice.adapters.hl7 import ledger
from careline_his_webservice.adapters.hl7.ack import Answer, Code
from careline_his_webservice.adapters.hl7.client import Client, Lost
from careline_his_webservice.adapters.hl7.ledger import Line, Visit
from careline_his_webservice.adapters.hl7.settings import Hl7Settings
from careline_his_webservice.adapters.hl7.siu import Event, order_message
from careline_his_webservice.calling.model import Outcome
from careline_his_webservice.ground import Ground

T = TypeVar("T")

TAKEN_BACK_AFTER = timedelta(minutes=5)
"""Until then the hospital may yet tell of the visit by a message of its own."""
WHY = Text("no answer came to the booking")
STATES = {
    Line.BOOKED: VisitState.BOOKED,
    Line.CANCELLED: VisitState.CANCELLED,
    Line.MISSED: VisitState.MISSED,
    Line.REFUSED: VisitState.ABSENT,
}


@frozen
class Visits:
    """Of one campus."""

    ground: Ground
    settings: Hl7Settings
    client: Client
    zone: ZoneInfo

    async def book(self, order: Order) -> Reply:
        """SIU S12; asked again with a key that was answered, the answer is given again."""
        known = await self._run(ledger.begin, order.key, self._now())
        if known is not None and known.state is Line.BOOKED:
            return Reply(verdict=Verdict.BOOKED, reference=known.reference, number=known.number)
        if known is not None and known.state in (Line.CANCELLED, Line.MISSED):
            return Reply(verdict=Verdict.REFUSED, reason=known.state.value)
        surely = known is None or known.state is Line.REFUSED
        try:
            answer = await self._say(Event.NEW, order)
        except NoAnswer:
            raise
        except Unavailable as error:
            if not surely:
                raise no_answer(error) from None
            await self._settle(order.key, Line.REFUSED)  # not sent, now or before
            raise
        if answer.code is not Code.TAKEN and not surely:
            return Reply(verdict=Verdict.UNKNOWN)  # "full" may be full of this very visit
        return await self._booked(order, answer)

    async def _booked(self, order: Order, answer: Answer) -> Reply:
        if answer.code is Code.TAKEN:
            number = answer.message.at(self.settings.turn)[:20]
            await self._settle(order.key, Line.BOOKED, answer.reference, number)
            return Reply(
                verdict=Verdict.BOOKED,
                reference=answer.reference,
                number=number,
                outpatient_number=answer.outpatient_number,
            )
        await self._settle(order.key, Line.REFUSED)
        if _says(answer, self.settings.full):
            return Reply(verdict=Verdict.TAKEN, reason=answer.text)
        return _refusal(answer)

    async def cancel(self, order: Order, reference: str, reason: str) -> Reply:
        """SIU S15; sent also for a visit of which nothing is known here: it may have got there."""
        known = await self._run(ledger.visit_of, order.key, reference)
        if known is not None and known.state is Line.CANCELLED:
            return Reply(verdict=Verdict.CANCELLED, reference=known.reference)
        reference = reference or (known.reference if known else "")
        answer = await self._say(Event.CANCELLED, order, reference, reason)
        if answer.code is Code.TAKEN or _says(answer, self.settings.absent):
            await self._settle(order.key, Line.CANCELLED, reference)
            return Reply(verdict=Verdict.CANCELLED, reference=reference)
        return _refusal(answer)

    async def state(self, order: Order, reference: str) -> VisitFound:
        """What was told over the line: views of the hospital's tables hold no visits."""
        known = await self._run(ledger.visit_of, order.key, reference)
        if known is None:
            return VisitFound(state=VisitState.ABSENT)
        if known.state is Line.SENT:
            return await self._taken_back(order, known)
        return VisitFound(state=STATES[known.state], reference=known.reference, number=known.number)

    async def _taken_back(self, order: Order, known: Visit) -> VisitFound:
        """An order whose answer was lost, and of which nothing was told since: it is cancelled.

        There is no question for it in HL7, but a cancellation can be repeated until it is answered.
        Refused until then: nothing was asked over the line, so nothing is wrong with it.
        """
        if known.changed is not None and self._now() - known.changed > TAKEN_BACK_AFTER:
            reason = WHY.to(self.ground.core.settings.language)
            if (await self.cancel(order, "", reason)).verdict is Verdict.CANCELLED:
                return VisitFound(state=VisitState.ABSENT)
        raise Refused(
            "his.unsure", "the answer to this visit was lost; nothing has been told since"
        )

    async def _say(
        self, event: Event, order: Order, reference: str = "", reason: str = ""
    ) -> Answer:
        """Send and be answered. Raises NoAnswer when nobody knows, else Unavailable: not sent."""
        control_id = uuid4().hex[:20]
        text = order_message(
            event,
            order,
            self.settings,
            control_id=control_id,
            now=self._now().astimezone(self.zone),
            reference=reference,
            reason=reason,
        )
        with self.ground.exchanges.begin(f"SIU^{event.value}", text) as exchange:
            try:
                answer, exchange.response = await self.client.send(control_id, text)
            except Lost:
                exchange.outcome = Outcome.LATE
                raise no_answer() from None
            if answer.code is not Code.TAKEN:
                exchange.outcome = Outcome.REFUSED
            return answer

    async def _settle(self, key: str, state: Line, reference: str = "", number: str = "") -> None:
        visit = Visit(key=key, state=state, reference=reference, number=number)
        await self._run(ledger.put_visit, visit, self._now())

    async def _run(self, call: Callable[..., T], *args: object) -> T:
        return await self.ground.core.db.run(call, self.ground.campus, *args)

    def _now(self) -> datetime:
        return self.ground.core.clock.now()


def _says(answer: Answer, words: Sequence[str]) -> bool:
    return answer.code is Code.ERROR and any(word in answer.text.lower() for word in words)


def _refusal(answer: Answer) -> Reply:
    """AE is about this order; AR is said whatever the order, so it may be tried later."""
    rejected = answer.code is Code.REJECTED
    verdict = Verdict.UNAVAILABLE if rejected else Verdict.REFUSED
    return Reply(verdict=verdict, reason=answer.text)
