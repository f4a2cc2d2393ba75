"""The addresses of the editor: the same pages under the root of each plugin with surveys."""

from __future__ import annotations

from careline.surveys.editing.editor import Editor
from careline.surveys.editing.terms import EditorTerms
from careline.web import Answer, Visit, get, post


def survey_pages(terms: EditorTerms) -> object:
    """The routes, for a page whose path ``terms.root`` begins with."""
    root, permission, editor = terms.root, terms.permission, Editor(terms)
    one_survey = f"{root}/<name>"
    one_question = f"{one_survey}/question/<question>"

    class SurveyPages:
        """Everything under the root."""

        @get(root, permission=permission)
        async def listed(self, visit: Visit) -> Answer:
            """All surveys."""
            return await editor.listed(visit)

        @post(root, permission=permission)
        async def new(self, visit: Visit) -> Answer:
            """One more."""
            return await editor.new(visit)

        @get(one_survey, permission=permission)
        async def one(self, visit: Visit, name: str) -> Answer:
            """One draft."""
            return await editor.one(visit, name)

        @post(one_survey, permission=permission)
        async def retitle(self, visit: Visit, name: str) -> Answer:
            """Its title."""
            return await editor.retitle(visit, name)

        @post(f"{one_survey}/publish", permission=permission)
        async def publish(self, visit: Visit, name: str) -> Answer:
            """Its next version."""
            return await editor.publish(visit, name)

        @get(f"{one_survey}/question", permission=permission)
        async def question(self, visit: Visit, name: str) -> Answer:
            """A question's form."""
            return await editor.question(visit, name)

        @post(f"{one_survey}/question", permission=permission)
        async def put_question(self, visit: Visit, name: str) -> Answer:
            """A question as it was typed."""
            return await editor.put_question(visit, name)

        @post(f"{one_question}/remove", permission=permission)
        async def remove(self, visit: Visit, name: str, question: str) -> Answer:
            """A question less."""
            return await editor.remove(visit, name, question)

        @post(f"{one_question}/up", permission=permission)
        async def up(self, visit: Visit, name: str, question: str) -> Answer:
            """A question earlier."""
            return await editor.up(visit, name, question)

    return SurveyPages()
