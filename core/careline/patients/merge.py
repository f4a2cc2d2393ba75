"""Two records of one person: what comes of them, and what is left when it is undone. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from attrs import evolve

from careline.patients.model import (
    MOST_TAGS,
    OutpatientNumber,
    Patient,
    PatientPhone,
    Sex,
)

T = TypeVar("T")
SINGLE = ("name", "sex", "birth_date", "id_card", "address", "insurance", "category")
"""Fields of which one record's value is kept; of all others both are."""
EMPTY = ("", None, Sex.UNKNOWN)


def merged(kept: Patient, gone: Patient, theirs: Collection[str] = ()) -> Patient:
    """``kept`` with all that ``gone`` has and it lacks.

    Of the fields named in ``theirs`` the value of ``gone`` is taken although ``kept`` has one;
    custom fields are named ``fields.<name>``.
    """
    values = {name: _chosen(name, kept, gone, theirs) for name in SINGLE}
    own = {f"fields.{name}": name for name in {**kept.fields, **gone.fields}}
    fields = {
        name: gone.fields.get(name, "") if key in theirs else kept.fields.get(name, "")
        for key, name in own.items()
    }
    fields = {name: value or gone.fields.get(name, "") for name, value in fields.items()}
    name_changes = values["name"] != kept.name
    return evolve(
        kept,
        **values,
        pinyin=gone.pinyin if name_changes else kept.pinyin,
        initials=gone.initials if name_changes else kept.initials,
        note="\n".join(dict.fromkeys(note for note in (kept.note, gone.note) if note)),
        phones=_phones(kept.phones, gone.phones),
        numbers=_numbers(kept.numbers, gone.numbers, theirs),
        tags=tuple(dict.fromkeys((*kept.tags, *gone.tags)))[:MOST_TAGS],
        fields=fields,
    )


def _chosen(name: str, kept: Patient, gone: Patient, theirs: Collection[str]) -> Any:
    ours, other = getattr(kept, name), getattr(gone, name)
    if ours in EMPTY or (name in theirs and other not in EMPTY):
        return other
    return ours


def _phones(
    ours: tuple[PatientPhone, ...], theirs: tuple[PatientPhone, ...]
) -> tuple[PatientPhone, ...]:
    known = {phone.number for phone in ours}
    more = (evolve(phone, preferred=False) for phone in theirs if phone.number not in known)
    both = (*ours, *more)
    if any(phone.preferred for phone in ours):
        return both
    best = next((phone.number for phone in theirs if phone.preferred), "")
    return tuple(evolve(phone, preferred=phone.number == best) for phone in both)


def _numbers(
    ours: tuple[OutpatientNumber, ...],
    theirs: tuple[OutpatientNumber, ...],
    chosen: Collection[str],
) -> tuple[OutpatientNumber, ...]:
    """A campus keeps one; ``numbers.<campus>`` chooses the other record's."""
    found = {one.campus: one for one in theirs} | {
        one.campus: one for one in ours if f"numbers.{one.campus}" not in chosen
    }
    for one in ours:
        found.setdefault(one.campus, one)
    return tuple(found[campus] for campus in sorted(found))


def unmerged(before: Patient, after: Patient, now: Patient) -> Patient:
    """``now``, a record that was merged, without what the merge brought.

    ``before`` and ``after`` are the record around the merge. What was changed since stays.
    """
    values = {
        name: getattr(before, name)
        for name in (*SINGLE, "pinyin", "initials", "note")
        if getattr(now, name) == getattr(after, name)
    }
    return evolve(
        now,
        **values,
        phones=_without(before.phones, after.phones, now.phones, lambda one: one.number),
        numbers=_without(before.numbers, after.numbers, now.numbers, lambda one: one.campus),
        tags=_without(before.tags, after.tags, now.tags, lambda one: one),
        fields=_fields(before.fields, after.fields, now.fields),
    )


def _without(before: Iterable[T], after: Iterable[T], now: Iterable[T], key: Any) -> tuple[T, ...]:
    """``now`` with the entries that the merge made taken back, each recognised by ``key``."""
    was, came = {key(one): one for one in before}, {key(one): one for one in after}
    kept: list[T] = []
    for one in now:
        name = key(one)
        if came.get(name) != one:
            kept.append(one)  # new since, or changed since
        elif name in was:
            kept.append(was[name])
    return tuple(kept)


def _fields(
    before: Mapping[str, str], after: Mapping[str, str], now: Mapping[str, str]
) -> dict[str, str]:
    found = {
        name: before.get(name, "") if value == after.get(name) else value
        for name, value in now.items()
    }
    return {name: value for name, value in found.items() if value}
