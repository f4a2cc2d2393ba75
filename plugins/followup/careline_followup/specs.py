"""Hooks of followup: what it tells other plugins."""

from __future__ import annotations

from careline.hooks.kinds import event


@event(durable=True)
def red_flag(flag_id: int) -> None:
    """A patient gave an answer that somebody must look at soon.

    When: written with the answer itself, once for each answer.
    Return: nothing, once what follows from it is on its way.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """


@event(durable=True)
def followup_settled(task_id: int) -> None:
    """A contact with a patient is over: answered, declined, not reached, or cancelled.

    When: written with its last state; again when one that was not reached is answered later.
    Return: nothing.
    On failure: tried again with growing pauses, then parked where an administrator sees it.
    """
