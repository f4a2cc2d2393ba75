"""Why a contact goes or does not: a stable code, and its words."""

from __future__ import annotations

from collections.abc import Mapping

from careline.i18n import Text

REASONS: Mapping[str, Text] = {
    "outreach.go": Text("Nothing stands against it."),
    "outreach.awaited": Text("The patient waits for it."),
    "outreach.urgent": Text("It is urgent. Otherwise: {against}"),
    "outreach.early": Text("It is not due yet."),
    "outreach.quiet": Text("The patient is not disturbed at this hour."),
    "outreach.cap": Text("The patient was contacted {count} times today; {most} are the most."),
    "outreach.tries": Text(
        "The patient was called in vain {count} times today; {most} are the most."
    ),
    "outreach.gap": Text("The last contact was less than {minutes} minutes ago."),
    "outreach.gives_way": Text("A greeting gives way to another contact of that day."),
    "outreach.joined": Text("Another contact that waits carries it too."),
    "outreach.expired": Text("Its time is over."),
    "outreach.no_room": Text("No allowed moment is left before its time is over. {against}"),
    "outreach.do_not_call": Text("The number is on the do-not-contact list."),
    "outreach.refused": Text("The patient refused contacts of this kind."),
    "outreach.no_greetings": Text("The patient wants no greetings."),
    "outreach.wrong_number": Text("The number belongs to somebody else."),
    "outreach.no_number": Text("There is no number to be contacted at."),
    "outreach.done": Text("It was done already."),
}


def reason_of(code: str) -> str:
    """The msgid of a code; a code of a later version stands for itself."""
    known = REASONS.get(code)
    return known.msgid if known else code
