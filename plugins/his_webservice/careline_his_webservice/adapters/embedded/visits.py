"""Visits in the database: a place is taken, given back and found again, each in one transaction.

The conditional update of the slot decides who gets the last place: its row is locked until commit,
so the turns read after it are all there are. The tables' constraints stand behind it.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from careline.clinic import Order, Reply, Verdict, VisitFound, VisitState
from careline.storage import AnyRow, Tx, read_committed
from careline_his_webservice.adapters.embedded.people import number_of
from careline_his_webservice.adapters.embedded.tables import clinic_table, slot_table, visit_table

visits, slots, clinics = visit_table.c, slot_table.c, clinic_table.c
REFERENCE = re.compile(r"E\d{8,18}", re.ASCII)
#: What the system answers in words, in the hospital's language as other systems do.
CANCELLED_BEFORE = "该预约已取消"
NO_SUCH_SLOT = "没有这个号源"
OVER = "就诊时间已过"
STOPPED = "已停诊"
FULL = "号源已满"
TWICE = "该患者在此时段已有预约"
VISITED = "患者已就诊"
NO_SUCH_CLINIC = "没有这个班次"


@read_committed
def book(tx: Tx, order: Order, today: date, now: datetime) -> Reply:
    """Take a place for ``order``; asked again with the same key, give the same answer again.

    A key that was cancelled before is REFUSED for ever: the request that comes late, after its own
    cancellation, must not book. ``today`` is the campus's.
    """
    known = _by_key(tx, order)
    if known is not None:
        return _again(tx, known)
    if not _take(tx, order, today):
        # Asked again at the same moment, the other of the two may have taken the last place.
        known = _by_key(tx, order)
        return _again(tx, known) if known is not None else _why_not(tx, order, today)
    turn = _free_turn(tx, order)
    outpatient = number_of(tx, order.campus, order.person)
    made = tx.scalar(_new(tx, order, turn, outpatient, now))
    if made is not None:
        return _booked(tx, order.campus, made)
    _give_back(tx, order.campus, order.slot)
    known = _by_key(tx, order)
    return _again(tx, known) if known else Reply(verdict=Verdict.REFUSED, reason=TWICE)


@read_committed
def cancel(tx: Tx, order: Order, reference: str, reason: str, now: datetime) -> Reply:
    """Give the place back; a visit that never was is written as cancelled, so that it stays so."""
    row = _found(tx, order, reference)
    if row is None:
        tx.execute(_tombstone(tx, order, reason, now))
        row = _found(tx, order, reference)  # not the tombstone when it was booked meanwhile
    if row is None:
        return Reply(verdict=Verdict.UNKNOWN)
    change = update(visit_table).where(visits.id == row.id, visits.state == VisitState.BOOKED)
    cancelled = {"state": VisitState.CANCELLED, "turn": None, "holder": None}
    if tx.execute(change.values(**cancelled, reason=reason[:200], changed=now)).rowcount:
        _give_back(tx, order.campus, row.slot)
    elif state(tx, order, reference).state is not VisitState.CANCELLED:
        return Reply(verdict=Verdict.REFUSED, reference=reference_of(row.id), reason=VISITED)
    return Reply(verdict=Verdict.CANCELLED, reference=reference_of(row.id))


def state(tx: Tx, order: Order, reference: str) -> VisitFound:
    """How the visit stands."""
    row = _found(tx, order, reference)
    if row is None:
        return VisitFound(state=VisitState.ABSENT)
    return VisitFound(
        state=row.state,
        reference=reference_of(row.id),
        number=row.number,
        outpatient_number=row.outpatient_number,
    )


@read_committed
def stop(tx: Tx, campus: str, clinic: str, reason: str) -> Reply:
    """Close a clinic and its slots; visits stay until each is cancelled by its key.

    Whoever books at the same moment is either before this, or finds the slot closed.
    """
    one = (clinics.campus == campus, clinics.code == clinic)
    close = update(clinic_table).where(*one).values(stopped=True, reason=reason[:200])
    if not tx.execute(close).rowcount:
        return Reply(verdict=Verdict.REFUSED, reason=NO_SUCH_CLINIC)
    theirs = (slots.campus == campus, slots.clinic == clinic)
    tx.execute(update(slot_table).where(*theirs).values(open=False))
    return Reply(verdict=Verdict.CANCELLED)


def mark(tx: Tx, campus: str, key: str, seen: bool, now: datetime) -> bool:
    """Write down that a booked patient came, or did not; False when no booked visit has the key."""
    told = VisitState.VISITED if seen else VisitState.MISSED
    one = (visits.campus == campus, visits.key == key, visits.state == VisitState.BOOKED)
    change = update(visit_table).where(*one).values(state=told, changed=now)
    return bool(tx.execute(change).rowcount)


def reference_of(visit: int) -> str:
    """The number under which the system itself knows a visit."""
    return f"E{visit:08d}"


def _found(tx: Tx, order: Order, reference: str) -> AnyRow | None:
    row = _by_key(tx, order)
    if row is None and REFERENCE.fullmatch(reference):
        one = (visits.campus == order.campus, visits.id == int(reference[1:]))
        row = tx.one(select(visit_table).where(*one))
    return row


def _by_key(tx: Tx, order: Order) -> AnyRow | None:
    one = (visits.campus == order.campus, visits.key == order.key)
    return tx.one(select(visit_table).where(*one))


def _take(tx: Tx, order: Order, today: date) -> bool:
    free = (slots.open, slots.taken < slots.capacity, slots.day >= today)
    one = (slots.campus == order.campus, slots.code == order.slot, slots.clinic == order.clinic)
    take = update(slot_table).where(*one, *free).values(taken=slots.taken + 1)
    return bool(tx.execute(take).rowcount)


def _give_back(tx: Tx, campus: str, slot: str) -> None:
    one = (slots.campus == campus, slots.code == slot)
    tx.execute(update(slot_table).where(*one).values(taken=slots.taken - 1))


def _why_not(tx: Tx, order: Order, today: date) -> Reply:
    one = (slots.campus == order.campus, slots.code == order.slot, slots.clinic == order.clinic)
    slot = tx.one(select(slot_table).where(*one))
    if slot is None:
        return Reply(verdict=Verdict.REFUSED, reason=NO_SUCH_SLOT)
    if slot.day < today:
        return Reply(verdict=Verdict.REFUSED, reason=OVER)
    if not slot.open:
        return Reply(verdict=Verdict.REFUSED, reason=STOPPED)
    return Reply(verdict=Verdict.TAKEN, reason=FULL)


def _free_turn(tx: Tx, order: Order) -> int:
    """The lowest turn of the slot that nobody has; there is one, since a place was taken."""
    mine = (slots.campus == order.campus, slots.code == order.slot)
    slot = tx.execute(select(slots.first, slots.capacity).where(*mine)).one()
    theirs = (visits.campus == order.campus, visits.slot == order.slot, visits.turn.is_not(None))
    gone = set(tx.scalars(select(visits.turn).where(*theirs)))
    return next(turn for turn in range(slot.first, slot.first + slot.capacity) if turn not in gone)


def _new(tx: Tx, order: Order, turn: int, outpatient: str, now: datetime) -> Any:
    return _insert(
        tx,
        campus=order.campus,
        key=order.key,
        state=VisitState.BOOKED,
        clinic=order.clinic,
        slot=order.slot,
        day=order.day,
        turn=turn,
        holder=outpatient,
        number=str(turn),
        outpatient_number=outpatient,
        made=now,
        changed=now,
    )


def _tombstone(tx: Tx, order: Order, reason: str, now: datetime) -> Any:
    return _insert(
        tx,
        campus=order.campus,
        key=order.key,
        state=VisitState.CANCELLED,
        clinic=order.clinic,
        slot=order.slot,
        day=order.day,
        reason=reason[:200],
        made=now,
        changed=now,
    )


def _insert(tx: Tx, **values: object) -> Any:
    """An insert that does nothing where a constraint forbids it; gives the new id, else None."""
    new = sqlite.insert if tx.dialect == "sqlite" else postgresql.insert
    return new(visit_table).values(**values).on_conflict_do_nothing().returning(visits.id)


def _again(tx: Tx, row: AnyRow) -> Reply:
    if row.state is VisitState.CANCELLED:
        reference = reference_of(row.id)
        return Reply(verdict=Verdict.REFUSED, reference=reference, reason=CANCELLED_BEFORE)
    return _booked(tx, row.campus, row.id)


def _booked(tx: Tx, campus: str, visit: int) -> Reply:
    same = (clinics.campus == campus) & (clinics.code == visits.clinic)
    both = visit_table.outerjoin(clinic_table, same)
    query = select(visit_table, clinics.place).select_from(both)
    row = tx.execute(query.where(visits.id == visit)).one()
    return Reply(
        verdict=Verdict.BOOKED,
        reference=reference_of(row.id),
        number=row.number,
        outpatient_number=row.outpatient_number,
        place=row.place or "",
    )
