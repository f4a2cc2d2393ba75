"""Messages in the database: put once, and changed only as the states allow."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from attrs import fields, frozen
from sqlalchemy import and_, case, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from careline.errors import NotFound
from careline.hooks import Urgency
from careline.messaging.gateway import Fate
from careline.storage import AnyRow, Tx
from careline_sms.model import NEXT, Message, State, Step
from careline_sms.tables import early_table, message_table, part_table, step_table

m, p, s, e = message_table.c, part_table.c, step_table.c, early_table.c
NAMES = tuple(one.name for one in fields(Message))
UNSENT = frozenset({State.REJECTED, State.WITHDRAWN})
"""Ends of what certainly was not sent."""
STEP_NAMES = tuple(one.name for one in fields(Step))
RANKS = {Urgency.URGENT: 0, Urgency.ROUTINE: 1, Urgency.GREETING: 2}
JOINED = "outreach.joined"
"""The governor's code of what waits to be carried by another."""
TAIL = 8
LONGEST_DETAIL = 300
LONGEST_CODE = 64
LONGEST_REFERENCE = 120
"""What gateways call things is cut to what the tables hold."""


@frozen(kw_only=True)
class Part:
    """One part as a gateway knows it; ``fate`` is None until its receipt has come."""

    message: int
    round: int
    gateway: str
    reference: str
    fate: Fate | None = None
    code: str = ""


def kept(text: str, most: int) -> str:
    """What a table can hold of a text from outside: PostgreSQL takes no NUL, nothing surrogates."""
    return text.replace("\0", "").encode(errors="replace").decode()[:most]


def put(tx: Tx, values: dict[str, Any]) -> int | None:
    """Store a new message and give its id; None when its key is there already."""
    dialect = sqlite.insert if tx.dialect == "sqlite" else postgresql.insert
    row = {
        "sent": None,
        "gateway": "",
        "bound": "",
        "refused": [],
        "owner": "",
        "round": 0,
        "tries": 0,
        "cost": 0,
        "code": "",
        "detail": "",
        "carrier": 0,
        "told": False,
        **values,
        "rank": RANKS[values["urgency"]],
    }
    made = tx.scalar(
        dialect(message_table)
        .values(row)
        .on_conflict_do_nothing(index_elements=[m.key])
        .returning(m.id)
    )
    return None if made is None else int(made)


def get(tx: Tx, id: int) -> Message:
    """One message; NotFound."""
    row = tx.one(select(message_table).where(m.id == id))
    if row is None:
        raise NotFound("sms.unknown", "there is no message {id}", id=id)
    return message_of(row)


def by_key(tx: Tx, key: str) -> Message | None:
    """One by its key."""
    row = tx.one(select(message_table).where(m.key == key))
    return message_of(row) if row else None


def by_round_key(tx: Tx, key: str) -> Message | None:
    """One by the key that others know it by; None when it has been sent again since."""
    found = by_key(tx, key) or by_key(tx, key.rpartition("#")[0])
    return found if found and found.round_key == key else None


def of_group(tx: Tx, group: str, states: Collection[State]) -> list[Message]:
    """Messages of a group in some states."""
    query = select(message_table).where(m.group == group, m.state.in_(states)).order_by(m.id)
    return [message_of(row) for row in tx.all(query)]


def move(tx: Tx, ids: Sequence[int], after: State, now: datetime, **values: Any) -> list[int]:
    """Change the state of messages that may go to ``after``; gives the ids of those that did.

    ``owner`` among ``values`` sets it; ``of_owner`` changes only what is in that sender's hands.
    What travels in one of them goes with it, at no cost of its own; but where the carrier will
    certainly not be sent, it is on its own again, and so is one that leaves its carrier.
    """
    of_owner = values.pop("of_owner", None)
    before = [one for one in State if after in NEXT[one]]
    mine, alone = m.id.in_(ids), after in UNSENT
    where = [mine if alone else or_(mine, m.carrier.in_(ids)), m.state.in_(before)]
    if of_owner is not None:
        where.append(m.owner == of_owner)
    by = values.pop("by", "")
    for name, most in (("detail", LONGEST_DETAIL), ("code", LONGEST_CODE)):
        if name in values:
            values[name] = kept(values[name], most)
    if alone:
        values["carrier"] = 0
    for name in values.keys() & {"parts", "cost"}:
        values[name] = case((mine, values[name]), else_=0)
    done = tx.scalars(
        update(message_table)
        .where(*where)
        .values(state=after, changed=now, **values)
        .returning(m.id)
    )
    tell(tx, done, after, now, by, **values)
    if alone:
        let_out(tx, done, now)
    return sorted(done)


def put_in(tx: Tx, carrier: int, ids: Collection[int]) -> None:
    """From now on these travel in the text of ``carrier``, and no others do."""
    still = and_(m.carrier == carrier, m.id.not_in(ids))
    tx.execute(update(message_table).where(still).values(carrier=0))
    tx.execute(update(message_table).where(m.id.in_(ids)).values(carrier=carrier))


def carried_in(tx: Tx, carrier: int) -> list[Message]:
    """What travels or travelled in the text of a message, in the order of its text."""
    query = select(message_table).where(m.carrier == carrier).order_by(m.id)
    return [message_of(row) for row in tx.all(query)]


