"""Messages looked for, listed and counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, tzinfo

from sqlalchemy import ColumnElement, func, select

from careline.patients.store import all_ids
from careline.storage import Tx
from careline_sms.model import Figure, Message, State, Wanted
from careline_sms.store import m, message_of
from careline_sms.tables import message_table


def listed(
    tx: Tx, wanted: Wanted, offset: int = 0, most: int = 50
) -> tuple[Sequence[Message], int]:
    """Messages, the newest first, and how many there are in all."""
    where = conditions(tx, wanted)
    query = select(message_table).where(*where).order_by(m.created.desc(), m.id.desc())
    rows = tx.all(query.offset(offset).limit(most))
    count = tx.scalar(select(func.count()).select_from(message_table).where(*where))
    return [message_of(row) for row in rows], int(count)


def counts(tx: Tx, wanted: Wanted) -> dict[State, int]:
    """How many there are in each state, those without any too."""
    query = select(m.state, func.count()).where(*conditions(tx, wanted)).group_by(m.state)
    found = dict.fromkeys(State, 0)
    for state, count in tx.all(query):
        found[state] = int(count)
    return found


def figures(tx: Tx, since: datetime, until: datetime, zone: tzinfo) -> list[Figure]:
    """What was put within a time, by local day, state, purpose and gateway; unsorted."""
    keys = (m.created, m.state, m.purpose, m.gateway, m.parts, m.cost)
    sums: dict[tuple[date, State, str, str], list[int]] = {}
    query = select(*keys).where(m.created >= since, m.created < until)
    for row in tx.execute(query).yield_per(1000):
        key = (row.created.astimezone(zone).date(), row.state, row.purpose, row.gateway)
        one = sums.setdefault(key, [0, 0, 0])
        one[0] += 1
        one[1] += row.parts
        one[2] += row.cost
    return [
        Figure(
            day=day,
            state=state,
            purpose=purpose,
            gateway=gateway,
            messages=many,
            parts=parts,
            cost=cost,
        )
        for (day, state, purpose, gateway), (many, parts, cost) in sums.items()
    ]


def conditions(tx: Tx, wanted: Wanted) -> list[ColumnElement[bool]]:
    """``wanted`` for a query of the table."""
    same = ("purpose", "gateway", "group", "call", "by")
    found = [m[name] == value for name in same if (value := getattr(wanted, name))]
    if wanted.since:
        found.append(m.created >= wanted.since)
    if wanted.until:
        found.append(m.created < wanted.until)
    if wanted.states:
        found.append(m.state.in_(tuple(wanted.states)))
    if wanted.patient:
        found.append(m.patient.in_(all_ids(tx, wanted.patient)))
    if wanted.number:
        found.append(m.to.endswith(wanted.number, autoescape=True))
    if wanted.text:
        found.append(m.text.contains(wanted.text, autoescape=True))
    return found
