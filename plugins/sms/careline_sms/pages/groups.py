"""``/sms/groups``: messages to many, from a search, a list or the address book, with approval."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from careline.auth.model import NOBODY, Subject
from careline.errors import CarelineError, Invalid, NotFound
from careline.i18n import Text, error_text
from careline.patients.criteria import criteria_of
from careline.web import Answer, FormState, Fragment, Page, Redirect, Visit, get, post
from careline_sms.book.store import list_contacts, list_labels
from careline_sms.groups.model import Group, GroupState, Member
from careline_sms.groups.recipients import SHOWN, Chosen, of_list, of_patients
from careline_sms.groups.service import Groups, due_of, filled
from careline_sms.model import State, Wanted
from careline_sms.occasions.words import hospital
from careline_sms.pages import words
from careline_sms.pages.eyes import APPROVE, GROUP, VIEW
from careline_sms.services import Services
from careline_sms.templating.model import Preview

TITLE = Text("Group messages")
MOST = 50
#: Patients of one search; more of them are a list.
MOST_FOUND = 5000
LARGEST_LIST = 4_000_000
#: How those who get it are chosen.
PATIENTS, LIST, CONTACTS = "patients", "list", "book"
SEARCHES = ("text", "tag", "born", "category", "insurance")
FIELDS = ("title", "template", "language", "words", "due", "who", "lines", "label", "campus")
DEEDS = {
    "approved": "sms.group_approved",
    "refused": "sms.group_refused",
    "withdrawn": "sms.group_withdrawn",
}


@frozen
class GroupPages:
    """Routes of group messages."""

    services: Services
    groups: Groups

    @get("/sms/groups", permission=GROUP)
    async def listed(self, visit: Visit) -> Answer:
        """All of them, the newest first."""
        page = visit.page_number()
        seen = [one for one, _ in self._campuses(visit)]
        login = visit.user.login
        found = await self.groups.listed(seen, login, (page - 1) * MOST, MOST + 1)
        values = {
            "groups": found[:MOST],
            "page": page,
            "pages": page + 1 if len(found) > MOST else page,
            "states": words.GROUP_STATES,
        }
        return Page("sms/groups.html", values, title=TITLE)

    @get("/sms/groups/new", permission=GROUP)
    async def new(self, visit: Visit) -> Answer:
        """An empty form."""
        return await self._form(visit, FormState.of(None, visit.language, who=PATIENTS))

    async def _form(
        self, visit: Visit, form: FormState, chosen: Chosen | None = None, sample: str = ""
    ) -> Answer:
        values = {
            "form": form,
            "chosen": chosen,
            "shown": SHOWN,
            "sample": self._preview(sample, form.value("campus")) if sample else None,
            "labels": [(one, one) for one in await self.services.core.db.run(list_labels)],
            **self._words(visit, form),
        }
        status = 422 if form.errors or form.general else 200
        return Page("sms/group_new.html", values, title=TITLE, status=status)

    def _campuses(self, visit: Visit) -> list[tuple[str, str]]:
        """Campuses for which the visitor may write, with titles; first the whole house."""
        known = self.services.core.campuses.directory.campuses.values()
        house = [("", visit._("the whole hospital"))] if visit.may(GROUP, NOBODY) else []
        mine = [(one.id, one.title) for one in known if visit.may(GROUP, Subject(campus=one.id))]
        return house + mine

    def _campus(self, visit: Visit, form: FormState) -> str:
        """The one that signs; Refused for another's."""
        allowed = [one for one, _ in self._campuses(visit)]
        campus = form.value("campus")
        if campus not in allowed and not campus and allowed:
            return allowed[0]
        visit.need(GROUP, Subject(campus=campus))
        return campus

    def _words(self, visit: Visit, form: FormState) -> dict[str, Any]:
        known = {one.name: one for one in self.services.templates.all}
        template = known.get(form.value("template"))
        language = form.value("language") or "zh"
        text = template.text(language) if template else ""
        names = self.services.templates.variables(text)
        return {
            "templates": [("", visit._("free text"))]
            + [(one.name, visit.text(Text(one.title))) for one in known.values()],
            "free": template is None,
            "template_text": text,
            "variables": tuple(one for one in names if one != "name"),
            "values": {"hospital": self._hospital(form.value("campus"), language)},
            "campuses": self._campuses(visit),
            "variable": words.variable,
            "money": words.money,
        }

    def _hospital(self, campus: str, language: str) -> str:
        campus = campus or next(iter(self.services.core.campuses.directory.campuses), "")
        return hospital(self.services.core, self.services.config, campus, language)

    def _preview(self, text: str, campus: str) -> Preview:
        return self.services.templates.preview(text, campus=campus)

    @post("/sms/groups/words", permission=GROUP)
    async def words(self, visit: Visit) -> Answer:
        """The fields of another template."""
        form = _typed(visit)
        return Fragment("sms/group_words.html", {"form": form, **self._words(visit, form)})

    @post("/sms/groups", permission=GROUP)
    async def write(self, visit: Visit) -> Answer:
        """Look who gets it, or put it up for approval."""
        form = _typed(visit)
        chosen: Chosen | None = None
        try:
            group = self._group(visit, form)
            chosen = await self._chosen(visit, form)
            if visit.form.get("look"):
                first = chosen.members[0] if chosen.members else None
                sample = self.groups.words(group, first) if first else ""
                return await self._form(visit, form, chosen, sample)
            stored = await self.groups.write(group, chosen.members)
        except CarelineError as error:
            return await self._form(visit, form.with_error(error), chosen)
        what = f"{stored.title} ({stored.count})"
        await visit.audit("sms.group", kind="sms", whose=stored.name, what=what)
        return Redirect(f"/sms/groups/{stored.id}")

    def _group(self, visit: Visit, form: FormState) -> Group:
        now = self.services.core.clock.now()
        made = self._words(visit, form)
        text = form.value("words") if made["free"] else ""
        if not form.value("title"):
            raise Invalid("sms.title", "Please fill this in.")
        if made["free"] and not text:
            raise Invalid("sms.words", "Please fill this in.")
        typed = {
            name.removeprefix("v-"): texts[0]
            for name, texts in form.typed.items()
            if name.startswith("v-") and texts and texts[0]
        }
        return Group(
            title=form.value("title"),
            text=text,
            template=form.value("template") if not made["free"] else "",
            values={**made["values"], **typed},
            language=form.value("language") or "zh",
            due=due_of(form.value("due"), visit.zone, now),
            by=visit.user.login,
            created=now,
            campus=self._campus(visit, form),
        )

    async def _chosen(self, visit: Visit, form: FormState) -> Chosen:
        who = form.value("who")
        if who == LIST:
            upload = visit.files.get("file")
            if upload is not None and upload.size:
                if upload.size > LARGEST_LIST:
                    raise Invalid("sms.file", "This file is too large.")
                return await self._of_list(upload.bytes())
            return await self._of_list(form.value("lines").encode())
        if who == CONTACTS:
            label = form.value("label")
            found = await self.services.core.db.run(list_contacts, "", label, 5000)
            return Chosen(tuple(Member(number=one.number, name=one.name) for one in found))
        visit.need("patients.view")
        criteria = criteria_of({name: form.value(f"p-{name}") for name in SEARCHES})
        if criteria.is_empty:
            raise Invalid("sms.who", "Please say which patients.")
        result = await self.services.core.patients.search(criteria, MOST_FOUND)
        if result.more:
            raise Invalid(
                "sms.who", "More than {most} patients: narrow the search.", most=MOST_FOUND
            )
        return of_patients(result.patients)

    async def _of_list(self, data: bytes) -> Chosen:
        """In a thread: thousands of numbers take seconds to read."""
        found: Chosen = await self.services.core.in_thread(of_list, data)
        return found

    # One

    @get("/sms/groups/<int:group_id>", permission=GROUP)
    async def one(self, visit: Visit, group_id: int) -> Answer:
        """A group message, who gets it and how far it is."""
        group = await self._seen(visit, group_id)
        await visit.audit("sms.looked", kind="sms", whose=group.name)
        return await self._one(visit, group)

    async def _seen(self, visit: Visit, group_id: int, permission: str = GROUP) -> Group:
        """One of the visitor's campus, or the visitor's own; NotFound for another's."""
        group = await self.groups.get(group_id)
        if group.by != visit.user.login:
            visit.need(permission, Subject(campus=group.campus))
        return group

    async def _one(self, visit: Visit, group: Group, error: str = "") -> Answer:
        seen = _sees_members(visit, group)
        members = await self.groups.members(group.id) if seen else []
        values = {
            "group": group,
            "members": members,
            "state": words.GROUP_STATES[group.state],
            "sample": self._sample(group, members),
            "counts": await self.services.messages.counts(Wanted(group=group.name)),
            "waits": await self.groups.waits(group) if group.put else (),
            "state_titles": words.STATES,
            "states": State,
            "error": error,
            "money": words.money,
            "campus": dict(self._campuses(visit)).get(group.campus, "") if group.campus else "",
            "can_decide": group.state is GroupState.WAITING
            and visit.may(APPROVE, Subject(campus=group.campus)),
            "is_own": group.by == visit.user.login,
            "can_withdraw": group.state in (GroupState.WAITING, GroupState.SENDING, GroupState.PUT),
        }
        status = 409 if error else 200
        return Page("sms/group.html", values, title=group.title, status=status)

    def _sample(self, group: Group, members: list[Member]) -> Any:
        """What the first of them gets; the bare text once all are put."""
        templates = self.services.templates
        try:
            if members:
                return self._preview(self.groups.words(group, members[0]), group.campus)
            text = group.text or templates.get(group.template).text(group.language)
            known = {one: group.values.get(one) or "［…］" for one in templates.variables(text)}
            return self._preview(filled(text, known), group.campus)
        except (Invalid, NotFound):
            return None

    @post("/sms/groups/<int:group_id>/approve", permission=APPROVE)
    async def approve(self, visit: Visit, group_id: int) -> Answer:
        """Have it sent; nobody approves their own."""
        await self._seen(visit, group_id, APPROVE)
        return await self._decided(visit, group_id, "approved")

    @post("/sms/groups/<int:group_id>/refuse", permission=APPROVE)
    async def refuse(self, visit: Visit, group_id: int) -> Answer:
        """Have it not sent."""
        await self._seen(visit, group_id, APPROVE)
        return await self._decided(visit, group_id, "refused")

    @post("/sms/groups/<int:group_id>/withdraw", permission=GROUP)
    async def withdraw(self, visit: Visit, group_id: int) -> Answer:
        """Call it back."""
        await self._seen(visit, group_id)
        return await self._decided(visit, group_id, "withdrawn")

    async def _decided(self, visit: Visit, group_id: int, what: str) -> Answer:
        login, why = visit.user.login, visit.form.get("reason", "").strip()[:200]
        try:
            if what == "approved":
                await self.groups.approve(group_id, login)
            elif what == "refused":
                await self.groups.refuse(group_id, login, why)
            else:
                await self.groups.withdraw(group_id, login)
        except CarelineError as error:
            group = await self.groups.get(group_id)
            return await self._one(visit, group, error_text(error, visit.language))
        await visit.audit(DEEDS[what], kind="sms", whose=f"group-{group_id}", why=why)
        return Redirect(f"/sms/groups/{group_id}")


def _sees_members(visit: Visit, group: Group) -> bool:
    """Its author, and whoever may see or approve for its campus."""
    whose = Subject(campus=group.campus)
    return group.by == visit.user.login or visit.may(VIEW, whose) or visit.may(APPROVE, whose)


def _typed(visit: Visit) -> FormState:
    names = (*FIELDS, *(f"p-{one}" for one in SEARCHES))
    typed = {name: [visit.form.get(name, "").strip()[:20_000]] for name in names}
    typed |= {
        name: [text.strip()[:200]]
        for name, text in visit.form.items()
        if name.startswith("v-") and len(name) < 40
    }
    return FormState(typed, language=visit.language)
