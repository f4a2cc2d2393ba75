"""A plugin's revisions change the plugin's tables alone, whatever its author wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field
from sqlalchemy import Connection, inspect

from careline.errors import Invalid

Shapes = Mapping[str, object]


@define(eq=False)
class Guard:
    """Looks before and after each revision; ``owner`` says whose a table is.

    :meth:`check` runs in the revision's transaction, which its Invalid takes back.
    """

    owner: Callable[[str], str]
    core: str
    name: str = ""
    _before: Shapes = field(factory=dict)

    def begin(self, connection: Connection, name: str) -> None:
        """A revision of branch ``name`` is about to run; the core's own may do anything."""
        self.name = name
        within = connection.in_transaction()
        self._before = {} if name == self.core else self._of_others(connection)
        if not within:
            connection.rollback()  # one left open would be taken for the caller's

    def check(self, connection: Connection, revision: str) -> None:
        """It has run; Invalid names the tables of others that it made, changed or dropped."""
        if self.name == self.core:
            return
        after = self._of_others(connection)
        every = {*self._before, *after}
        touched = sorted(one for one in every if self._before.get(one) != after.get(one))
        if touched:
            raise Invalid(
                "db.foreign_tables",
                "Revision {revision} of plugin {name} was taken back: it makes, changes or drops "
                "tables that are not its own (those begin with {name}_): {tables}",
                revision=revision,
                name=self.name,
                tables=touched,
            )

    def _of_others(self, connection: Connection) -> dict[str, object]:
        columns: Mapping[Any, Any] = inspect(connection).get_multi_columns()
        return {
            table: sorted((one["name"], str(one["type"]), one["nullable"]) for one in ones)
            for (_, table), ones in columns.items()
            if self.owner(table) != self.name and table != "alembic_version"
        }
