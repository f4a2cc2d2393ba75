"""A record as JSON and back: for exports, undo and programs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from attrs import asdict

from careline.patients.model import OutpatientNumber, Patient, PatientPhone, Sex

TEXTS = ("name", "pinyin", "initials", "id_card", "address", "insurance", "category", "note")


def to_plain(patient: Patient) -> dict[str, Any]:
    """All that is kept of a patient; nothing is masked."""
    return {
        "id": patient.id,
        **{name: getattr(patient, name) for name in TEXTS},
        "sex": patient.sex.value,
        "birth_date": patient.birth_date.isoformat() if patient.birth_date else None,
        "phones": [asdict(phone) for phone in patient.phones],
        "numbers": [asdict(one) for one in patient.numbers],
        "tags": list(patient.tags),
        "fields": dict(patient.fields),
        "version": patient.version,
        "merged_into": patient.merged_into,
    }


def from_plain(plain: Mapping[str, Any]) -> Patient:
    """What :func:`to_plain` made."""
    born = plain.get("birth_date")
    return Patient(
        id=plain["id"],
        **{name: plain[name] for name in TEXTS},
        sex=Sex(plain["sex"]),
        birth_date=date.fromisoformat(born) if born else None,
        phones=tuple(PatientPhone(**phone) for phone in plain["phones"]),
        numbers=tuple(OutpatientNumber(**one) for one in plain["numbers"]),
        tags=tuple(plain["tags"]),
        fields=dict(plain["fields"]),
        version=plain["version"],
        merged_into=plain.get("merged_into", 0),
    )
