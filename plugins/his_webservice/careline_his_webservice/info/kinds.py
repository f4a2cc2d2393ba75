"""Kinds of hospital information: their names, what they are asked by, which tell of people."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from careline.clinic.his import Info
from careline.i18n import Text


@frozen
class Kind:
    """One kind; ``fields`` of ``text``, ``day`` and ``number`` are what it can be narrowed by.

    ``patients``: its rows are about people, so they are covered, and each look is audited.
    """

    title: Text
    icon: str
    fields: tuple[str, ...]
    patients: bool = False


KINDS: Mapping[Info, Kind] = {
    Info.INPATIENTS: Kind(Text("Inpatients"), "briefcase-medical", ("text", "number"), True),
    Info.DISCHARGES: Kind(Text("Discharges"), "log-out", ("text", "day", "number"), True),
    Info.SURGERIES: Kind(Text("Surgery schedule"), "activity", ("text", "day"), True),
    Info.COSTS: Kind(Text("Inpatient costs"), "wallet", ("number", "day"), True),
    Info.CARD: Kind(Text("Card balance and points"), "credit-card", ("number",), True),
    Info.DRUGS: Kind(Text("Drug prices"), "pill", ("text",)),
    Info.CHECK_UPS: Kind(Text("Check-up notes"), "clipboard-list", ("text",)),
    Info.ROUTES: Kind(Text("Routes"), "route", ("text",)),
}
#: Without them everything about everybody would be listed.
NEEDED = {Info.COSTS: "number", Info.CARD: "number"}
