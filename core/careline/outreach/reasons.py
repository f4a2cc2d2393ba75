"""Why a contact goes or does not: a stable code, and its words."""

from __future__ import annotations

from collections.abc import Mapping

REASONS: Mapping[str, str] = {
    "outreach.go": "Nothing stands against it.",
    "outreach.urgent": "It is urgent. Otherwise: {against}",
    "outreach.early": "It is not due yet.",
    "outreach.quiet": "The patient is not disturbed at this hour.",
    "outreach.cap": "The patient was contacted {count} times today; {most} are the most.",
    "outreach.tries": "The patient was called in vain {count} times today; {most} are the most.",
    "outreach.gap": "The last contact was less than {minutes} minutes ago.",
    "outreach.gives_way": "A greeting gives way to another contact of that day.",
    "outreach.joined": "Another contact that waits carries it too.",
    "outreach.expired": "Its time is over.",
    "outreach.no_room": "No allowed moment is left before its time is over. {against}",
    "outreach.do_not_call": "The number is on the do-not-contact list.",
    "outreach.refused": "The patient refused contacts of this kind.",
    "outreach.no_greetings": "The patient wants no greetings.",
    "outreach.wrong_number": "The number belongs to somebody else.",
    "outreach.no_number": "There is no number to be contacted at.",
    "outreach.done": "It was done already.",
}


def reason_of(code: str) -> str:
    """The msgid of a code; a code of a later version stands for itself."""
    return REASONS.get(code, code)
