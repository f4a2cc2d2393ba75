"""Plans: who is asked what, on which days and by which ways."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from careline.errors import CarelineError, Invalid
from careline.i18n import Text
from careline.queues.store import list_queues
from careline.web import Answer, FormState, Page, Redirect, Visit, get, post
from careline_followup.pages.eyes import EDIT, need_plan
from careline_followup.pages.words import campus_names, words
from careline_followup.plans.model import Last, Plan, PlanKind, Step, Way
from careline_followup.services import Services
from careline_followup.tasks.model import WAY_TITLES

TITLE = Text("Follow-up plans")
KINDS: Mapping[PlanKind, Text] = {
    PlanKind.GENERAL: Text("everybody"),
    PlanKind.DEPARTMENT: Text("department"),
    PlanKind.DISEASE: Text("disease"),
    PlanKind.BEFORE: Text("before an operation"),
    PlanKind.AFTER: Text("after an operation"),
}
LASTS: Mapping[Last, Text] = {
    Last.UNREACHABLE: Text("it ends as not reached"),
    Last.WARD: Text("it is handed to the ward"),
}
LISTS = ("departments", "wards", "diagnoses", "operations")
TEXTS = ("name", "title", "title_en", "kind", "questionnaire", "queue", "last")
NUMBERS = {"message_hours": 24, "flag_minutes": 0, "order": 100}
WAYS = ("way1", "way2", "way3")
KEPT_DAYS = 3


@frozen
class PlanPages:
    """Routes of plans."""

    services: Services

    @get("/followup/plans", permission=EDIT)
    async def listed(self, visit: Visit) -> Answer:
        """All plans in the order in which they are looked at."""
        return self._list(visit)

    @get("/followup/plans/new", permission=EDIT)
    async def new(self, visit: Visit) -> Answer:
        """An empty form."""
        return await self._page(visit, _form_of(Plan(name="new", title="-"), visit, new=True), None)

    @get("/followup/plans/<name>", permission=EDIT)
    async def plan(self, visit: Visit, name: str) -> Answer:
        """One plan to be changed."""
        found = self.services.plans.get(name)
        return await self._page(visit, _form_of(found, visit), found)

    @post("/followup/plans", permission=EDIT)
    async def add(self, visit: Visit) -> Answer:
        """A new plan."""
        return await self._save(visit, None)

    @post("/followup/plans/<name>", permission=EDIT)
    async def save(self, visit: Visit, name: str) -> Answer:
        """Change a plan; what its tasks do next is by the new one."""
        return await self._save(visit, self.services.plans.get(name))

    @post("/followup/plans/<name>/remove", permission=EDIT)
    async def remove(self, visit: Visit, name: str) -> Answer:
        """Take nobody on by it any more."""
        need_plan(self.services.core, visit, self.services.plans.get(name))
        await self.services.plans.remove(name, visit.user.login)
        await visit.audit("followup.plan_changed", kind="followup_plan", whose=name)
        return Redirect("/followup/plans")

    def _list(self, visit: Visit) -> Page:
        values = {
            "plans": self.services.plans.all(),
            "kinds": {kind: visit.text(title) for kind, title in KINDS.items()},
            "survey_title": lambda name: self._survey_title(name, visit.language),
            **words(self.services, visit),
        }
        return Page("followup/plans.html", values, title=TITLE)

    def _survey_title(self, name: str, language: str) -> str:
        survey = self.services.surveys.newest(name) if name else None
        return survey.title.to(language) if survey else name or "–"

    async def _save(self, visit: Visit, before: Plan | None) -> Answer:
        form = _typed(visit)
        try:
            plan = _plan_of(visit, before)
            for one in filter(None, (before, plan)):
                need_plan(self.services.core, visit, one)
            if before is None and self.services.plans.find(plan.name):
                raise Invalid("followup.name", "There is a plan of this name.")
            await self.services.plans.save(plan, visit.user.login)
        except CarelineError as error:
            return await self._page(visit, form.with_error(error), before, 422)
        except ValueError as error:
            wrong = Invalid("followup.value", "This is not possible: {problem}", problem=error)
            return await self._page(visit, form.with_error(wrong), before, 422)
        await visit.audit("followup.plan_changed", kind="followup_plan", whose=plan.name)
        return Redirect("/followup/plans")

    async def _page(
        self, visit: Visit, form: FormState, plan: Plan | None, status: int = 200
    ) -> Page:
        surveys = self.services.surveys
        published = [one for name in surveys.names() if (one := surveys.newest(name))]
        ways = [(one.value, visit.text(WAY_TITLES[one])) for one in Way if one is not Way.WARD]
        values = {
            "form": form,
            "plan": plan,
            "kinds": [(kind.value, visit.text(title)) for kind, title in KINDS.items()],
            "lasts": [(one.value, visit.text(title)) for one, title in LASTS.items()],
            "surveys": [(one.name, one.title.to(visit.language)) for one in published],
            "ways": [("", "–"), *ways],
            "queues": await self._queues(visit, plan),
            "campuses": list(campus_names(self.services, visit).items()),
        }
        return Page("followup/plan.html", values, title=TITLE, status=status)

    async def _queues(self, visit: Visit, plan: Plan | None) -> list[tuple[str, str]]:
        """Queues by name, the configuration's first; one that is gone stays with its plan."""
        found = await self.services.core.db.run(list_queues)
        english = visit.language == "en"
        titles = {one.id: (english and one.title_en) or one.title for one in found}
        usual = self.services.config.queue
        first = visit._("as configured: {queue}", queue=titles.get(usual, usual))
        if plan and plan.queue and plan.queue not in titles:
            titles[plan.queue] = visit._("{queue} (not there any more)", queue=plan.queue)
        return [("", first), *titles.items()]


