"""Merging in the database: the duplicate stays as an empty record that points to the kept one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from attrs import evolve, frozen
from sqlalchemy import insert, or_, select, update

from careline.errors import Conflict, Invalid, NotFound
from careline.patients import store
from careline.patients.merge import merged, unmerged
from careline.patients.model import Patient
from careline.patients.plain import from_plain, to_plain
from careline.patients.tables import merge_table, pair_table
from careline.storage import Tx


@frozen
class Merge:
    """One merge as it is remembered; ``undone`` says when it was taken back."""

    id: int
    kept: int
    gone: int
    at: datetime
    by: str
    gone_name: str
    undone: datetime | None = None


def merge(
    tx: Tx, kept_id: int, gone_id: int, theirs: Collection[str], by: str, now: datetime
) -> Patient:
    """Put all of ``gone`` into ``kept`` and remember how both were; gives the kept record.

    Calls and whatever else names the duplicate stay as they are: who reads follows the pointer,
    so that an undo has nothing to put back there.
    """
    kept, gone = store.get_patient(tx, kept_id), store.get_patient(tx, gone_id)
    if kept_id == gone_id:
        raise Invalid("merge.same", "these are one and the same record")
    if kept.merged_into or gone.merged_into:
        raise Conflict("merge.gone", "one of these records was merged already")
    whole = merged(kept, gone, theirs)
    _empty(tx, gone, kept_id, now)
    stored = store.change_patient(tx, whole, now)
    tx.execute(
        insert(merge_table).values(
            kept=kept_id,
            gone=gone_id,
            at=now,
            by=by,
            before=to_plain(kept),
            merged=to_plain(stored),
            other=to_plain(gone),
        )
    )
    _forget_pairs(tx, gone_id)
    return stored


def _empty(tx: Tx, gone: Patient, kept_id: int, now: datetime) -> None:
    """Only its name and pointer are left: no search and no caller finds it any more."""
    pointer = Patient(
        id=gone.id,
        name=gone.name,
        pinyin=gone.pinyin,
        initials=gone.initials,
        version=gone.version,
        merged_into=kept_id,
    )
    store.change_patient(tx, pointer, now)


def _forget_pairs(tx: Tx, gone_id: int) -> None:
    columns = pair_table.c
    tx.execute(pair_table.delete().where(or_(columns.one == gone_id, columns.other == gone_id)))


def unmerge(tx: Tx, merge_id: int, now: datetime) -> tuple[Patient, Patient]:
    """Take a merge back; gives the kept record and the one that is there again.

    Conflict when the kept one was itself merged since, or a number of the duplicate now belongs to
    somebody else.
    """
    row = tx.one(select(merge_table).where(merge_table.c.id == merge_id))
    if row is None:
        raise NotFound("merge.unknown", "there is no such merge")
    if row.undone is not None:
        raise Conflict("merge.undone", "this merge was undone already")
    current, pointer = store.get_patient(tx, row.kept), store.get_patient(tx, row.gone)
    if current.merged_into or pointer.merged_into != row.kept:
        raise Conflict("merge.later", "undo the later merge of this record first")
    left = unmerged(from_plain(row.before), from_plain(row.merged), current)
    kept = store.change_patient(tx, left, now)
    other = evolve(from_plain(row.other), version=pointer.version, merged_into=0)
    back = store.change_patient(tx, other, now)
    tx.execute(update(merge_table).where(merge_table.c.id == merge_id).values(undone=now))
    return kept, back


def merges_of(tx: Tx, patient_id: int) -> list[Merge]:
    """The merges into a record, the latest first."""
    columns = merge_table.c
    query = select(merge_table).where(columns.kept == patient_id)
    return [
        Merge(row.id, row.kept, row.gone, row.at, row.by, row.other["name"], row.undone)
        for row in tx.all(query.order_by(columns.id.desc()))
    ]


def recent_merges(tx: Tx, most: int = 20) -> list[Merge]:
    """The latest merges of all."""
    columns = merge_table.c
    return [
        Merge(row.id, row.kept, row.gone, row.at, row.by, row.other["name"], row.undone)
        for row in tx.all(select(merge_table).order_by(columns.id.desc()).limit(most))
    ]
