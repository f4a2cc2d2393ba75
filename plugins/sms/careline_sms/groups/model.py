"""A group message as a value, and the states that it may go through; no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from attrs import field, frozen

MOST = 20_000
"""Members of one group."""


class GroupState(Enum):
    """Where a group message is."""

    WAITING = "waiting"
    """For somebody else's approval."""
    SENDING = "sending"
    """Approved; its messages are being put."""
    PUT = "put"
    """All its messages are with the others."""
    REFUSED = "refused"
    """By whoever was to approve it."""
    WITHDRAWN = "withdrawn"
    """By whoever wrote it, or later."""


@frozen(kw_only=True, repr=False)
class Member:
    """One who gets it; ``values`` are further variables of a list that was uploaded."""

    number: str
    name: str = ""
    patient: int = 0
    values: Mapping[str, str] = field(factory=dict, hash=False)


@frozen(kw_only=True)
class Wait:
    """Messages of a group that wait: how many, why, and when the first of them is tried next.

    ``why`` is a msgid or somebody's words; empty where only their time or a free gateway is
    awaited.
    """

    count: int
    why: str
    at: datetime


@frozen(kw_only=True)
class Group:
    """A message to many; times are UTC.

    Its words are ``text`` with ``{name}`` and the variables of its members, or those of
    ``template`` with ``values``. ``due`` is when it may begin. ``count`` is how many get it,
    ``put`` how many messages of it are with the others. ``why`` is why it was refused.
    ``campus`` is the one that signs it and whose hours it keeps; empty for the whole house.
    """

    id: int = 0
    title: str
    text: str = ""
    template: str = ""
    values: Mapping[str, str] = field(factory=dict, hash=False)
    language: str = ""
    due: datetime | None = None
    by: str
    created: datetime
    state: GroupState = GroupState.WAITING
    decided_by: str = ""
    decided: datetime | None = None
    why: str = ""
    count: int = 0
    put: int = 0
    campus: str = ""

    @property
    def name(self) -> str:
        """Joins its messages."""
        return f"group-{self.id}"

    def key(self, place: int) -> str:
        """The key of the message to the member at that place."""
        return f"group:{self.id}:{place}"
