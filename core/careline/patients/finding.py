"""Search: conditions that are each a range of one index, the rarest of which leads.

The database's own planner guesses badly here: SQLite keeps no statistics, and how many people are
called 王 differs a hundredfold from how many are called 尉迟. So each condition is counted first,
up to a bound and out of its index; the rarest one is walked, and the others are tried on each
record that it gives. In the worst case, conditions that are all common but never met together, the
rarest is walked to its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen
from sqlalchemy import CompoundSelect, Select, func, select, union_all

from careline.patients.conditions import Condition, conditions_of, exactly
from careline.patients.criteria import Criteria
from careline.patients.model import Patient
from careline.patients.store import folded, list_fields, read_patients
from careline.patients.tables import patient_table
from careline.storage import Tx, read_committed

MOST_SHOWN = 50
WINDOW = 200
"""Matches that are looked at to show the best of them first."""
COUNTED = 20_000


@frozen
class Found:
    """Patients, the best first; ``more`` when there are others, so that the user narrows it."""

    patients: tuple[Patient, ...] = ()
    more: bool = False


@read_committed
def search(tx: Tx, criteria: Criteria, most: int = MOST_SHOWN) -> Found:
    """The patients who meet all criteria."""
    conditions = conditions_of(criteria, list_fields(tx))
    if not conditions:
        return Found()
    window = max(WINDOW, most)
    rows = tx.all(matching(tx, conditions).limit(2 * window + 1))
    if len(rows) > window and (name := criteria.name or criteria.text):
        # Too many to look at all: those with exactly this name must be among them.
        rows = [*tx.all(_led(exactly(name), conditions).limit(window)), *rows]
    unique = {row.id: (row.name, row.pinyin) for row in rows}
    ranked = sorted(unique, key=lambda one: _rank(criteria, one, *unique[one]))
    more = len(ranked) > most or len(rows) > 2 * window
    return Found(tuple(read_patients(tx, ranked[:most])), more)


def _rank(criteria: Criteria, one: int, name: str, pinyin: str) -> tuple[Any, ...]:
    """Exactly this name first, then those that begin with it, then homophones."""
    wanted = folded(criteria.name or criteria.text)
    own = folded(name)
    spoken = pinyin.replace(" ", "") == wanted.replace(" ", "")
    return own != wanted, not spoken, wanted not in own, len(own), own, one


def matching(tx: Tx, conditions: Sequence[Condition]) -> Select[Any]:
    """Ids (some twice), names and pinyin of those who meet all conditions, the rarest leading."""
    leader = conditions[0] if len(conditions) == 1 else _rarest(tx, conditions)
    return _led(leader, [one for one in conditions if one is not leader])


def _led(leader: Condition, others: Sequence[Condition]) -> Select[Any]:
    columns = patient_table.c
    led = _ids(leader).subquery("led")
    return (
        select(columns.id, columns.name, columns.pinyin)
        .select_from(led.join(patient_table, columns.id == led.c.patient))
        .where(columns.merged_into.is_(None), *(one.test for one in others))
    )


def _ids(condition: Condition) -> Select[Any] | CompoundSelect[Any]:
    if len(condition.ids) == 1:
        return condition.ids[0]
    return union_all(*condition.ids)


def _rarest(tx: Tx, conditions: Sequence[Condition]) -> Condition:
    """Counted one after the other, each only as far as the rarest one so far goes."""
    best, fewest = conditions[0], COUNTED + 1
    for one in conditions:
        bounded = _ids(one).limit(fewest).subquery()
        count = int(tx.scalar(select(func.count()).select_from(bounded)) or 0)
        if count < fewest:
            best, fewest = one, count
        if fewest == 0:
            break
    return best


@read_committed
def search_ids(tx: Tx, criteria: Criteria) -> list[int]:
    """The ids of all who meet the criteria, in order; of every record when there are none."""
    conditions = conditions_of(criteria, list_fields(tx))
    columns = patient_table.c
    if not conditions:
        return tx.scalars(
            select(columns.id).where(columns.merged_into.is_(None)).order_by(columns.id)
        )
    return sorted({row.id for row in tx.all(matching(tx, conditions))})
