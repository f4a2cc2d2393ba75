"""Discharges of people who were erased: a list that is handed in again brings nobody back.

Kept is only a digest with a key: who reads the table alone does not learn whose it is.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from attrs import frozen
from sqlalchemy import Column, Date, Index, String, Table, delete, insert, select
from sqlalchemy.exc import IntegrityError

from careline.storage import Tx, metadata
from careline_followup.cases.model import ERASED, Case, Source

#: The name of the key.
KEY = "followup-erased"
BYTES = 32
BESIDE = (timedelta(), timedelta(days=1), timedelta(days=-1))

erased_table = Table(
    "followup_erased",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("day", Date, nullable=False),
    Index("ix_followup_erased_day", "day"),
)
#: One key for all cores of a database: what one has erased, no other takes in again.
key_table = Table(
    "followup_key",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", String(64), nullable=False),
)
e, k = erased_table.c, key_table.c


@frozen
class Erased:
    """Remembers discharges without saying whose; the key is made when it is needed first.

    ``folder``: a key that lies there, from before the database had it, is taken over.
    """

    folder: Path

    def keep(self, tx: Tx, case: Case) -> None:
        """Remember a case that is about to be made nobody's."""
        if case.name == ERASED:
            return
        key = _key(tx, self.folder)
        for mark in _marks(case, case.day):
            digest = _digest(key, mark)
            if tx.scalar(select(e.digest).where(e.digest == digest)) is None:
                tx.execute(insert(erased_table).values(digest=digest, day=case.day))

    def knows(self, tx: Tx, case: Case) -> bool:
        """Whether a case is a discharge of somebody who was erased since."""
        if tx.scalar(select(e.digest).limit(1)) is None:
            return False
        marks = {mark for by in BESIDE for mark in _marks(case, case.day + by)}
        key = _key(tx, self.folder)
        digests = [_digest(key, mark) for mark in marks]
        return tx.scalar(select(e.digest).where(e.digest.in_(digests)).limit(1)) is not None


@frozen
class Mark:
    """One thing by which a discharge is known again."""

    kind: str
    campus: str
    what: str
    day: str = ""


def forget(tx: Tx, before: date) -> None:
    """What lies so far back is on no list that is taken any more."""
    tx.execute(delete(erased_table).where(e.day < before))


def _marks(case: Case, day: date) -> Iterator[Mark]:
    """By the visit's number, and by who it was on which day, as other sources tell it.

    The name is in each that is no visit's own: a newborn has the mother's number and card.
    """
    kind, on = case.kind.value, day.isoformat()
    if case.source is not Source.HIS:
        made = case.reference.startswith(f"{kind[:2]}-{case.day:%Y%m%d}-")  # of number or card
        named = f"{case.name} {case.reference}" if made else case.reference
        yield Mark(f"{kind} reference", case.campus, named)
    for name in ("number", "id_card"):
        if value := getattr(case, name):
            yield Mark(f"{kind} {name}", case.campus, f"{case.name} {value}", on)
    if case.name and case.phone:
        yield Mark(f"{kind} person", case.campus, f"{case.name} {case.phone}", on)


def _digest(key: bytes, mark: Mark) -> str:
    return hmac.new(key, repr(mark).encode(), hashlib.sha256).hexdigest()


def _key(tx: Tx, folder: Path) -> bytes:
    """The key, made by whoever comes first; read anew each time, as ``tx`` may be undone."""
    there = select(k.value).where(k.name == KEY)
    if (found := tx.scalar(there)) is None:
        old = folder / KEY
        fresh = old.read_bytes() if old.is_file() else secrets.token_bytes(BYTES)
        try:
            with tx.savepoint():
                tx.execute(insert(key_table).values(name=KEY, value=fresh.hex()))
        except IntegrityError:
            pass  # another core came first
        found = tx.scalar(there)
    return bytes.fromhex(str(found))
