"""Lines of ``careline his check`` in the language of the house."""

from __future__ import annotations

from collections.abc import Collection

from careline.clinic import Schedule
from careline.clinic.his import Finding
from careline.errors import CarelineError
from careline.i18n import Text, error_text
from careline_his_webservice.ground import Ground

#: Codes that one line lists.
LISTED = 5


def finding(ground: Ground, what: str, *, ok: bool, detail: str | Text | CarelineError) -> Finding:
    """One line; ``what`` is a table of the file of rules."""
    language = ground.core.settings.language
    if isinstance(detail, Text):
        detail = detail.to(language)
    elif isinstance(detail, CarelineError):
        detail = error_text(detail, language)
    return Finding(what=what, ok=ok, detail=detail)


def schedule_told(days: int, read: Schedule) -> Text:
    """How much a schedule holds."""
    counts: dict[str, object] = {
        "days": days,
        "clinics": len(read.clinics),
        "slots": len(read.slots),
    }
    return Text("{days} days: {clinics} clinics, {slots} slots", counts)


def unknown_told(codes: Collection[str]) -> Text:
    """Codes that lead nowhere."""
    return Text("departments that nobody knows: {codes}", {"codes": some(codes)})


def some(codes: Collection[str]) -> list[str]:
    """The first of many."""
    listed = sorted(codes)
    return listed[:LISTED] + ["…"] * (len(listed) > LISTED)
