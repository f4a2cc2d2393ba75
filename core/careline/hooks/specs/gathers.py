"""Questions to all plugins at once; the asker learns whose answer is missing, and shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from careline.hooks.kinds import gathers
from careline.hooks.values import ExportPart, HealthCheck, TimelineEntry

if TYPE_CHECKING:
    from careline.patients.model import Patient


@gathers(timeout=3.0)
def find_patients(text: str, campus: str) -> Sequence[Patient]:  # type: ignore[empty-body]  # a spec has no body
    """Patients outside the core's records who match what was typed (name, number, id).

    When: somebody searches; the core's own matches are shown meanwhile.
    Return: patients, the best first, at most 20.
    On failure: the page says that this plugin's answer is missing.
    """


@gathers(timeout=3.0)
def patient_timeline(patient_id: int) -> Sequence[TimelineEntry]:  # type: ignore[empty-body]  # a spec has no body
    """What the plugin knows of this patient's history.

    When: a patient's page or a screen pop is opened.
    Return: entries, the newest first, at most 100.
    On failure: the page says that this plugin's answer is missing.
    """


@gathers(timeout=60.0)
def export_patient(patient_id: int) -> Sequence[ExportPart]:  # type: ignore[empty-body]  # a spec has no body
    """All that the plugin keeps of this patient, for the patient's own request.

    When: an administrator exports a patient's data.
    Return: parts; an empty list when there is nothing.
    On failure: the export is marked incomplete and names the plugin.
    """


@gathers(timeout=5.0)
def health() -> Sequence[HealthCheck]:  # type: ignore[empty-body]  # a spec has no body
    """How the things are that the plugin depends on (gateway, HIS, licence).

    When: the health page, ``careline doctor`` or a monitoring system asks.
    Return: one check for each thing, with what to do when it is not well.
    On failure: shown as an alarm of this plugin.
    """
