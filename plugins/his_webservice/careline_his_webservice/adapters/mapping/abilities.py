"""What a file of rules makes a system able to do: whatever it has the tables for."""

from __future__ import annotations

from collections.abc import Mapping

from careline.clinic.his import Ability, Info

#: The tables that each ability needs, by their names in the file.
NEEDS = {
    Ability.DIRECTORY: ("departments", "doctors"),
    Ability.SCHEDULE: ("clinics", "slots"),
    Ability.BOOK: ("book",),
    Ability.CANCEL: ("cancel",),
    Ability.STATE: ("state",),
    Ability.STOP: ("stop",),
    Ability.PERSON: ("person",),
    Ability.INFO: ("info",),
}


class Mapped:
    """A file of rules: a table for each question that is mapped, and ``info`` by kind.

    A table that is not there is None, empty or no field.
    """

    __slots__ = ()
    info: Mapping[str, object]

    @property
    def can(self) -> frozenset[Ability]:
        """What is mapped."""
        return frozenset(
            able
            for able, tables in NEEDS.items()
            if all(_has(getattr(self, table, None)) for table in tables)
        )

    @property
    def info_kinds(self) -> frozenset[Info]:
        """Which information is mapped."""
        return frozenset(Info(name) for name in self.info)


def _has(table: object) -> bool:
    return table is not None and table != {}
