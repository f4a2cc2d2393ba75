"""The account book: every second that an agent talked is recorded, excused, or alarmed."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from attrs import asdict, frozen
from sqlalchemy import Column, Index, Integer, String, Table, delete, func, insert, select

from careline.calls.model import LegKind
from careline.calls.store import leg_table
from careline.i18n import Text
from careline.storage import AnyRow, EnumValue, Tx, UTCDateTime, metadata

NO_FILE = Text("there is no file of it").msgid
TOO_SHORT = Text("it was too short to be heard").msgid
SHORT = Text("the file is shorter than the talk").msgid


class Account(Enum):
    """What became of a talk: kept, not kept for a reason, or lost."""

    RECORDED = "recorded"
    EXCUSED = "excused"
    ALARMED = "alarmed"


@frozen(kw_only=True)
class Entry:
    """The talks of one agent's phone in one call; ``why`` is a msgid, empty when recorded."""

    call: str
    channel: str
    agent: str
    at: datetime
    talk_ms: int
    recorded_ms: int
    account: Account
    why: str = ""


@frozen(kw_only=True)
class Total:
    """How many talks there are of one account and reason, and how long they are."""

    account: Account
    why: str
    talks: int
    talk_ms: int
    recorded_ms: int


account_table = Table(
    "recording_account",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("channel", String(64), primary_key=True),
    Column("agent", String(32), nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("talk_ms", Integer, nullable=False),
    Column("recorded_ms", Integer, nullable=False),
    Column("account", EnumValue(Account), nullable=False),
    Column("why", String(200), nullable=False),
    Index("ix_recording_account_at", "at"),
)


def write(tx: Tx, entry: Entry) -> None:
    """Account for a talk, in place of what stood there."""
    columns = account_table.c
    same = (columns.call == entry.call) & (columns.channel == entry.channel)
    tx.execute(delete(account_table).where(same))
    tx.execute(insert(account_table).values(asdict(entry)))


def totals(tx: Tx, since: datetime, until: datetime) -> list[Total]:
    """The sums of a time."""
    columns = account_table.c
    keys = (columns.account, columns.why)
    query = (
        select(
            *keys,
            func.count().label("talks"),
            func.sum(columns.talk_ms).label("talk_ms"),
            func.sum(columns.recorded_ms).label("recorded_ms"),
        )
        .where(columns.at >= since, columns.at < until)
        .group_by(*keys)
        .order_by(*keys)
    )
    return [
        Total(
            account=row.account,
            why=row.why,
            talks=row.talks,
            talk_ms=int(row.talk_ms),
            recorded_ms=int(row.recorded_ms),
        )
        for row in tx.all(query)
    ]


def alarmed(tx: Tx, since: datetime, most: int = 200) -> list[Entry]:
    """Talks that were lost, the newest first."""
    columns = account_table.c
    query = select(account_table).where(columns.account == Account.ALARMED, columns.at >= since)
    return [_entry(row) for row in tx.all(query.order_by(columns.at.desc()).limit(most))]


def unaccounted(tx: Tx, since: datetime, until: datetime, most: int = 500) -> list[str]:
    """Calls with talks of agents that the book does not know, begun in a time and over."""
    leg, columns = leg_table.c, account_table.c
    query = (
        select(leg.call_id)
        .outerjoin(account_table, (columns.call == leg.call_id) & (columns.channel == leg.channel))
        .where(
            leg.kind == LegKind.AGENT,
            leg.talk_ms > 0,
            leg.started >= since,
            leg.ended < until,
            columns.call.is_(None),
        )
        .distinct()
        .limit(most)
    )
    return tx.scalars(query)


def forget(tx: Tx, before: datetime) -> None:
    """Forget what is older."""
    tx.execute(delete(account_table).where(account_table.c.at < before))


def _entry(row: AnyRow) -> Entry:
    return Entry(**row._mapping)
