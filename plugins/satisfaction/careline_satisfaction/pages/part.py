"""What the pages bring to the plugin."""

from __future__ import annotations

from typing import Any

from careline.hooks import Page, Panel, Slot
from careline_satisfaction.answers.service import CHANGED, Answers
from careline_satisfaction.eyes import EDIT, OWN, VIEW
from careline_satisfaction.pages.answers import AnswerPages
from careline_satisfaction.pages.asking import Desk
from careline_satisfaction.pages.surveys import QueuePages
from careline_satisfaction.survey.book import QueueSurveys


class PagesPart:
    """Panels and pages over the plugin's services."""

    def __init__(self, core: Any, book: QueueSurveys, answers: Answers) -> None:
        self._answers = AnswerPages(core, book, answers)
        self._desk = Desk(core, book, answers)
        self._queues = QueuePages(core, book)

    def panels(self) -> list[Panel]:
        """A tab of calls; low scores on my day and on the board."""
        return [
            Panel(
                name="satisfaction_ask",
                title="Satisfaction",
                slot=Slot.WORK,
                template="satisfaction/ask.html",
                view=self._desk.panel,
                permission=OWN,
                refresh_on=(CHANGED,),
                order=70,
            ),
            Panel(
                name="satisfaction_low",
                title="Low scores",
                slot=Slot.HOME,
                template="satisfaction/low.html",
                view=self._answers.low,
                permission=VIEW,
                refresh_on=(CHANGED,),
                order=30,
            ),
            Panel(
                name="satisfaction_wall",
                title="Satisfaction today",
                slot=Slot.WALL,
                template="satisfaction/wall.html",
                view=self._answers.wall,
                permission=VIEW,
                refresh_on=(CHANGED,),
                order=60,
            ),
        ]

    def pages(self) -> list[Page]:
        """Answers in the menu, surveys from there."""
        return [
            Page(
                name="satisfaction",
                title="Ratings",
                path="/satisfaction",
                permission=OWN,
                routes=self._answers,
                icon="star",
                group="team",
                order=40,
            ),
            Page(
                name="satisfaction_ask",
                title="Satisfaction",
                path="/satisfaction",
                permission=OWN,
                routes=self._desk,
                rail=False,
            ),
            Page(
                name="satisfaction_surveys",
                title="Surveys",
                path="/satisfaction",
                permission=EDIT,
                routes=self._queues.editor(),
                rail=False,
            ),
            Page(
                name="satisfaction_queues",
                title="Surveys",
                path="/satisfaction",
                permission=EDIT,
                routes=self._queues,
                rail=False,
            ),
        ]
