"""What the pages of surveys do, whatever their address is."""

from __future__ import annotations

from attrs import evolve, frozen

from careline.errors import CarelineError, Conflict, NotFound
from careline.i18n import Text
from careline.surveys.check import problems_of
from careline.surveys.editing.terms import EditorTerms, TitleForm
from careline.surveys.editing.typed import (
    QuestionForm,
    form_of,
    moved_up,
    question_of,
    scale_name,
    with_question,
    without,
)
from careline.surveys.model import END, LEVELS, SCALES, Kind, Question, Survey, Words, name_problem
from careline.web import Answer, FormState, Page, Redirect, Visit, read

KINDS = {
    Kind.SCALE: Text("Scale"),
    Kind.CHOICE: Text("Choice"),
    Kind.NUMBER: Text("Measured value"),
    Kind.COMMENT: Text("Comment"),
}


@frozen
class Editor:
    """Lists, edits and publishes the surveys of one plugin."""

    terms: EditorTerms

    async def listed(self, visit: Visit, form: FormState | None = None) -> Answer:
        """All surveys, and a form for a new one; with ``form`` what was wrong with it."""
        book = self.terms.book
        names = book.names()
        values = {
            **await self.terms.values(visit),
            "terms": self.terms,
            "form": form,
            "surveys": [(await book.draft(one), book.newest(one)) for one in names],
            "starters": [one for one in self.terms.starters if one.name not in names],
        }
        status = 422 if form is not None else 200
        return Page("surveys/list.html", values, title=self.terms.title, status=status)

    async def new(self, visit: Visit) -> Answer:
        """A new one, empty, or one that is shipped."""
        named = visit.form.get("starter", "")
        shipped = next((one for one in self.terms.starters if one.name == named), None)
        if shipped is not None:
            await self._add(visit, evolve(shipped, version=0))
            return self._to(shipped.name)
        value, form = read(visit, TitleForm)
        if value is None:
            return await self.listed(visit, form)
        try:
            problem = name_problem(value.name)
            if problem is not None:
                raise problem
            await self._add(visit, _titled(Survey(name=value.name, title=Words()), value))
        except CarelineError as error:
            return await self.listed(visit, form.with_error(error))
        return self._to(value.name)

    async def _add(self, visit: Visit, survey: Survey) -> None:
        if survey.name in self.terms.book.names():
            raise Conflict("survey.name", "There is a survey of this name already.")
        await self._save(visit, survey)

    async def _save(self, visit: Visit, survey: Survey) -> None:
        await self.terms.book.save(survey, visit.user.login)
        await visit.audit("survey.changed", kind="survey", whose=survey.name)

    def _to(self, name: str) -> Redirect:
        return Redirect(f"{self.terms.root}/{name}")

    # One

    async def one(self, visit: Visit, name: str) -> Answer:
        """A draft as it is edited, and as it is asked."""
        survey = await self.terms.book.draft(name)
        fields = {"zh": survey.title.zh, "en": survey.title.en, "low_level": survey.low_level}
        return self._show(visit, survey, FormState.of(None, visit.language, **fields))

    def _show(self, visit: Visit, survey: Survey, form: FormState) -> Answer:
        newest = self.terms.book.newest(survey.name)
        scored = self.terms.book.scored
        values = {
            "terms": self.terms,
            "scored": scored,
            "survey": survey,
            "newest": newest,
            "changed": newest is None or evolve(newest, version=0) != survey,
            "problems": list(problems_of(survey, scored=scored)),
            "form": form,
            "kinds": KINDS,
            "levels": LEVELS[:-1],
            "heard": "en" if visit.args.get("heard") == "en" else "zh",
            "leads": lambda question: leads(survey, question),
        }
        status = 200 if form.ok else 422
        return Page("surveys/survey.html", values, title=self.terms.title, status=status)

    async def retitle(self, visit: Visit, name: str) -> Answer:
        """Change its title and which scores are low."""
        survey = await self.terms.book.draft(name)
        value, form = read(visit, TitleForm)
        if value is None:
            return self._show(visit, survey, form)
        await self._save(visit, _titled(survey, value))
        return self._to(name)

    async def publish(self, visit: Visit, name: str) -> Answer:
        """From now on this is asked; answers keep the version that they are to."""
        survey = await self.terms.book.publish(name, visit.user.login)
        await visit.audit("survey.published", kind="survey", whose=name, what=str(survey.version))
        return self._to(name)

    # Questions

    async def question(self, visit: Visit, name: str) -> Answer:
        """One question's form; a new one's without ``question``."""
        survey = await self.terms.book.draft(name)
        before = visit.args.get("question", "")
        known = survey.question(before)
        if before and known is None:
            raise NotFound("survey.question", "there is no question {name}", name=before[:40])
        value = form_of(known) if known else None
        return self._form(survey, FormState.of(value, visit.language, before=before))

    def _form(self, survey: Survey, form: FormState) -> Answer:
        others = [one.name for one in survey.questions if one.name != form.value("before")]
        values = {
            "terms": self.terms,
            "survey": survey,
            "form": form,
            "kinds": KINDS,
            "scales": [scale_name(*one) for one in SCALES],
            "others": [*others, END],
        }
        status = 200 if form.ok else 422
        return Page("surveys/question.html", values, title=self.terms.title, status=status)

    async def put_question(self, visit: Visit, name: str) -> Answer:
        """Store it in the draft."""
        survey = await self.terms.book.draft(name)
        before = visit.form.get("before", "")
        value, form = read(visit, QuestionForm)
        form = evolve(form, typed={**form.typed, "before": [before]})
        if value is None:
            return self._form(survey, form)
        try:
            changed = with_question(survey, question_of(value), before)
        except CarelineError as error:
            return self._form(survey, form.with_error(error))
        await self._save(visit, changed)
        return self._to(name)

    async def remove(self, visit: Visit, name: str, question: str) -> Answer:
        """Take a question out of the draft."""
        await self._save(visit, without(await self.terms.book.draft(name), question))
        return self._to(name)

    async def up(self, visit: Visit, name: str, question: str) -> Answer:
        """Ask a question earlier."""
        await self._save(visit, moved_up(await self.terms.book.draft(name), question))
        return self._to(name)


def _titled(survey: Survey, form: TitleForm) -> Survey:
    return evolve(survey, title=Words(form.zh, form.en), low_level=form.low_level)


def leads(survey: Survey, question: Question) -> list[tuple[str, str]]:
    """Answers, and the question that each leads to (empty: the end)."""
    found: dict[str, list[int]] = {}
    for value in question.values:
        after = survey.after(question, value)
        found.setdefault(after.name if after else "", []).append(value)
    return [(_spans(question, values), name) for name, values in found.items()]


def _spans(question: Question, values: list[int]) -> str:
    """``35.0-37.9, 41.0``: values in order, those beside each other as one span."""
    spans: list[list[int]] = []
    for value in values:
        if spans and value == spans[-1][-1] + 1:
            spans[-1][1:] = [value]
        else:
            spans.append([value])
    return ", ".join("-".join(map(question.shown, span)) for span in spans)
