"""What the pages bring to the plugin."""

from __future__ import annotations

from careline.hooks import JobHandler, Page, Panel, Report, Slot
from careline_sms.groups.service import Groups
from careline_sms.pages.book import BookPages
from careline_sms.pages.eyes import BOOK, GROUP, SEND, VIEW, Eyes
from careline_sms.pages.groups import GroupPages
from careline_sms.pages.house import HousePages
from careline_sms.pages.messages import MessagePages
from careline_sms.pages.report import BY, MessageReport
from careline_sms.pages.templates import TemplatePages
from careline_sms.pages.writing import Writing
from careline_sms.services import Services


class PagesPart:
    """Pages, panels and the report over the plugin's services."""

    def __init__(self, services: Services) -> None:
        eyes = Eyes(services.core, services.messages)
        self.groups = Groups(services.core, services.messages, services.templates)
        self._messages = MessagePages(services, eyes)
        self._writing = Writing(services, eyes)
        self._groups = GroupPages(services, self.groups)
        self._templates = TemplatePages(services)
        self._book = BookPages(services)
        self._house = HousePages(services)
        self._report = MessageReport(services)

    def job_handlers(self) -> list[JobHandler]:
        """Puts the messages of approved groups."""
        return self.groups.job_handlers()

    def panels(self) -> list[Panel]:
        """A tab of calls, and the messages of a patient."""
        return [
            Panel(
                name="sms_beside",
                title="Text messages",
                slot=Slot.WORK,
                template="sms/beside.html",
                view=self._writing.beside,
                permission=SEND,
                order=60,
            ),
            Panel(
                name="sms_of_patient",
                title="Text messages",
                slot=Slot.PATIENT,
                template="sms/of_patient.html",
                view=self._writing.of_patient,
                permission=SEND,
                refresh_on=("sms_changed",),
                order=40,
            ),
        ]

    def pages(self) -> list[Page]:
        """Messages in the menu, all else from there."""
        return [
            Page(
                name="sms",
                title="Text messages",
                path="/sms",
                permission=SEND,
                routes=self._messages,
                icon="message-square-text",
                group="work",
                order=60,
                styles=("messages.css",),
            ),
            _inner("sms_new", "Write a message", SEND, self._writing),
            _inner("sms_groups", "Group messages", GROUP, self._groups),
            _inner("sms_templates", "Message templates", VIEW, self._templates),
            _inner("sms_book", "Address book", BOOK, self._book),
            _inner("sms_house", "Gateways", VIEW, self._house),
        ]

    def reports(self) -> list[Report]:
        """Figures of messages."""
        return [
            Report(
                name="sms",
                title="Text messages",
                permission=VIEW,
                by=BY,
                run=self._report.run,
                order=40,
            )
        ]


def _inner(name: str, title: str, permission: str, routes: object) -> Page:
    return Page(
        name=name, title=title, path="/sms", permission=permission, routes=routes, rail=False
    )
