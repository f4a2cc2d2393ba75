"""The ward's page: red flags that wait for somebody, who looks after them, who is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from attrs import evolve, frozen

from careline.errors import CarelineError, NotFound
from careline.i18n import Text, error_text
from careline.numbers.phone import masked
from careline.patients.model import masked_name
from careline.web import Answer, FormState, Fragment, Page, Redirect, Visit, get, post
from careline_followup.flags.model import LEADERS, Flag, FlagState, Post
from careline_followup.pages.eyes import EDIT, WARD, campuses_seen, need_campus, need_flag
from careline_followup.pages.words import campus_names, words
from careline_followup.services import Services
from careline_followup.tasks.model import Task

TITLE = Text("Red flags")
OPEN = (FlagState.OPEN, FlagState.SEEN)
SHOWN = 8
#: So far back a ward's patients count where nobody is told.
LATELY = timedelta(days=35)
LEVELS = ("0", "1", "2", "3", "4")
NAMES = ("campus", "ward", "doctor", "level", "who", "number")


@frozen
class Line:
    """A flag with whose it is; the name is shown to those who look after the ward.

    ``question`` and ``answer`` are what was asked and said; ``number`` is where the patient is
    called first (E.164), empty when nobody can be.
    """

    flag: Flag
    name: str
    bed: str
    doctor: str
    diagnosis: str
    question: str
    answer: str
    number: str = ""
    patient: int = 0

    def __repr__(self) -> str:
        """Without the name."""
        return f"Line({self.flag.id})"


@frozen
class WardPages:
    """Routes and a panel of red flags."""

    services: Services

    @get("/followup/flags", permission=WARD)
    async def listed(self, visit: Visit) -> Answer:
        """Those that are open, or looked after lately; the list's own refreshing is not audited."""
        ward = visit.args.get("ward", "").strip()[:60]
        await visit.audit("followup.seen", kind="followup_flag", what=ward)
        typed = {name: [visit.args.get(name, "").strip()[:60]] for name in ("ward", "state")}
        values = {
            "form": FormState(typed, language=visit.language),
            "may_edit": visit.may(EDIT),
            **await self._values(visit),
        }
        return Page("followup/flags.html", values, title=TITLE)

    @get("/followup/flags/now", permission=WARD, quiet=True)
    async def now(self, visit: Visit) -> Answer:
        """The list alone: it loads anew within the second in which a flag is raised."""
        return Fragment("followup/flags_list.html", await self._values(visit))

    @post("/followup/flags/<int:flag_id>/see", permission=WARD)
    async def see(self, visit: Visit, flag_id: int) -> Answer:
        """Somebody takes notice: it is passed on no more."""
        await self._flag(visit, flag_id)
        await self.services.flags.see(flag_id, visit.user.login)
        await visit.audit("followup.flag_seen", kind="followup_flag", whose=str(flag_id))
        return Redirect("/followup/flags")

    @post("/followup/flags/<int:flag_id>/close", permission=WARD)
    async def close(self, visit: Visit, flag_id: int) -> Answer:
        """Say what was done."""
        await self._flag(visit, flag_id)
        note = visit.form.get("reason", "")
        await self.services.flags.close(flag_id, visit.user.login, note)
        await visit.audit(
            "followup.flag_closed", kind="followup_flag", whose=str(flag_id), why=note
        )
        return Redirect("/followup/flags")

    # Who is told

    @get("/followup/posts", permission=EDIT)
    async def posts(self, visit: Visit) -> Answer:
        """Whose telephones get a message, ward by ward and level by level."""
        return await self._posts(visit, None)

    @post("/followup/posts", permission=EDIT)
    async def add_post(self, visit: Visit) -> Answer:
        """Add one."""
        typed = {name: [visit.form.get(name, "").strip()[:100]] for name in NAMES}
        form = FormState(typed, language=visit.language)
        level = form.value("level")
        post_ = Post(
            campus=form.value("campus"),
            ward="" if form.value("doctor") else form.value("ward"),
            doctor=form.value("doctor"),
            level=int(level) if level in (*LEVELS, str(LEADERS)) else 0,
            who=form.value("who"),
            number=form.value("number"),
        )
        need_campus(self.services.core, visit, post_.campus, EDIT)
        try:
            await self.services.flags.put_post(post_)
        except CarelineError as error:
            problem = error_text(error, visit.language)
            form = FormState(typed, {"number": problem}, language=visit.language)
            return await self._posts(visit, form)
        await self._noted(visit, post_)
        return Redirect("/followup/posts")

    @post("/followup/posts/<int:post_id>/remove", permission=EDIT)
    async def remove_post(self, visit: Visit, post_id: int) -> Answer:
        """Tell that one no more."""
        found = [one for one in await self._seen(visit) if one.id == post_id]
        if not found:
            raise NotFound("followup.no_post", "There is no such entry.")
        await self.services.flags.remove_post(post_id)
        await self._noted(visit, found[0])
        return Redirect("/followup/posts")

    async def _noted(self, visit: Visit, post_: Post) -> None:
        whose = post_.doctor or post_.ward
        what = f"{post_.campus} {whose} {post_.level} {post_.who} {masked(post_.number)}"
        await visit.audit(
            "followup.plan_changed", kind="followup_post", whose=str(post_.id or ""), what=what
        )

    async def _seen(self, visit: Visit) -> list[Post]:
        seen = campuses_seen(self.services.core, visit, EDIT)
        found = await self.services.flags.posts()
        return [one for one in found if not seen or one.campus in seen]

    async def _untold(self, visit: Visit) -> list[tuple[str, str]]:
        return await self.services.flags.untold(visit.now - LATELY)

    async def _posts(self, visit: Visit, form: FormState | None) -> Page:
        seen = campuses_seen(self.services.core, visit, EDIT)
        values = {
            "form": form,
            "posts": await self._seen(visit),
            "untold": [one for one in await self._untold(visit) if not seen or one[0] in seen],
            "campuses": [
                one
                for one in campus_names(self.services, visit).items()
                if not seen or one[0] in seen
            ],
            "levels": _levels(visit),
            "level_title": lambda level: dict(_levels(visit)).get(level, str(level)),
            **words(self.services, visit),
        }
        return Page("followup/posts.html", values, title=TITLE, status=422 if form else 200)

    # What is shown

    async def panel(self, visit: Visit) -> Mapping[str, Any]:
        """Flags that nobody has looked after, names masked: the page has them, and is audited."""
        found = [
            evolve(one, name=masked_name(one.name))
            for one in await self._found(visit, OPEN, "", SHOWN + 1)
        ]
        return {"lines": found[:SHOWN], "more": len(found) > SHOWN, **words(self.services, visit)}

    async def _values(self, visit: Visit) -> dict[str, Any]:
        ward, state = visit.args.get("ward", "").strip()[:60], visit.args.get("state", "")
        states = (FlagState.CLOSED,) if state == "closed" else OPEN
        found = await self._found(visit, states, ward, 200)
        opened = sum(one.flag.state is FlagState.OPEN for one in found)
        return {
            "lines": found,
            "opened": opened,
            "ward": ward,
            "state": state,
            "may_dial": bool(visit.user.agent) and visit.may("calls.dial"),
            **words(self.services, visit),
        }

    async def _found(
        self, visit: Visit, states: Sequence[FlagState], ward: str, most: int
    ) -> list[Line]:
        seen = campuses_seen(self.services.core, visit, WARD)
        wards = (ward,) if ward else ()
        flags = await self.services.flags.listed(states, seen, wards, most=most)
        cases = await self.services.cases.several({flag.case for flag in flags})
        tasks = await self.services.tasks.several({flag.task for flag in flags})
        numbers = await self.services.tasks.first_numbers({flag.case for flag in flags})
        lines = []
        for flag in flags:
            case, task = cases[flag.case], tasks.get(flag.task)
            question, answer = self._said(flag, task, visit.language)
            about = (case.name, case.bed, case.doctor, case.diagnosis, question, answer)
            number = "" if case.died else numbers.get(flag.case, "")
            lines.append(Line(flag, *about, number, flag.patient))
        return lines

    def _said(self, flag: Flag, task: Task | None, language: str) -> tuple[str, str]:
        """The question and its answer in the version that was asked; empty when it is gone."""
        surveys = self.services.surveys
        survey = surveys.version(task.questionnaire, task.version) if task else None
        question = survey.question(flag.question) if survey else None
        if question is None:
            return "", ""
        return question.read_as(language), question.label(flag.value, language)

    async def _flag(self, visit: Visit, flag_id: int) -> Flag:
        return need_flag(self.services.core, visit, await self.services.flags.get(flag_id))


def _levels(visit: Visit) -> list[tuple[int, str]]:
    above = [(int(one), visit._("level {level}", level=one)) for one in LEVELS[1:]]
    late = (LEADERS, visit._("each morning, of what is overdue"))
    return [(0, visit._("at once")), *above, late]
