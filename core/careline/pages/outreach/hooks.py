"""What the governor of outreach brings to the workspace."""

from __future__ import annotations

from collections.abc import Sequence

from careline.hooks import Panel, Slot, hook
from careline.outreach.listing import Refusals
from careline.outreach.names import Names
from careline.pages.outreach.panel import PatientContacts
from careline.pages.outreach.routes import EDIT, OutreachRoutes
from careline.patients.service import Patients
from careline.web import PageEntry


class OutreachPages:
    """Refused numbers and the decisions of a day; on a patient's page the contacts of a month."""

    def __init__(self, refusals: Refusals, patients: Patients, names: Names) -> None:
        self._routes = OutreachRoutes(refusals, names)
        self._contacts = PatientContacts(refusals, patients, names)

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """In the menu of the team, beside the number lists."""
        return [
            PageEntry(
                name="outreach",
                title="Outreach",
                path="/outreach",
                permission=EDIT,
                routes=self._routes,
                icon="bell-off",
                group="team",
                order=41,
            )
        ]

    @hook
    def panels(self) -> Sequence[Panel]:
        """Beside the timeline of a patient."""
        return [
            Panel(
                name="outreach_contacts",
                title="Contacts by the hospital",
                slot=Slot.PATIENT,
                template="outreach/contacts.html",
                view=self._contacts.view,
                permission="patients.view",
                refresh_on=("patient_changed",),
                order=60,
            )
        ]
