"""One try of a task, as the governor of outreach and the table of tries are told of it."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve

from careline.outbound.model import Attempt, Kept, Outcome
from careline.outreach.model import Contact, Means


def contact_of(kept: Kept) -> Contact:
    """The next try as the governor of outreach is asked for it."""
    task = kept.task
    return Contact(
        key=kept.contact,
        number=kept.number,
        means=Means.CALL,
        purpose=task.purpose,
        patient=task.patient,
        urgency=task.urgency,
        campus=task.campus,
        plugin=task.plugin,
        not_before=task.due,
        not_after=task.not_after,
        title=task.title,
    )


def contact_key(kept: Kept) -> str:
    """The governor's key of the try that runs."""
    return f"{kept.task.key}#{kept.tries}"


def attempt_of(kept: Kept) -> Attempt:
    """The try that has just begun."""
    return Attempt(
        key=kept.task.key,
        nth=kept.tries,
        rung=kept.rung,
        number=kept.number,
        call=kept.call,
        agent=kept.agent,
        begun=kept.since,
    )


def ended(kept: Kept, outcome: Outcome, reason: str, at: datetime) -> Attempt:
    """The same when it is over."""
    return evolve(attempt_of(kept), ended=at, outcome=outcome, reason=reason)
