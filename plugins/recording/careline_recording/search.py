"""Recordings found by what people remember of the call; each row is what lists show."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from careline.calls.store import call_patient_table, call_table
from careline.storage import Tx
from careline_recording.model import PAGE, Criteria, Found, Line
from careline_recording.store import mark_table, recording_of, recording_table

_MARKS = (
    select(func.count()).where(mark_table.c.recording == recording_table.c.id).scalar_subquery()
)


def search(tx: Tx, criteria: Criteria, page: int = 1) -> Found:
    """A page of recordings, the newest first; those too whose call nobody knows."""
    columns, call = recording_table.c, call_table.c
    words = (func.coalesce(one, "").label(one.name) for one in (call.number, call.disposition))
    known = (call.direction, *words, func.coalesce(call.note, "").label("note"))
    query = (
        select(recording_table, *known, _MARKS.label("marks"))
        .outerjoin(call_table, call.id == columns.call)
        .where(*_conditions(criteria))
        .order_by(columns.started.desc(), columns.id)
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
    )
    rows = tx.all(query)
    lines = tuple(
        Line(
            recording=recording_of(row),
            direction=row.direction,
            number=row.number,
            disposition=row.disposition,
            note=row.note,
            marks=row.marks,
        )
        for row in rows[:PAGE]
    )
    return Found(lines, len(rows) > PAGE)


def _conditions(criteria: Criteria) -> list[ColumnElement[bool]]:
    columns, call = recording_table.c, call_table.c
    same = {
        columns.call: criteria.call,
        columns.agent: criteria.agent,
        columns.queue: criteria.queue,
        columns.campus: criteria.campus,
        columns.klass: criteria.klass,
        call.direction: criteria.direction,
        call.disposition: criteria.disposition,
    }
    found: list[ColumnElement[bool]] = [one == value for one, value in same.items() if value]
    if criteria.tail:
        found.append(call.number.like(f"%{_escaped(criteria.tail)}", escape="\\"))
    if criteria.since:
        found.append(columns.started >= criteria.since)
    if criteria.until:
        found.append(columns.started < criteria.until)
    if criteria.longer_s:
        found.append(columns.length_ms >= criteria.longer_s * 1000)
    if criteria.shorter_s:
        found.append(columns.length_ms <= criteria.shorter_s * 1000)
    return [*found, *_states(criteria), *_related(criteria)]


def _states(criteria: Criteria) -> list[ColumnElement[bool]]:
    columns = recording_table.c
    found: list[ColumnElement[bool]] = [] if criteria.erased else [columns.erased.is_(None)]
    if criteria.held is not None:
        found.append(columns.held.is_(criteria.held))
    if criteria.agents is not None:
        nobodys = and_(columns.agent == "", columns.campus.in_(criteria.campuses))
        found.append(or_(columns.agent.in_(criteria.agents), nobodys))
    return found


def _related(criteria: Criteria) -> list[ColumnElement[bool]]:
    """What marks, the call's note and its patients say."""
    found: list[ColumnElement[bool]] = []
    of_this = mark_table.c.recording == recording_table.c.id
    if criteria.marked:
        found.append(exists().where(of_this))
    if criteria.text:
        like = f"%{_escaped(criteria.text.lower())}%"
        marked = exists().where(of_this, func.lower(mark_table.c.text).like(like, escape="\\"))
        found.append(or_(func.lower(call_table.c.note).like(like, escape="\\"), marked))
    if criteria.patient:
        link = call_patient_table.c
        mine = exists().where(link.call_id == call_table.c.id, link.patient == criteria.patient)
        found.append(mine)
    return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
