"""What follows from how a send ended. Pure: this is where nothing is lost and nothing doubled."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from attrs import frozen

from careline.messaging.gateway import BLOCKED, WRONG_NUMBER, Busy, Rejected, Sent, Uncertain
from careline_sms.model import Message, State

MOST_TRIES = 16
"""So often a message is repeated under its key before a person has to decide."""
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 600.0
FINAL = frozenset({WRONG_NUMBER, BLOCKED})
"""Faults of the number, not of the gateway: no other one is tried."""

Ending = Sent | Rejected | Busy | Uncertain


@frozen(kw_only=True)
class Next:
    """What becomes of a message.

    ``bound`` is the gateway to which it now belongs, ``refused`` one that will not be asked again,
    ``at`` when it is tried anew; ``unsent``: this try was in vain, and does not count as one.
    """

    state: State
    at: datetime | None = None
    unsent: bool = False
    bound: str = ""
    refused: str = ""
    code: str = ""
    detail: str = ""


def after_send(
    ending: Ending, message: Message, takes_key: bool, others: Collection[str], now: datetime
) -> Next:
    """Decide what follows ``ending`` of a message that its gateway had in hand.

    ``others`` are gateways that could be tried instead.
    """
    if isinstance(ending, Sent):
        return Next(state=State.SENT)
    if isinstance(ending, Uncertain):
        return _uncertain(ending, message, takes_key, now)
    if isinstance(ending, Busy):
        pause = timedelta(seconds=0 if others and not message.bound else ending.retry_s)
        return Next(
            state=State.QUEUED,
            at=now + pause,
            unsent=True,
            bound=message.bound,
            code="busy",
            detail=ending.text,
        )
    if message.bound:
        # The repetition was refused; the first try may have been sent all the same.
        return Next(state=State.UNCERTAIN, code=ending.code, detail=ending.text)
    if ending.other_gateway and ending.code not in FINAL and others:
        return Next(
            state=State.QUEUED,
            at=now,
            unsent=True,
            refused=message.gateway,
            code=ending.code,
            detail=ending.text,
        )
    return Next(state=State.REJECTED, code=ending.code, detail=ending.text)


def _uncertain(ending: Uncertain, message: Message, takes_key: bool, now: datetime) -> Next:
    if not takes_key or message.tries >= MOST_TRIES:
        return Next(state=State.UNCERTAIN, code="uncertain", detail=ending.text)
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (message.tries - 1))
    return Next(
        state=State.QUEUED,
        at=now + timedelta(seconds=pause),
        bound=message.gateway,
        code="repeats",
        detail=ending.text,
    )


def after_loss(takes_key: bool, gateway: str, now: datetime) -> Next:
    """Decide what follows when the sender died with a message in its hands."""
    if takes_key:
        return Next(state=State.QUEUED, at=now, bound=gateway, code="lost")
    return Next(state=State.UNCERTAIN, code="lost")