def _typed(visit: Visit) -> FormState:
    names = (*TEXTS, *LISTS, *NUMBERS, *WAYS, "days", "keep", "enabled", "beside")
    typed: dict[str, Sequence[str]] = {name: [visit.form.get(name, "")[:1000]] for name in names}
    typed["campuses"] = visit.form_list("campuses")
    return FormState(typed, language=visit.language)


def _form_of(plan: Plan, visit: Visit, new: bool = False) -> FormState:
    ways = [one.value for one in plan.ways] + ["", "", ""]
    typed: dict[str, Sequence[str]] = {
        "name": [] if new else [plan.name],
        "title": [] if new else [plan.title],
        "title_en": [plan.title_en],
        "kind": [plan.kind.value],
        "questionnaire": [plan.questionnaire],
        "queue": [plan.queue],
        "last": [plan.last.value],
        "days": [", ".join(str(one.days) for one in plan.steps)],
        "keep": [", ".join(str(one.keep_days) for one in plan.steps)],
        "enabled": ["1"] if plan.enabled else [],
        "beside": ["1"] if plan.beside else [],
        "campuses": plan.campuses,
        **{name: ["、".join(getattr(plan, name))] for name in LISTS},
        **{name: [str(getattr(plan, name))] for name in NUMBERS},
        **{name: [ways[place]] for place, name in enumerate(WAYS)},
    }
    return FormState(typed, language=visit.language)


def _plan_of(visit: Visit, before: Plan | None) -> Plan:
    get_ = visit.form.get
    values: dict[str, Any] = {name: _words(get_(name, "")) for name in LISTS}
    values |= {name: _number(get_(name, ""), usual) for name, usual in NUMBERS.items()}
    return Plan(
        name=before.name if before else get_("name", "").strip(),
        title=get_("title", "").strip(),
        title_en=get_("title_en", "").strip(),
        kind=PlanKind(get_("kind", "")),
        campuses=tuple(visit.form_list("campuses")),
        questionnaire=get_("questionnaire", ""),
        steps=_steps(get_("days", ""), get_("keep", "")),
        ways=tuple(Way(one) for name in WAYS if (one := get_(name, ""))),
        last=Last(get_("last", "")),
        flow=before.flow if before else "",
        queue=get_("queue", "").strip(),
        beside=get_("beside") == "1",
        enabled=get_("enabled") == "1",
        **values,
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (one.strip() for one in re.split(r"[,，、;；\n]", text))))


def _number(text: str, usual: int) -> int:
    return int(text) if re.fullmatch(r"-?[0-9]{1,6}", text.strip()) else usual


def _steps(days: str, keep: str) -> tuple[Step, ...]:
    """``3, 30`` and ``4, 7``: the last one of ``keep`` holds for those behind it."""
    kept = [_number(one, KEPT_DAYS) for one in _words(keep)] or [KEPT_DAYS]
    found = []
    for place, text in enumerate(_words(days)):
        if not re.fullmatch(r"-?[0-9]{1,3}", text):
            raise Invalid("followup.days", "Days are numbers, as 3, 30, 90.")
        found.append(Step(days=int(text), keep_days=kept[min(place, len(kept) - 1)]))
    return tuple(found)
