"""Cases that were told before the patient's record was there: found as soon as it is.

What is not linked is neither given out with a patient's data nor erased with it.
"""

from __future__ import annotations

from datetime import datetime

from attrs import evolve
from sqlalchemy import ColumnElement, and_, or_, select, update

from careline.patients.tables import number_table, patient_table
from careline.storage import Tx
from careline_followup.cases import store
from careline_followup.cases.inside import inside_table
from careline_followup.cases.intake import whose
from careline_followup.cases.model import Case
from careline_followup.cases.store import case_table
from careline_followup.tasks import store as tasks

c, i, p, n = case_table.c, inside_table.c, patient_table.c, number_table.c
PAGE = 200


def link_all(tx: Tx, after: int) -> int:
    """All cases by and by, behind the one of id ``after``; gives the last one looked at, or 0."""
    found = store.unlinked(tx, after, PAGE)
    for case in found:
        _link(tx, case)
    return found[-1].id if found else 0


def link_changed(tx: Tx, since: datetime) -> list[Case]:
    """Cases of records that are new or were changed since; gives those that are linked now."""
    return _link_of(tx, p.changed >= since)


def link_patient(tx: Tx, patient: int) -> list[Case]:
    """Cases of one record; gives those that are linked now."""
    return _link_of(tx, p.id == patient)


def _link_of(tx: Tx, which: ColumnElement[bool]) -> list[Case]:
    theirs = and_(n.campus == c.campus, n.number == c.number)
    by_card = select(c.id).join(patient_table, p.id_card == c.id_card)
    by_number = select(c.id).join(number_table, theirs).join(patient_table, p.id == n.patient)
    ids: set[int] = set()
    for found in (by_card, by_number):
        ids.update(tx.scalars(found.where(which, c.patient == 0).limit(PAGE)))
    cases = store.several(tx, ids).values()
    return [linked for case in cases if (linked := _link(tx, case)) is not None]


def _link(tx: Tx, case: Case) -> Case | None:
    owner = whose(tx, case.campus, case.number, case.id_card, case.name)
    if not owner:
        return None
    linked = evolve(case, patient=owner)
    store.change(tx, linked)
    tasks.give(tx, case.id, owner)
    who = []
    if case.id_card:
        who.append(i.id_card == case.id_card)
    if case.number:
        who.append(and_(i.campus == case.campus, i.number == case.number))
    lying = update(inside_table).where(i.patient == 0, or_(*who))
    tx.execute(lying.values(patient=owner))
    return linked
