"""Which flow a called number leads to: by number, then by the campus' calendar."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from careline.campuses.calendar import OpenState
from careline.errors import NotFound


@frozen(kw_only=True)
class Dnis:
    """A number that can be called: its campus and the flow for each state of the calendar.

    ``number`` is as the trunk sends it; ``40012345*`` is every number that begins so, ``*`` all.
    An empty ``after_hours`` or ``holiday`` is the flow of ``open``.
    """

    number: str
    campus: str
    open: str
    after_hours: str = ""
    holiday: str = ""
    title: str = ""

    def flow(self, state: OpenState) -> str:
        """Name of the flow in that state."""
        by_state = {OpenState.AFTER_HOURS: self.after_hours, OpenState.HOLIDAY: self.holiday}
        return by_state.get(state, "") or self.open

    def fits(self, called: str) -> bool:
        """True when this is the entry, or one of the entries, of the number called."""
        if self.number.endswith("*"):
            return called.startswith(self.number[:-1])
        return called == self.number


def route(entries: Iterable[Dnis], called: str) -> Dnis:
    """The entry that fits best: the number itself, else the longest beginning; else NotFound."""
    fitting = [entry for entry in entries if entry.fits(called)]
    if not fitting:
        raise NotFound("dnis.unknown", "no flow is set for calls to {number}", number=called)
    return max(fitting, key=lambda entry: (not entry.number.endswith("*"), len(entry.number)))
