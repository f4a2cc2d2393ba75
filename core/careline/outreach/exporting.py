"""What patients are told of the decisions about contacts with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from careline.outreach import store
from careline.outreach.model import Booked
from careline.storage import Tx


def rows_of(tx: Tx, ids: Sequence[int]) -> Sequence[Mapping[str, Any]]:
    """A patient's contacts as JSON, for the patient's own request."""
    return [_row(one) for one in store.all_contacts(tx, ids)]


def _row(booked: Booked) -> Mapping[str, Any]:
    contact, decision = booked.contact, booked.decision
    return {
        "asked": booked.asked.isoformat(),
        "number": contact.number,
        "means": contact.means.value,
        "purpose": contact.purpose,
        "title": contact.title,
        "urgency": contact.urgency.value,
        "verdict": decision.verdict.value,
        "why": str(decision.text),
        "result": booked.result.value if booked.result else "",
    }
