"""Which queue gets which survey; the surveys themselves are edited by the core's editor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from careline.i18n import Text
from careline.surveys.editing.pages import survey_pages
from careline.surveys.editing.terms import EditorTerms
from careline.web import Answer, Redirect, Visit, post
from careline_satisfaction.eyes import EDIT
from careline_satisfaction.names import queue_names
from careline_satisfaction.starter import starter
from careline_satisfaction.survey.book import OTHERS, QueueSurveys

ROOT = "/satisfaction/surveys"
#: What the form says for a queue whose callers are asked nothing.
NOTHING = "-"


@frozen
class QueuePages:
    """The panel beside the list of surveys, and its deed."""

    core: Any
    book: QueueSurveys

    def editor(self) -> object:
        """The pages of the editor, with the panel."""
        terms = EditorTerms(
            book=self.book,
            root=ROOT,
            permission=EDIT,
            title=Text("Surveys"),
            back="/satisfaction",
            starters=(starter(),),
            head="satisfaction/surveys_head.html",
            beside="satisfaction/queues.html",
            values=self._values,
        )
        return survey_pages(terms)

    async def _values(self, visit: Visit) -> Mapping[str, Any]:
        return {
            "published": [one for one in self.book.names() if self.book.newest(one)],
            "queues": await queue_names(self.core, visit.language),
            "given": self.book.queues,
        }

    @post("/satisfaction/queues", permission=EDIT)
    async def assign(self, visit: Visit) -> Answer:
        """Say which queue gets which survey."""
        queues = [OTHERS, *await queue_names(self.core, visit.language)]
        typed = {queue: visit.form.get(f"queue-{queue}", "") for queue in queues}
        given = {queue: name for queue, name in typed.items() if self.book.newest(name)}
        given |= {queue: "" for queue, name in typed.items() if name == NOTHING}
        await self.book.assign(given)
        what = ", ".join(f"{queue or '*'}: {name or NOTHING}" for queue, name in given.items())
        await visit.audit("survey.assigned", kind="survey", what=what)
        return Redirect(ROOT)
