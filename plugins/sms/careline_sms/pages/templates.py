"""``/sms/templates``: texts with variables, their versions, and approval by another person."""

from __future__ import annotations

import re
from typing import Any

from attrs import evolve, field, frozen
from attrs.validators import matches_re, max_len

from careline.errors import CarelineError, NotFound
from careline.i18n import Text, error_text
from careline.web import Answer, FormState, Fragment, Page, Redirect, Visit, get, post, read
from careline_sms.model import LONGEST_TEXT
from careline_sms.occasions.words import CANCEL
from careline_sms.pages import words
from careline_sms.pages.eyes import APPROVE, TEMPLATES, VIEW
from careline_sms.services import Services
from careline_sms.templating.model import Preview, Template, TemplateState

TITLE = Text("Message templates")
NAME = r"[a-z][a-z0-9-]{0,47}"
SAMPLES = {
    "name": ("张三", "Zhang San"),
    "hospital": ("市第一医院", "the City Hospital"),
    "clinic": ("心血管内科 单小明", "Cardiology, Dr Shan"),
    "campus": ("总院", "Main Campus"),
    "when": ("11月24日（周二）09:00", "Tue 24 Nov, 09:00"),
    "place": ("门诊楼3层", "Building A, floor 3"),
    "until": ("11月23日（周一）18:00", "Mon 23 Nov, 18:00"),
    "number": ("7", "7"),
    "cancel": CANCEL,
    "reason": ("停诊原因：医生外出公务。", "Reason: the doctor is away on duty."),
    "link": ("https://example.cn/f/abc", "https://example.cn/f/abc"),
}
"""What variables are shown with."""
DEEDS = {"approved": "sms.template_approved", "rejected": "sms.template_rejected"}


@frozen(kw_only=True)
class TemplateForm:
    """What is typed of a template."""

    title: str = field(validator=max_len(120))
    purpose: str = field(default="notice", validator=max_len(32))
    zh: str = field(default="", validator=max_len(LONGEST_TEXT))
    en: str = field(default="", validator=max_len(LONGEST_TEXT))


@frozen(kw_only=True)
class NewForm:
    """What a new one is called."""

    name: str = field(validator=matches_re(NAME))
    title: str = field(validator=max_len(120))


@frozen
class TemplatePages:
    """Routes of templates."""

    services: Services

    @get("/sms/templates", permission=VIEW)
    async def listed(self, visit: Visit) -> Answer:
        """All of them."""
        return await self._list(visit, None)

    async def _list(self, visit: Visit, form: FormState | None) -> Answer:
        values = {
            "form": form,
            "templates": await self.services.templates.newest(),
            "states": words.TEMPLATE_STATES,
            "purpose": words.purpose,
            "title_of": lambda one: visit.text(Text(one.title)),
        }
        status = 422 if form is not None else 200
        return Page("sms/templates.html", values, title=TITLE, status=status)

    @post("/sms/templates", permission=TEMPLATES)
    async def new(self, visit: Visit) -> Answer:
        """A new one, empty."""
        value, form = read(visit, NewForm)
        if value is None:
            return await self._list(visit, form)
        made = Template(name=value.name, title=value.title, purpose="notice", zh="{name}您好，")
        try:
            await self.services.templates.versions(value.name)
        except NotFound:
            await self.services.templates.save(made, visit.user.login)
        await visit.audit("sms.template", kind="sms_template", whose=value.name)
        return Redirect(f"/sms/templates/{value.name}")

    @get("/sms/templates/<name>", permission=VIEW)
    async def one(self, visit: Visit, name: str) -> Answer:
        """Its newest version, to be changed, and the earlier ones."""
        return await self._one(visit, name, None)

    async def _one(
        self, visit: Visit, name: str, form: FormState | None, error: str = ""
    ) -> Answer:
        if not re.fullmatch(NAME, name):
            raise NotFound("sms.template_unknown", "there is no template {name}", name=name)
        versions = await self.services.templates.versions(name)
        newest = versions[0]
        title = visit.text(Text(newest.title))
        values = {
            "form": form or FormState.of(newest, visit.language, title=title),
            "newest": newest,
            "title": title,
            "versions": versions,
            "state": words.TEMPLATE_STATES[newest.state],
            "states": words.TEMPLATE_STATES,
            "purposes": [(one, visit.text(text)) for one, text in words.PURPOSES.items()],
            "variables": self._variables(newest),
            "error": error,
            "may_edit": visit.may(TEMPLATES),
            "may_approve": visit.may(APPROVE) and newest.state is TemplateState.SUBMITTED,
            "is_own": newest.by == visit.user.login,
            "is_draft": newest.state is TemplateState.DRAFT,
            "money": words.money,
            **self._previews(newest.zh, newest.en),
        }
        status = 422 if form is not None else (409 if error else 200)
        return Page("sms/template.html", values, title=title, status=status)

    def _variables(self, template: Template) -> list[tuple[str, Text]]:
        names = self.services.templates.variables(f"{template.zh} {template.en}")
        return [(one, words.variable(one)) for one in names]

    def _previews(self, zh: str, en: str) -> dict[str, Preview | None]:
        """Both languages with made-up values."""
        return {"zh": self._preview(zh, 0), "en": self._preview(en, 1)}

    def _preview(self, text: str, at: int) -> Preview | None:
        if not text.strip():
            return None
        names = self.services.templates.variables(text)
        values = {one: SAMPLES[one][at] if one in SAMPLES else f"［{one}］" for one in names}
        return self.services.templates.preview(text, values)

    @post("/sms/templates/preview", permission=VIEW)
    async def preview(self, visit: Visit) -> Answer:
        """As it is typed."""
        texts = [visit.form.get(one, "")[:LONGEST_TEXT] for one in ("zh", "en")]
        values = {"money": words.money, **self._previews(*texts)}
        return Fragment("sms/template_preview.html", values)

    @post("/sms/templates/<name>", permission=TEMPLATES)
    async def save(self, visit: Visit, name: str) -> Answer:
        """Store the draft; with ``submit`` ask for its approval."""
        value, form = read(visit, TemplateForm)
        if value is None:
            return await self._one(visit, name, form)
        newest = (await self.services.templates.versions(name))[0]
        shown = visit.text(Text(newest.title))
        title = newest.title if value.title == shown else value.title
        draft = evolve(newest, title=title, purpose=value.purpose, zh=value.zh, en=value.en)
        try:
            await self.services.templates.save(draft, visit.user.login)
            if visit.form.get("submit"):
                await self.services.templates.submit(name, visit.user.login)
        except CarelineError as error:
            return await self._one(visit, name, form.with_error(error))
        await visit.audit("sms.template", kind="sms_template", whose=name)
        return Redirect(f"/sms/templates/{name}")

    @post("/sms/templates/<name>/approve", permission=APPROVE)
    async def approve(self, visit: Visit, name: str) -> Answer:
        """Use it from now on; nobody approves their own."""
        return await self._decide(visit, name, self.services.templates.approve, "approved")

    @post("/sms/templates/<name>/reject", permission=APPROVE)
    async def reject(self, visit: Visit, name: str) -> Answer:
        """Give it back to whoever wrote it."""
        return await self._decide(visit, name, self.services.templates.reject, "rejected")

    async def _decide(self, visit: Visit, name: str, decide: Any, what: str) -> Answer:
        try:
            await decide(name, visit.user.login)
        except CarelineError as error:
            return await self._one(visit, name, None, error_text(error, visit.language))
        await visit.audit(DEEDS[what], kind="sms_template", whose=name)
        return Redirect(f"/sms/templates/{name}")
