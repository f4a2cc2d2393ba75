"""What a hospital's system is told as careline's own number of a patient."""

from __future__ import annotations

from hashlib import sha256

from careline.clinic import Person


def our_name_of(person: Person) -> str:
    """By which a record that we made is known again.

    A careline that was set up anew counts its patients from 1 again, so their number alone would
    lead to somebody else's record.
    """
    who = f"{person.name}|{person.sex}|{person.birth_date or ''}"
    return f"{person.id}-{sha256(who.encode()).hexdigest()[:12]}"
