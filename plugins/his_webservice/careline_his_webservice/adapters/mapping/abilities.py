"""What a file of rules makes a system able to do: whatever it has the tables for."""

from __future__ import annotations

from careline.clinic.his import Ability

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


def abilities(rules: object) -> frozenset[Ability]:
    """What is mapped in ``rules``, where a table that is not there is None, empty or no field."""
    return frozenset(
        able
        for able, tables in NEEDS.items()
        if all(_has(getattr(rules, table, None)) for table in tables)
    )


def _has(table: object) -> bool:
    return table is not None and table != {}
