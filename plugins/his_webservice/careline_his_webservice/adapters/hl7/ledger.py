"""What was said to and by a system over HL7: there is no question by which to ask it later.

A visit is known by our order's key, which is the placer's appointment id on the line. A message of
the hospital is taken once: its engine sends again what was not acknowledged.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from attrs import asdict, frozen
from sqlalchemy import Column, Index, String, Table, and_, delete, insert, select, update

from careline.storage import EnumValue, Tx, UTCDateTime, metadata


class Line(Enum):
    """How a visit stands. SENT: the answer is not known."""

    SENT = "sent"
    BOOKED = "booked"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    MISSED = "missed"


visit_table = Table(
    "his_webservice_hl7_visit",
    metadata,
    Column("campus", String(32), primary_key=True),
    Column("key", String(40), primary_key=True),
    Column("state", EnumValue(Line), nullable=False),
    Column("reference", String(64), nullable=False),
    Column("number", String(20), nullable=False),
    Column("changed", UTCDateTime, nullable=False),
    Index("ix_his_webservice_hl7_visit_reference", "campus", "reference"),
    Index("ix_his_webservice_hl7_visit_changed", "changed"),
)
message_table = Table(
    "his_webservice_hl7_message",
    metadata,
    Column("campus", String(32), primary_key=True),
    Column("sender", String(200), primary_key=True),
    Column("control_id", String(64), primary_key=True),
    Column("digest", String(32), primary_key=True),
    Column("taken", UTCDateTime, nullable=False),
    Index("ix_his_webservice_hl7_message_taken", "taken"),
)


@frozen(kw_only=True)
class Visit:
    """A visit as the ledger knows it."""

    key: str
    state: Line
    reference: str = ""
    number: str = ""
    changed: datetime | None = None


def visit_of(tx: Tx, campus: str, key: str, reference: str = "") -> Visit | None:
    """By our key, else by the hospital's reference."""
    columns = visit_table.c
    for found in ([columns.key == key] if key else []) + (
        [columns.reference == reference] if reference else []
    ):
        row = tx.execute(select(visit_table).where(columns.campus == campus, found)).first()
        if row is not None:
            return Visit(
                key=row.key,
                state=row.state,
                reference=row.reference,
                number=row.number,
                changed=row.changed,
            )
    return None


def put_visit(tx: Tx, campus: str, visit: Visit, now: datetime) -> None:
    """Write down how a visit stands."""
    mine = (visit_table.c.campus == campus) & (visit_table.c.key == visit.key)
    values = {"state": visit.state, "reference": visit.reference, "number": visit.number}
    values["changed"] = now
    if tx.execute(update(visit_table).where(mine).values(values)).rowcount == 0:
        tx.execute(insert(visit_table).values(campus=campus, key=visit.key, **values))


def begin(tx: Tx, campus: str, key: str, now: datetime) -> Visit | None:
    """What is known before an order is sent; it counts as sent from now on, unless it is over."""
    known = visit_of(tx, campus, key)
    if known is None or known.state in (Line.REFUSED, Line.SENT):
        put_visit(tx, campus, Visit(key=key, state=Line.SENT), now)
    return known


@frozen(kw_only=True)
class Mark:
    """By what a message is known again: its sender's control id, and what it says after MSH.

    Engines that count from 1 again after a restart give an old id to a new message.
    """

    sender: str
    control_id: str
    digest: str


def is_new(tx: Tx, campus: str, mark: Mark, now: datetime) -> bool:
    """Whether this message was not taken before; it is from now on."""
    values = {"campus": campus, **asdict(mark)}
    same = and_(*(message_table.c[name] == value for name, value in values.items()))
    if tx.one(select(message_table.c.taken).where(same)) is not None:
        return False
    tx.execute(insert(message_table).values(**values, taken=now))
    return True


def forget(tx: Tx, messages_before: datetime, visits_before: datetime) -> None:
    """Remove what is too old to be sent again or asked about."""
    tx.execute(delete(message_table).where(message_table.c.taken < messages_before))
    tx.execute(delete(visit_table).where(visit_table.c.changed < visits_before))
