"""A message on tape and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from attrs import frozen


class MessageState(Enum):
    """Where a message is in its life."""

    NEW = "new"
    ASSIGNED = "assigned"
    HANDLED = "handled"


@frozen(kw_only=True)
class Message:
    """One message; ``seconds`` long, in ``file`` below the voicemail folder."""

    call: str
    box: str
    number: str
    file: str
    seconds: float
    left: datetime
    state: MessageState = MessageState.NEW
    agent: str = ""
    handled: datetime | None = None
