"""Searching the audit log, and exporting what was found; both are written down in it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from careline.audit.model import Search
from careline.audit.service import Audit
from careline.errors import Invalid
from careline.i18n import Text
from careline.spreadsheet import MIME
from careline.web import Answer, Download, FormState, Page, Visit, get, post

TITLE = Text("Audit log")
FIELDS = ("since", "until", "actor", "act", "kind", "whose", "text")


class AuditRoutes:
    """The page of the audit log."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    @get("/audit", permission="audit.view")
    async def search(self, visit: Visit) -> Answer:
        """What fits, newest first, a hundred lines a page."""
        form, wanted = self._wanted(visit)
        if wanted is None:
            return await self._page(visit, form, status=422)
        return await self._page(visit, form, wanted)

    async def _page(
        self, visit: Visit, form: FormState, wanted: Search | None = None, status: int = 200
    ) -> Answer:
        title_of, kind_of = self._audit.title_of, self._audit.kind_of
        acts, kinds = await self._audit.choices()
        found = await self._audit.search(wanted) if wanted else None
        entries = found.entries if found else ()
        typed = {name: form.value(name) for name in FIELDS if form.value(name)}
        older = {**typed, "before": str(entries[-1].id)} if found and found.more else {}
        values = {
            "form": form,
            "entries": entries,
            "title_of": title_of,
            "kind_of": kind_of,
            "typed": typed,
            "older": f"/audit?{urlencode(older)}" if older else "",
            "newest": f"/audit?{urlencode(typed)}" if "before" in visit.args else "",
            "acts": [("", "–"), *((act, visit.text(title_of(act))) for act in acts)],
            "kinds": [("", "–"), *((kind, visit.text(kind_of(kind))) for kind in kinds if kind)],
        }
        return Page("audit/audit.html", values, title=TITLE, status=status)

    @post("/audit/export", permission="audit.view", timeout=120.0)
    async def export(self, visit: Visit) -> Answer:
        """All that fits as a file; that somebody took it along is a line of its own."""
        _form, wanted = self._wanted(visit, visit.form)
        if wanted is None:
            raise Invalid("audit.since", "Please give a date such as 2026-12-03.")
        form = visit.form.get("form", "csv")
        body = await self._audit.export(wanted, form, visit.zone, visit.language)
        what = "; ".join(f"{name}: {visit.form[name]}" for name in FIELDS if visit.form.get(name))
        await visit.audit("audit.exported", kind="audit", what=f"{form}; {what}")
        name = f"audit-{visit.now.astimezone(visit.zone):%Y-%m-%d}.{form}"
        return Download(name, MIME[form], body)

    def _wanted(self, visit: Visit, typed: object = None) -> tuple[FormState, Search | None]:
        """What is looked for, None when a date is none."""
        args = visit.form if typed is not None else visit.args
        form = FormState(
            {name: [args.get(name, "")[:200]] for name in FIELDS}, language=visit.language
        )
        try:
            since, until = (_day(form.value(name), name) for name in ("since", "until"))
        except Invalid as error:
            return form.with_error(error), None
        before = args.get("before", "")
        return form, Search(
            since=_midnight(visit, since),
            until=_midnight(visit, until + timedelta(days=1)) if until else None,
            actor=form.value("actor").strip(),
            act=form.value("act"),
            kind=form.value("kind"),
            whose=form.value("whose").strip(),
            text=form.value("text").strip(),
            before=int(before) if before.isascii() and before.isdigit() and len(before) < 18 else 0,
        )


def _day(text: str, name: str) -> date | None:
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        found = date.max
    if found is not None and not 1970 < found.year < 9000:
        raise Invalid(f"audit.{name}", "Please give a date such as 2026-12-03.")
    return found


def _midnight(visit: Visit, day: date | None) -> datetime | None:
    """The begin of a day where the visitor is."""
    return datetime.combine(day, time(), visit.zone) if day else None
