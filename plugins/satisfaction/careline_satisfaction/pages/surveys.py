"""Pages of surveys: the list, one as it is edited and heard, its questions, who gets which."""

from __future__ import annotations

from typing import Any

from attrs import evolve, field, frozen
from attrs.validators import ge, le, max_len

from careline.errors import CarelineError, Conflict, NotFound
from careline.i18n import Text
from careline.web import Answer, FormState, Page, Redirect, Visit, get, post, read
from careline_satisfaction.eyes import EDIT
from careline_satisfaction.names import queue_names
from careline_satisfaction.pages.typed import (
    QuestionForm,
    form_of,
    moved_up,
    question_of,
    scale_name,
    with_question,
    without,
)
from careline_satisfaction.starter import starter
from careline_satisfaction.survey.book import OTHERS, SurveyBook
from careline_satisfaction.survey.check import problems_of
from careline_satisfaction.survey.model import (
    END,
    LEVELS,
    SCALES,
    Kind,
    Survey,
    Words,
    name_problem,
)

TITLE = Text("Surveys")
ROOT = "/satisfaction/surveys"
#: What the form says for a queue whose callers are asked nothing.
NOTHING = "-"
KINDS = {Kind.SCALE: Text("Scale"), Kind.CHOICE: Text("Choice"), Kind.COMMENT: Text("Comment")}


@frozen(kw_only=True)
class TitleForm:
    """What a survey is called, and which scores are low."""

    name: str = ""
    zh: str = field(validator=max_len(60))
    en: str = field(default="", validator=max_len(60))
    low_level: int = field(default=2, validator=[ge(1), le(4)])


