"""Imports and exports as work that can be left and found again: rows in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from attrs import field, frozen
from sqlalchemy import delete, insert, select, update

from careline.errors import CarelineError, Conflict, NotFound
from careline.patients.tables import reject_table, transfer_table
from careline.storage import Tx

KEPT = timedelta(days=30)
"""How long reports are kept; exported files go after a day."""


class Kind(Enum):
    """Into the records, or out of them."""

    IMPORT = "import"
    EXPORT = "export"


class State(Enum):
    """Where it is: an uploaded file waits for its mapping; the rest is what it says."""

    UPLOADED = "uploaded"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


OVER = (State.DONE, State.STOPPED, State.FAILED)


@frozen(kw_only=True)
class Transfer:
    """One import or export. ``done`` is the last row that was read, ``total`` None if unknown.

    ``options``: of an import ``mapping``, ``on_match``, ``dry``, ``area_code``; of an export
    ``criteria``, ``format``, ``columns``. ``error`` is a message and its fields.
    """

    id: int = 0
    kind: Kind
    node: str
    by: str
    file: str
    started: datetime
    finished: datetime | None = None
    state: State
    options: Mapping[str, Any] = field(factory=dict)
    error: Mapping[str, Any] | None = None
    done: int = 0
    total: int | None = None
    added: int = 0
    changed: int = 0
    left_out: int = 0
    rejected: int = 0

    @property
    def over(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in OVER

    @property
    def dry(self) -> bool:
        """Whether this run only looks, and stores nothing."""
        return bool(self.options.get("dry"))


@frozen
class Reject:
    """A row that was not taken: its cells, and all reasons as error messages with fields."""

    row: int
    cells: tuple[str, ...]
    reasons: tuple[Mapping[str, Any], ...]


def plain_error(error: CarelineError) -> dict[str, Any]:
    """An error as JSON, to be shown later in whatever language."""
    params = {
        name: list(value) if isinstance(value, tuple | list) else _plain(value)
        for name, value in error.params.items()
    }
    return {"code": error.code, "message": error.message, "params": params}


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def error_of(plain: Mapping[str, Any]) -> CarelineError:
    """The same as an error again."""
    return CarelineError(plain["code"], plain["message"], problems=(), **plain["params"])


def add_transfer(tx: Tx, one: Transfer) -> Transfer:
    """Begin to know of it."""
    made = tx.execute(insert(transfer_table).values(_row(one))).inserted_primary_key
    return get_transfer(tx, int(made[0] if made else 0))


def _row(one: Transfer) -> dict[str, Any]:
    names = ("node", "by", "file", "started", "finished", "done", "total")
    counts = ("added", "changed", "left_out", "rejected")
    return {
        **{name: getattr(one, name) for name in (*names, *counts)},
        "kind": one.kind.value,
        "state": one.state.value,
        "options": dict(one.options),
        "error": dict(one.error) if one.error else None,
    }


def get_transfer(tx: Tx, transfer_id: int) -> Transfer:
    """The one with that id, else NotFound."""
    row = tx.one(select(transfer_table).where(transfer_table.c.id == transfer_id))
    if row is None:
        raise NotFound("transfer.unknown", "there is no such import or export")
    return _transfer(dict(row._mapping))


def _transfer(row: Mapping[str, Any]) -> Transfer:
    return Transfer(**{**row, "kind": Kind(row["kind"]), "state": State(row["state"])})


def list_transfers(tx: Tx, by: str | None = None, most: int = 30) -> list[Transfer]:
    """The latest first; only those of user ``by`` when given."""
    query = select(transfer_table).order_by(transfer_table.c.id.desc()).limit(most)
    if by is not None:
        query = query.where(transfer_table.c.by == by)
    return [_transfer(dict(row._mapping)) for row in tx.all(query)]


def change_transfer(tx: Tx, transfer_id: int, /, **values: Any) -> None:
    """Set columns."""
    values = {
        name: value.value if isinstance(value, Enum) else value for name, value in values.items()
    }
    tx.execute(update(transfer_table).where(transfer_table.c.id == transfer_id).values(values))


def begin(tx: Tx, transfer_id: int, options: Mapping[str, Any]) -> Transfer:
    """Have an uploaded (or only looked-through) import run; Conflict when it runs already."""
    one = get_transfer(tx, transfer_id)
    again = one.state in OVER and one.dry
    if one.state is not State.UPLOADED and not again:
        raise Conflict("transfer.begun", "this import has run or runs already")
    tx.execute(delete(reject_table).where(reject_table.c.transfer == transfer_id))
    change_transfer(
        tx,
        transfer_id,
        state=State.WAITING,
        options={**one.options, **options},
        finished=None,
        error=None,
        **dict.fromkeys(("done", "added", "changed", "left_out", "rejected"), 0),
    )
    return get_transfer(tx, transfer_id)


def stop(tx: Tx, transfer_id: int, now: datetime) -> None:
    """Stop it after the rows in hand; what is stored stays."""
    if not get_transfer(tx, transfer_id).over:
        change_transfer(tx, transfer_id, state=State.STOPPED, finished=now)


def add_rejects(tx: Tx, transfer_id: int, rejects: Sequence[Reject]) -> None:
    """Keep rows that were not taken."""
    rows = [
        {
            "transfer": transfer_id,
            "row": one.row,
            "cells": list(one.cells),
            "reasons": list(one.reasons),
        }
        for one in rejects
    ]
    if rows:
        tx.execute(insert(reject_table), rows)


def read_rejects(tx: Tx, transfer_id: int, after: int = 0, most: int = 500) -> list[Reject]:
    """Rejected rows in order, beginning after row ``after``."""
    columns = reject_table.c
    query = select(reject_table).where(columns.transfer == transfer_id, columns.row > after)
    return [
        Reject(row.row, tuple(row.cells), tuple(row.reasons))
        for row in tx.all(query.order_by(columns.row).limit(most))
    ]


def forget_before(tx: Tx, time: datetime) -> list[str]:
    """Forget transfers that are over since before ``time``; gives the names of their files."""
    columns = transfer_table.c
    old = select(transfer_table).where(columns.started < time)
    rows = [row for row in tx.all(old) if State(row.state) in OVER or row.state == "uploaded"]
    ids = [row.id for row in rows]
    tx.execute(delete(reject_table).where(reject_table.c.transfer.in_(ids)))
    tx.execute(delete(transfer_table).where(columns.id.in_(ids)))
    return [row.file for row in rows]
