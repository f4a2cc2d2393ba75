"""What the hospital's messages do here: each once, with its effect and its mark in one write."""

from __future__ import annotations

from datetime import datetime, tzinfo

from attrs import evolve, frozen

from careline.errors import Invalid
from careline.hooks import Hub
from careline.storage import Tx
from careline_his_webservice.adapters.hl7 import ledger
from careline_his_webservice.adapters.hl7.ack import Fault
from careline_his_webservice.adapters.hl7.adt import read_news
from careline_his_webservice.adapters.hl7.message import Message
from careline_his_webservice.adapters.hl7.siu import Event, Told, read_told
from careline_his_webservice.stays import News
from careline_his_webservice.stays import store as stays

FAULTS = {
    "hl7.event": Fault.EVENT,
    "hl7.type": Fault.MESSAGE_TYPE,
    "hl7.missing": Fault.MISSING,
    "hl7.time": Fault.TYPE,
    "hl7.charset": Fault.VALUE,
    "hl7.malformed": Fault.SEQUENCE,
}
REJECTED = ("hl7.event", "hl7.type", "hl7.charset", "hl7.malformed")
"""Faults of a kind of message, whatever it says; others are errors in what it says."""


@frozen
class Inbox:
    """Of one campus."""

    campus: str
    application: str
    zone: tzinfo
    hub: Hub

    def read(self, message: Message, now: datetime) -> News | Told:
        """What the message says; raises Invalid."""
        if not message.control_id or len(message.control_id) > 64:
            raise Invalid("hl7.missing", "{field} is missing", field="MSH-10")
        kind = message.type[0]
        if kind == "ADT":
            return read_news(message, self.campus, self.zone, now)
        if kind == "SIU":
            return read_told(message, self.application, self.zone)
        raise Invalid("hl7.type", "messages {kind} are not for us", kind=kind[:10])

    def take(self, tx: Tx, message: Message, says: News | Told, now: datetime) -> bool:
        """Store what a message says, and tell plugins; False when it was taken before."""
        mark = ledger.Mark(
            sender=message.sender[:200], control_id=message.control_id, digest=message.digest
        )
        if not ledger.is_new(tx, self.campus, mark, now):
            return False
        if isinstance(says, News):
            stays.take(tx, self.hub, says)
        elif says.event is Event.BLOCKED:
            self.hub.his_clinic_stopped(
                tx, campus=self.campus, clinic=says.clinic, reason=says.reason
            )
        else:
            self._visit(tx, says, now)
        return True

    def _visit(self, tx: Tx, told: Told, now: datetime) -> None:
        known = ledger.visit_of(tx, self.campus, told.key, told.reference)
        key = known.key if known else told.key
        if told.cancels:
            told_before = known is not None and known.state is ledger.Line.CANCELLED
            self._write(tx, known, told, ledger.Line.CANCELLED, now)
            if not told_before:
                self.hub.his_visit_cancelled(
                    tx,
                    campus=self.campus,
                    reference=told.reference or (known.reference if known else ""),
                    key=key,
                    reason=told.reason,
                )
        elif told.event is Event.MISSED:
            self._write(tx, known, told, ledger.Line.MISSED, now)
        elif known is None or known.state in (ledger.Line.SENT, ledger.Line.BOOKED):
            self._write(tx, known, told, ledger.Line.BOOKED, now)  # SENT: our answer was lost
            if told.start is not None:
                self.hub.his_visit_moved(
                    tx,
                    campus=self.campus,
                    reference=told.reference or (known.reference if known else ""),
                    key=key,
                    day=told.start.date().isoformat(),
                    start=told.start.strftime("%H:%M"),
                    clinic=told.clinic,
                    slot=told.slot,
                )

    def _write(
        self, tx: Tx, known: ledger.Visit | None, told: Told, state: ledger.Line, now: datetime
    ) -> None:
        if known is not None:
            reference = told.reference or known.reference
            after = evolve(known, state=state, reference=reference)
            ledger.put_visit(tx, self.campus, after, now)