@frozen
class SurveyPages:
    """Everything under /satisfaction/surveys."""

    core: Any
    book: SurveyBook

    @get("/satisfaction/surveys", permission=EDIT)
    async def listed(self, visit: Visit) -> Answer:
        """All surveys, and which queue gets which."""
        return await self._list(visit, None)

    async def _list(self, visit: Visit, form: FormState | None) -> Answer:
        names = self.book.names()
        values = {
            "form": form,
            "surveys": [(await self.book.draft(one), self.book.newest(one)) for one in names],
            "published": [one for one in names if self.book.newest(one)],
            "queues": await queue_names(self.core, visit.language),
            "given": self.book.queues,
            "starter": starter() if starter().name not in names else None,
        }
        status = 422 if form is not None else 200
        return Page("satisfaction/surveys.html", values, title=TITLE, status=status)

    @post("/satisfaction/surveys", permission=EDIT)
    async def new(self, visit: Visit) -> Answer:
        """A new one, empty, or the one that is shipped."""
        if visit.form.get("starter"):
            survey = evolve(starter(), version=0)
            await self._add(visit, survey)
            return Redirect(f"{ROOT}/{survey.name}")
        value, form = read(visit, TitleForm)
        if value is None:
            return await self._list(visit, form)
        try:
            problem = name_problem(value.name)
            if problem is not None:
                raise problem
            survey = _titled(Survey(name=value.name, title=Words()), value)
            await self._add(visit, survey)
        except CarelineError as error:
            return await self._list(visit, form.with_error(error))
        return Redirect(f"{ROOT}/{survey.name}")

    async def _add(self, visit: Visit, survey: Survey) -> None:
        if survey.name in self.book.names():
            raise Conflict("survey.name", "There is a survey of this name already.")
        await self._save(visit, survey)

    async def _save(self, visit: Visit, survey: Survey) -> None:
        await self.book.save(survey, visit.user.login)
        await visit.audit("survey.changed", kind="survey", whose=survey.name)

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

    # One

    @get("/satisfaction/surveys/<name>", permission=EDIT)
    async def one(self, visit: Visit, name: str) -> Answer:
        """A draft as it is edited, and as it will be heard."""
        survey = await self.book.draft(name)
        fields = {"zh": survey.title.zh, "en": survey.title.en, "low_level": survey.low_level}
        return self._show(visit, survey, FormState.of(None, visit.language, **fields))

    def _show(self, visit: Visit, survey: Survey, form: FormState) -> Answer:
        newest = self.book.newest(survey.name)
        values = {
            "survey": survey,
            "newest": newest,
            "changed": newest is None or evolve(newest, version=0) != survey,
            "problems": list(problems_of(survey)),
            "form": form,
            "kinds": KINDS,
            "levels": LEVELS[:-1],
            "heard": "en" if visit.args.get("heard") == "en" else "zh",
            "leads": lambda question: _leads(survey, question),
        }
        status = 200 if form.ok else 422
        return Page("satisfaction/survey.html", values, title=TITLE, status=status)

    @post("/satisfaction/surveys/<name>", permission=EDIT)
    async def retitle(self, visit: Visit, name: str) -> Answer:
        """Change its title and which scores are low."""
        survey = await self.book.draft(name)
        value, form = read(visit, TitleForm)
        if value is None:
            return self._show(visit, survey, form)
        await self._save(visit, _titled(survey, value))
        return Redirect(f"{ROOT}/{name}")

    @post("/satisfaction/surveys/<name>/publish", permission=EDIT)
    async def publish(self, visit: Visit, name: str) -> Answer:
        """From now on callers are asked this; answers keep the version that they are to."""
        survey = await self.book.publish(name, visit.user.login)
        await visit.audit("survey.published", kind="survey", whose=name, what=str(survey.version))
        return Redirect(f"{ROOT}/{name}")

    # Questions

    @get("/satisfaction/surveys/<name>/question", permission=EDIT)
    async def question(self, visit: Visit, name: str) -> Answer:
        """One question's form; a new one's without ``question``."""
        survey = await self.book.draft(name)
        before = visit.args.get("question", "")
        known = survey.question(before)
        if before and known is None:
            raise NotFound("survey.question", "there is no question {name}", name=before[:40])
        value = form_of(known) if known else None
        form = FormState.of(value, visit.language, before=before)
        return self._form(survey, form)

    def _form(self, survey: Survey, form: FormState) -> Answer:
        others = [one.name for one in survey.questions if one.name != form.value("before")]
        values = {
            "survey": survey,
            "form": form,
            "kinds": KINDS,
            "scales": [scale_name(*one) for one in SCALES],
            "others": [*others, END],
        }
        status = 200 if form.ok else 422
        return Page("satisfaction/question.html", values, title=TITLE, status=status)

    @post("/satisfaction/surveys/<name>/question", permission=EDIT)
    async def put_question(self, visit: Visit, name: str) -> Answer:
        """Store it in the draft."""
        survey = await self.book.draft(name)
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
        return Redirect(f"{ROOT}/{name}")

    @post("/satisfaction/surveys/<name>/question/<question>/remove", permission=EDIT)
    async def remove(self, visit: Visit, name: str, question: str) -> Answer:
        """Take it out of the draft."""
        await self._save(visit, without(await self.book.draft(name), question))
        return Redirect(f"{ROOT}/{name}")

    @post("/satisfaction/surveys/<name>/question/<question>/up", permission=EDIT)
    async def up(self, visit: Visit, name: str, question: str) -> Answer:
        """Ask it earlier."""
        await self._save(visit, moved_up(await self.book.draft(name), question))
        return Redirect(f"{ROOT}/{name}")


def _titled(survey: Survey, form: TitleForm) -> Survey:
    return evolve(survey, title=Words(form.zh, form.en), low_level=form.low_level)


def _leads(survey: Survey, question: Any) -> list[tuple[str, str]]:
    """Answers, and the question that each leads to (empty: the end)."""
    found: dict[str, list[int]] = {}
    for value in question.values:
        after = survey.after(question, value)
        found.setdefault(after.name if after else "", []).append(value)
    return [(_span(values), name) for name, values in found.items()]


def _span(values: list[int]) -> str:
    together = len(values) > 1 and values[-1] - values[0] == len(values) - 1
    return f"{values[0]}-{values[-1]}" if together else ", ".join(map(str, values))