def let_out(tx: Tx, carriers: Collection[int], now: datetime) -> None:
    """What was to travel in these is sent by itself, as soon as it may be."""
    where = (m.carrier.in_(carriers), m.state.in_((State.QUEUED, State.LEASED)))
    fresh = {"carrier": 0, "owner": "", "bound": "", "refused": [], "not_before": now}
    query = update(message_table).where(*where).values(state=State.QUEUED, changed=now, **fresh)
    tell(tx, tx.scalars(query.returning(m.id)), State.QUEUED, now)


def ask_now(tx: Tx, round_key: str, now: datetime) -> None:
    """What waits for a carrier that will not come is looked at again at once."""
    keys = {round_key, round_key.rpartition("#")[0]}
    waits = (m.key.in_(keys), m.state == State.QUEUED, m.carrier == 0, m.code == JOINED)
    tx.execute(update(message_table).where(*waits).values(not_before=now))


def set_told(tx: Tx, id: int) -> None:
    """Whoever asked for it knows how it ended."""
    tx.execute(update(message_table).where(m.id == id).values(told=True))


def tell(
    tx: Tx, ids: Collection[int], state: State, now: datetime, by: str = "", **values: Any
) -> None:
    """Add a line to the history of messages."""
    line = {
        "at": now,
        "state": state,
        "by": by,
        **{name: str(values.get(name, "")) for name in ("gateway", "code", "detail")},
    }
    if ids:
        tx.execute(insert(step_table), [{"message": id, **line} for id in ids])


def history(tx: Tx, id: int) -> list[Step]:
    """What happened to a message, the oldest first."""
    query = select(step_table).where(s.message == id).order_by(s.id)
    return [Step(**{name: getattr(row, name) for name in STEP_NAMES}) for row in tx.all(query)]


# Parts and receipts


def add_parts(tx: Tx, parts: Collection[Part], now: datetime) -> None:
    """Store what a gateway calls the parts that it has taken."""
    rows = [
        {name: getattr(part, name) for name in ("message", "round", "gateway")}
        | {"reference": kept(part.reference, LONGEST_REFERENCE), "fate": part.fate, "at": now}
        | {"code": kept(part.code, LONGEST_CODE)}
        for part in parts
    ]
    if rows:
        tx.execute(insert(part_table), rows)


def parts_of(tx: Tx, id: int, round: int) -> list[Part]:
    """The parts of a message as it was sent last."""
    query = select(part_table).where(p.message == id, p.round == round).order_by(p.id)
    return [_part(row) for row in tx.all(query)]


def newest_part(tx: Tx, gateway: str, reference: str) -> Part | None:
    """What a gateway calls so; gateways begin anew with their ids, so the newest."""
    named = kept(reference, LONGEST_REFERENCE)
    query = select(part_table).where(p.reference == named, p.gateway == gateway)
    rows = tx.all(query.order_by(p.id.desc()).limit(1))
    return _part(rows[0]) if rows else None


def mark_part(tx: Tx, part: Part, fate: Fate, code: str, now: datetime) -> None:
    """Store what a receipt says of a part."""
    mine = (p.message == part.message, p.round == part.round, p.reference == part.reference)
    tx.execute(
        update(part_table).where(*mine).values(fate=fate, code=kept(code, LONGEST_CODE), at=now)
    )


def add_early(
    tx: Tx,
    gateway: str,
    reference: str,
    fate: Fate,
    code: str,
    at: datetime,
    now: datetime,
    number: str = "",
) -> None:
    """Keep a receipt of which nobody knows yet what it is about, but perhaps its number."""
    named = {"gateway": gateway, "reference": kept(reference, LONGEST_REFERENCE)}
    row = {**named, "fate": fate, "code": kept(code, LONGEST_CODE)}
    row["number"] = tail_of(number)
    tx.execute(insert(early_table).values(**row, at=at, received=now))


def take_early(
    tx: Tx, gateway: str, references: Collection[str], to: str
) -> dict[str, tuple[Fate, str]]:
    """Receipts that were kept of these references; they are not kept any longer.

    One that speaks of another number is about another message with an id of old.
    """
    told = e.number.in_(("", tail_of(to)))
    mine = (e.gateway == gateway, e.reference.in_(references), told)
    rows = tx.all(select(early_table).where(*mine).order_by(e.id))
    if rows:
        tx.execute(delete(early_table).where(*mine))
    return {row.reference: (row.fate, row.code) for row in rows}


def forget_early(tx: Tx, before: datetime) -> int:
    """Forget receipts that nothing was found for."""
    return tx.execute(delete(early_table).where(e.received < before)).rowcount


def tail_of(number: str) -> str:
    """The last digits of a number, which are the same however it is written; empty for a few."""
    tail = "".join(char for char in number if char in "0123456789")[-TAIL:]
    return tail if len(tail) == TAIL else ""


def message_of(row: AnyRow) -> Message:
    """A row as a message."""
    found = row._mapping
    return Message(**{name: found[name] for name in NAMES})


def _part(row: AnyRow) -> Part:
    names = ("message", "round", "gateway", "reference", "fate", "code")
    return Part(**{name: getattr(row, name) for name in names})
