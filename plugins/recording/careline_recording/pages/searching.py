"""What is typed to find recordings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from attrs import evolve, frozen

from careline.calls.model import Direction
from careline.errors import CarelineError
from careline.i18n import error_text
from careline.i18n.when import parse_days
from careline.patients.model import Patient
from careline.patients.service import Patients
from careline.web import FormState, Visit
from careline_recording.model import Criteria

TEXTS = ("days", "tail", "patient", "queue", "agent", "campus", "disposition", "direction", "text")
CHOICES = ("longer", "shorter", "klass", "held", "marked", "erased")
FIELDS = (*TEXTS, *CHOICES)
#: Patients of whom one is chosen when several fit.
PATIENTS = 6


@frozen
class Wanted:
    """What is looked for, the form as typed, and the patients who fit it.

    ``nothing``: a patient was typed whom nobody knows.
    """

    criteria: Criteria
    form: FormState
    patients: Sequence[Patient] = ()
    nothing: bool = False

    @property
    def typed(self) -> dict[str, str]:
        """The fields that hold something, for links to other pages of the list."""
        return {name: self.form.value(name) for name in FIELDS if self.form.value(name)}


async def wanted(visit: Visit, widest: Criteria, patients: Patients) -> Wanted:
    """What the filters say, within ``widest``; wrong ones are told beside them and left out."""
    args = {name: visit.args.get(name, "").strip()[:100] for name in FIELDS}
    form = FormState.of(None, visit.language, **args)
    changes: dict[str, Any] = {
        "tail": "".join(one for one in args["tail"] if one in "0123456789")[:20],
        **{name: args[name] for name in ("queue", "agent", "campus", "disposition", "klass")},
        "text": args["text"],
        **{name: True for name in ("held", "marked", "erased") if args[name] == "1"},
    }
    if args["direction"] in {one.value for one in Direction}:
        changes["direction"] = Direction(args["direction"])
    for name in ("longer", "shorter"):
        if args[name].isascii() and args[name].isdigit():
            changes[f"{name}_s"] = int(args[name][:5])
    try:
        changes.update(_days(visit, args["days"]))
    except CarelineError as error:
        form = evolve(form, errors={"days": error_text(error, visit.language)})
    found = await _patients(visit, args["patient"], patients)
    if found:
        changes["patient"] = found[0].id
    criteria = evolve(widest, **changes)
    return Wanted(criteria, form, found, nothing=bool(args["patient"]) and not found)


def _days(visit: Visit, typed: str) -> dict[str, datetime]:
    if not typed:
        return {}
    first, last = parse_days(typed, visit.now.astimezone(visit.zone).date())
    return {
        "since": datetime.combine(first, time(), visit.zone),
        "until": datetime.combine(last + timedelta(days=1), time(), visit.zone),
    }


async def _patients(visit: Visit, typed: str, patients: Patients) -> Sequence[Patient]:
    """Who is meant: ``#7`` is chosen from several, anything else is looked for."""
    if not typed or not visit.may("patients.view"):
        return ()
    if typed.startswith("#"):
        number = typed[1:]
        known = number.isascii() and number.isdigit() and len(number) < 18
        return await patients.several([int(number)]) if known else ()
    return (await patients.find(typed[:64]))[:PATIENTS]
