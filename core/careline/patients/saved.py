"""Saved searches: each user's own, and those that are shared with all."""

from __future__ import annotations

from attrs import evolve, frozen
from sqlalchemy import delete, insert, or_, select

from careline.errors import Invalid, NotFound
from careline.patients.criteria import Criteria, criteria_of
from careline.patients.tables import search_table
from careline.storage import Tx

MOST_SAVED = 50


@frozen(kw_only=True)
class SavedSearch:
    """Criteria under a name; ``owner`` is a user's id."""

    id: int = 0
    owner: int
    name: str
    criteria: Criteria
    shared: bool = False


def list_searches(tx: Tx, owner: int) -> list[SavedSearch]:
    """A user's own searches and the shared ones, by name."""
    columns = search_table.c
    query = select(search_table).where(or_(columns.owner == owner, columns.shared.is_(True)))
    return [
        SavedSearch(
            id=row.id,
            owner=row.owner,
            name=row.name,
            criteria=criteria_of(row.criteria),
            shared=row.shared,
        )
        for row in tx.all(query.order_by(columns.name, columns.id))
    ]


def save_search(tx: Tx, one: SavedSearch) -> SavedSearch:
    """Keep it, in place of the owner's search of the same name; Invalid (``search.name`` ...)."""
    name = " ".join(one.name.split())
    if not name or len(name) > 64 or "\0" in name:
        raise Invalid("search.save_as", "a search needs a name of at most 64 characters")
    if one.criteria.is_empty:
        raise Invalid("search.empty", "say first what is searched for")
    columns = search_table.c
    mine = [saved for saved in list_searches(tx, one.owner) if saved.owner == one.owner]
    same = [saved.id for saved in mine if saved.name == name]
    if len(mine) - len(same) >= MOST_SAVED:
        raise Invalid("search.many", "at most {most} saved searches", most=MOST_SAVED)
    tx.execute(delete(search_table).where(columns.id.in_(same)))
    values = {
        "owner": one.owner,
        "name": name,
        "shared": one.shared,
        "criteria": one.criteria.plain(),
    }
    made = tx.execute(insert(search_table).values(values)).inserted_primary_key
    return evolve(one, id=int(made[0] if made else 0), name=name)


def remove_search(tx: Tx, search_id: int, owner: int) -> None:
    """Forget one of the owner's own searches; NotFound for any other."""
    columns = search_table.c
    here = delete(search_table).where(columns.id == search_id, columns.owner == owner)
    if tx.execute(here).rowcount == 0:
        raise NotFound("search.unknown", "there is no such search of yours")
