"""Hooks of satisfaction: what it tells other plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careline.hooks.kinds import asks, event

if TYPE_CHECKING:
    from careline.calls.model import CallRecord


@asks(timeout=5.0)
def call_department(call: CallRecord) -> str | None:
    """The name of the department that a talk was about, for the figures by department.

    When: the call is over, and its survey is answered or may still be.
    Return: the name as people of the hospital know it, or None when it is not known.
    On failure: counts as None; the rating counts as of no department.
    """


@event(durable=True)
def low_score(answer_id: int) -> None:
    """Somebody was not satisfied: a complaint may be opened, somebody may call back.

    When: written with the score itself, once for each call.
    Return: nothing, once what follows from it is on its way.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def survey_wanted(call_id: str, survey: str) -> None:
    """A caller talked with an agent and hung up before anything could be asked.

    When: written when the call is over, once for each call; ``survey`` is the name of the survey.
        An agent may still ask, so whoever sends a message looks first whether it was answered.
    Return: nothing, once a message is on its way, or never will be.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """
