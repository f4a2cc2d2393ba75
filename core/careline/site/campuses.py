"""Campuses, their hours and their calendar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import attrs

from careline.agents.store import list_agents
from careline.campuses.calendar import DayEntry, DayKind
from careline.campuses.hours import parse_hours, parse_spans
from careline.campuses.model import Campus, campus_problems
from careline.campuses.store import get_campus, list_campuses, put_campus, put_day
from careline.campuses.store import remove_campus as remove_stored
from careline.errors import CarelineError, Conflict, Invalid, Refused
from careline.i18n import Text
from careline.ivr.store import list_dnis
from careline.queues.store import list_queues
from careline.site.made import refuse
from careline.storage import Tx


def add_campus(tx: Tx, values: Mapping[str, Any]) -> Campus:
    """Store a new campus; ``hours`` may be text. Conflict when the id is taken."""
    campus = checked(values)
    if campus.id in {one.id for one in list_campuses(tx)}:
        raise Conflict(
            "campus.exists", "there is a campus {campus} already", campus=campus.id, field="id"
        )
    put_campus(tx, campus)
    return campus


def change_campus(tx: Tx, campus_id: str, changes: Mapping[str, Any]) -> Campus:
    """Store a campus with some values changed; NotFound when there is none."""
    old = attrs.asdict(get_campus(tx, campus_id), recurse=False)
    campus = checked({**old, **changes})
    put_campus(tx, campus)
    return campus


def remove_campus(tx: Tx, campus_id: str) -> None:
    """Delete a campus; Refused with all that still uses it."""
    problems = _uses(tx, campus_id)
    if problems:
        raise Refused(
            "campus.in_use", "campus {campus} is in use:", campus=campus_id, problems=problems
        )
    remove_stored(tx, campus_id)


def checked(values: Mapping[str, Any]) -> Campus:
    """A campus of these values; Invalid with all their problems."""
    values = dict(values)
    problems: list[CarelineError] = []
    if isinstance(values.get("hours"), str):
        try:
            values["hours"] = parse_hours(values["hours"])
        except Invalid as error:
            problems.append(_about_hours(error))
            del values["hours"]
    made = Campus(**values)
    refuse([*campus_problems(made), *problems])
    return made


def _about_hours(error: Invalid) -> Invalid:
    """The same error, which names its field."""
    params = {**error.params, "field": "hours"}
    return Invalid(error.code, error.message, problems=error.problems, **params)


def _uses(tx: Tx, campus_id: str) -> list[CarelineError]:
    """Agents, queues and called numbers of the campus."""
    found = (
        (Text("agents: {names}"), [one.id for one in list_agents(tx) if one.campus == campus_id]),
        (Text("queues: {names}"), [one.id for one in list_queues(tx) if one.campus == campus_id]),
        (
            Text("called numbers: {names}"),
            [one.number for one in list_dnis(tx) if one.campus == campus_id],
        ),
    )
    return [Refused("campus.use", text.msgid, names=names) for text, names in found if names]


def parse_day(text: str) -> date:
    """A date such as 2026-10-01; Invalid when it is none."""
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise Invalid(
            "input.date", "{text} is no date such as 2026-10-01", text=text, field="day"
        ) from None


def say_day(
    tx: Tx, day: date, *, title: str, campus: str, work: bool, hours: str, title_en: str = ""
) -> DayEntry:
    """Say that a day is a holiday, or with ``work`` a working day with these ``hours``."""
    if campus:
        get_campus(tx, campus)
    try:
        spans = tuple(parse_spans(hours)) if hours and work else ()
    except Invalid as error:
        raise _about_hours(error) from None
    entry = DayEntry(
        day=day,
        kind=DayKind.WORKDAY if work else DayKind.HOLIDAY,
        campus=campus,
        title=title,
        title_en=title_en,
        spans=spans,
    )
    put_day(tx, entry)
    return entry
