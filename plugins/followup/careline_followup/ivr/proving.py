"""Who is on the phone: known by the day of birth or the end of the id card, before all else."""

from __future__ import annotations

from careline.errors import NotFound
from careline.patients import store as patients
from careline.patients.id_card import birth_date_of
from careline.storage import Tx
from careline_followup.cases import store as cases
from careline_followup.tasks.model import Task

LENGTH = 4
STAR = "*"


def proofs(tx: Tx, task: Task) -> frozenset[str]:
    """Keys that only the patient or the family know: MMDD of the birth, the card's end.

    Empty when nothing is known of the patient: then nothing can be said to anybody.
    """
    case = cases.get(tx, task.case)
    cards, born = {case.id_card}, set()
    if task.patient:
        try:
            patient = patients.get_patient(tx, task.patient)
        except NotFound:  # erased meanwhile
            return frozenset()
        cards.add(patient.id_card)
        born.add(patient.birth_date)
    born |= {birth_date_of(one) for one in cards if one}
    ends = {one[-LENGTH:].upper().replace("X", STAR) for one in cards if len(one) >= LENGTH}
    return frozenset(ends | {f"{day:%m%d}" for day in born if day})
