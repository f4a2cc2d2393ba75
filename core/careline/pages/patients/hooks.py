"""What patients bring to the workspace."""

from __future__ import annotations

from collections.abc import Sequence

from careline.hooks import Panel, hook
from careline.pages.patients.desk import PatientDesk
from careline.pages.patients.field_pages import FieldRoutes
from careline.pages.patients.moving_pages import MovingRoutes
from careline.pages.patients.panels import PatientPanels
from careline.pages.patients.records import RecordRoutes
from careline.pages.patients.revealing import RevealRoutes
from careline.pages.patients.searching import SearchRoutes
from careline.pages.patients.uniting import UnitingRoutes
from careline.tasks import Tasks
from careline.web import PageEntry


class PatientPages:
    """Search and records for everybody, merging for shift leaders, tables and fields above."""

    def __init__(self, desk: PatientDesk, tasks: Tasks) -> None:
        records = RecordRoutes(desk)
        self._panels = PatientPanels(desk, records).panels()
        self._pages = [
            PageEntry(
                name="patients",
                title="Patients",
                path="/patients",
                permission="patients.view",
                routes=SearchRoutes(desk),
                icon="contact",
                order=30,
            ),
            PageEntry(
                name="patient",
                title="Patient",
                path="/patients",
                permission="patients.view",
                routes=records,
                rail=False,
            ),
            PageEntry(
                name="patient_reveal",
                title="Full numbers",
                path="/reveal",
                permission="patients.reveal",
                routes=RevealRoutes(desk, records),
                rail=False,
            ),
            PageEntry(
                name="patient_duplicates",
                title="Duplicates",
                path="/patients/duplicates",
                permission="patients.merge",
                routes=UnitingRoutes(desk, tasks),
                icon="git-merge",
                group="team",
                order=60,
            ),
            PageEntry(
                name="patient_tables",
                title="Import and export",
                path="/patients/tables",
                permission="patients.import",
                routes=MovingRoutes(desk),
                icon="file-up",
                group="admin",
                order=60,
            ),
            PageEntry(
                name="patient_fields",
                title="Custom fields",
                path="/patients/fields",
                permission="settings.edit",
                routes=FieldRoutes(desk),
                icon="sliders-horizontal",
                group="admin",
                order=61,
            ),
        ]

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """Search in the menu of work, the others where they belong."""
        return self._pages

    @hook
    def panels(self) -> Sequence[Panel]:
        """Who is calling, and the timeline."""
        return self._panels
