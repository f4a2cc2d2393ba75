"""What the pages bring to the plugin."""

from __future__ import annotations

from careline.hooks import Page, Panel, Slot
from careline.i18n import Text
from careline.surveys.editing.pages import survey_pages
from careline.surveys.editing.terms import EditorTerms
from careline_followup.flags.service import CHANGED as FLAG_CHANGED
from careline_followup.pages.asking import Desk
from careline_followup.pages.brief import Briefs
from careline_followup.pages.cases import CasePages
from careline_followup.pages.coverage import CoveragePages
from careline_followup.pages.eyes import EDIT, REPORT, VIEW, WARD, WORK
from careline_followup.pages.lists import HandedInPages
from careline_followup.pages.numbers import Numbers
from careline_followup.pages.plans import PlanPages
from careline_followup.pages.wards import WardPages
from careline_followup.pages.worklist import ListPages
from careline_followup.services import Services
from careline_followup.starter import questionnaires
from careline_followup.tasks.moves import CHANGED as TASK_CHANGED

ROOT = "/followup/questionnaires"


class PagesPart:
    """Panels and pages over the plugin's services."""

    def __init__(self, services: Services) -> None:
        self.numbers = Numbers(services)
        self._lists = ListPages(services, self.numbers)
        self._desk = Desk(services, self.numbers)
        self._briefs = Briefs(services)
        self._wards = WardPages(services)
        self._coverage = CoveragePages(services)
        self._plans = PlanPages(services)
        self._cases = CasePages(services)
        self._handed_in = HandedInPages(services)
        terms = EditorTerms(
            book=services.surveys,
            root=ROOT,
            permission=EDIT,
            title=Text("Questionnaires"),
            back="/followup/plans",
            starters=questionnaires(),
        )
        self._editor = survey_pages(terms)

    def panels(self) -> list[Panel]:
        """A tab of calls, whom a next call is to, a part of the patient's page, red flags."""
        return [
            Panel(
                name="followup_ask",
                title="Follow-up",
                slot=Slot.WORK,
                template="followup/ask.html",
                view=self._desk.panel,
                permission=WORK,
                opens=self._desk.opens,
                order=20,
            ),
            Panel(
                name="followup_brief",
                title="Follow-up",
                slot=Slot.TASK,
                template="followup/brief.html",
                view=self._briefs.panel,
                permission=VIEW,
            ),
            Panel(
                name="followup_patient",
                title="Follow-ups",
                slot=Slot.PATIENT,
                template="followup/patient.html",
                view=self._lists.panel,
                permission=VIEW,
                refresh_on=(TASK_CHANGED,),
                order=40,
            ),
            Panel(
                name="followup_flags",
                title="Red flags",
                slot=Slot.HOME,
                template="followup/flags_panel.html",
                view=self._wards.panel,
                permission=WARD,
                refresh_on=(FLAG_CHANGED,),
                order=15,
            ),
            Panel(
                name="followup_wall",
                title="Follow-up today",
                slot=Slot.WALL,
                template="followup/wall.html",
                view=self._coverage.wall,
                permission=REPORT,
                refresh_on=(FLAG_CHANGED, TASK_CHANGED),
                order=70,
            ),
        ]

    def pages(self) -> list[Page]:
        """One entry in the menu; the others are tabs of it."""
        shown = Page(
            name="followup",
            title="Follow-up",
            path="/followup",
            permission=VIEW,
            routes=self._lists,
            icon="clipboard-check",
            group="work",
            order=60,
            scripts=("followup.js",),
            styles=("followup.css",),
        )
        return [
            shown,
            _tab("followup_ask", WORK, self._desk),
            _tab("followup_wards", WARD, self._wards),
            _tab("followup_coverage", REPORT, self._coverage),
            _tab("followup_plans", EDIT, self._plans),
            _tab("followup_cases", EDIT, self._cases),
            _tab("followup_lists", EDIT, self._handed_in),
            _tab("followup_questionnaires", EDIT, self._editor),
        ]


def _tab(name: str, permission: str, routes: object) -> Page:
    return Page(
        name=name,
        title="Follow-up",
        path="/followup",
        permission=permission,
        routes=routes,
        rail=False,
    )
