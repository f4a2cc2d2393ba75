"""Booking, cancelling and stopping at a SOAP system: once, and nothing said that is not sure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from attrs import frozen

from careline.clinic import Order, Reply, Verdict, VisitFound, VisitState
from careline.clinic.his import NoAnswer, no_answer
from careline.errors import Unavailable
from careline_his_webservice.adapters.mapping.rows import Row
from careline_his_webservice.adapters.mapping.template import Given, of_order
from careline_his_webservice.adapters.soap.asking import Asking, Said
from careline_his_webservice.adapters.soap.post import Unsure
from careline_his_webservice.adapters.soap.rules import Write
from careline_his_webservice.adapters.soap.xml import text_at
from careline_his_webservice.calling.exchanges import BAD_ANSWER

#: What a code's meaning says to who asked; ``duplicate`` is looked up, ``unavailable`` is raised.
VERDICTS = {
    "booked": Verdict.BOOKED,
    "cancelled": Verdict.CANCELLED,
    "absent": Verdict.CANCELLED,
    "taken": Verdict.TAKEN,
    "refused": Verdict.REFUSED,
}
#: Visits that stand: whoever asks for one of these again has it already.
STANDING = (VisitState.BOOKED, VisitState.VISITED)


@frozen
class Writing:
    """Changes at one campus; ``state`` asks how a visit stands."""

    asking: Asking
    state: Callable[[Order, str], Awaitable[VisitFound]]

    async def book(self, order: Order) -> Reply:
        """Book once for this key.

        Most systems know no keys of ours, and an answer may have been lost before a restart that
        nobody remembers: so the visit is looked for before it is asked for, unless the rules say
        that the system itself books a key once. What cannot be looked for is not asked for.
        """
        try:
            reply = await self._book(order)
        except NoAnswer:
            self.asking.unsure.add(order.key)
            raise
        except Unavailable as error:
            if order.key in self.asking.unsure:  # this time it was not done, but the last time?
                if error.code == BAD_ANSWER:
                    return Reply(verdict=Verdict.UNKNOWN)
                raise no_answer(error) from None
            raise
        if reply.verdict is Verdict.UNKNOWN:
            self.asking.unsure.add(order.key)
        else:
            self.asking.unsure.discard(order.key)
        return reply

    async def _book(self, order: Order) -> Reply:
        table = self.asking.rules.book or Write()
        if table.look_first:
            found = await self.state(order, "")
            if found.state in STANDING:
                return booked(found)
            if found.state is VisitState.CANCELLED and self._knows_keys:
                return Reply(verdict=Verdict.REFUSED, reason="cancelled")
        said = await self._said("book", table, of_order(order))
        if said is None or said.meaning != "duplicate":
            return self._reply("book", table, said)
        return await self._looked_up(order, said)

    async def cancel(self, order: Order, reference: str, reason: str) -> Reply:
        """Cancel; a reference that is not known is looked for first."""
        table = self.asking.rules.cancel or Write()
        if not reference and any("{reference" in one for one in table.request.values()):
            found = await self.state(order, "")
            if found.state in (VisitState.ABSENT, VisitState.CANCELLED):
                return Reply(verdict=Verdict.CANCELLED)
            reference = found.reference
        given = {**of_order(order), "reference": reference, "reason": reason}
        return self._reply("cancel", table, await self._said("cancel", table, given))

    async def stop(self, clinic: str, reason: str) -> Reply:
        """Take no more patients for a clinic."""
        table = self.asking.rules.stop or Write()
        said = await self._said("stop", table, {"clinic": clinic, "reason": reason})
        return self._reply("stop", table, said)

    @property
    def _knows_keys(self) -> bool:
        state = self.asking.rules.state
        return state is not None and "key" in state.fields

    async def _said(self, name: str, table: Write, given: Given) -> Said | None:
        """What they said; None when nothing that can be used came back. Raises NoAnswer."""
        try:
            return await self.asking.write(name, table, given)
        except Unsure as unsure:
            if unsure.code == BAD_ANSWER:
                return None
            raise no_answer(unsure) from None

    def _reply(self, name: str, table: Write, said: Said | None) -> Reply:
        if said is None:
            return Reply(verdict=Verdict.UNKNOWN)
        if said.meaning == "unavailable":
            raise self.asking.away(said.words)
        verdict = VERDICTS.get(said.meaning, Verdict.UNKNOWN)
        if said.content is None or verdict is Verdict.UNKNOWN:
            return Reply(verdict=verdict, reason=said.words[:300])
        node = said.content.node
        row = Row(name, table.fields, lambda path: text_at(node, path), self.asking.values, name)
        return Reply(
            verdict=verdict,
            reference=row.text("reference"),
            number=row.text("number"),
            outpatient_number=row.text("outpatient_number"),
            place=row.text("place"),
            reason="" if verdict is Verdict.BOOKED else said.words[:300],
        )

    async def _looked_up(self, order: Order, said: Said) -> Reply:
        """They have it already, so it is asked how it stands."""
        found = await self.state(order, "")
        if found.state in STANDING:
            return booked(found)
        return Reply(verdict=Verdict.UNKNOWN, reason=said.words[:300])


def booked(found: VisitFound) -> Reply:
    """A visit that stands already, as an answer to who asks for it again."""
    return Reply(
        verdict=Verdict.BOOKED,
        reference=found.reference,
        number=found.number,
        outpatient_number=found.outpatient_number,
    )
