"""Addresses of ``/outreach``: refused numbers, and the decisions of a day."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, time, timedelta
from typing import Any

from attrs import frozen

from careline.errors import CarelineError, Invalid, NotFound
from careline.i18n import Text
from careline.numbers.phone import masked
from careline.outreach.listing import MEANS, SCOPES, Refusals, rows_of
from careline.outreach.model import Means, Refusal, Scope, Verdict
from careline.outreach.names import Names
from careline.outreach.reasons import REASONS, reason_of
from careline.pages.outreach.shown import VERDICT_TONES, VERDICTS, Line
from careline.spreadsheet import FORMATS, MIME, table_bytes
from careline.web import (
    Answer,
    Download,
    FormState,
    Fragment,
    Page,
    Redirect,
    Visit,
    get,
    post,
    read,
)
from careline.web.toast import toast

EDIT = "lists.edit"
TITLE = Text("Outreach")
PAGE = 50
MOST = 100_000


@frozen
class EntryForm:
    """One number; ``means`` empty is both ways."""

    number: str
    means: str = ""
    scope: str = Scope.ALL.value
    reason: str = ""


@frozen
class PasteForm:
    """Many numbers."""

    numbers: str
    means_of_all: str = ""
    reason_of_all: str = ""


def key_of(entry: Refusal) -> str:
    """Names a number in addresses, which stand in logs: without the number."""
    return hashlib.sha256(f"outreach {entry.number}".encode()).hexdigest()[:16]


class OutreachRoutes:
    """Routes of ``/outreach``."""

    def __init__(self, refusals: Refusals, names: Names) -> None:
        self._refusals = refusals
        self._names = names

    @get("/outreach", permission=EDIT)
    async def first(self, visit: Visit) -> Answer:
        """Refused numbers come first."""
        return Redirect("/outreach/refused")

    @get("/outreach/refused", permission=EDIT)
    async def show(self, visit: Visit) -> Answer:
        """The list, narrowed by the end of a number or a reason."""
        return await self._page(visit)

    @post("/outreach/refused", permission=EDIT)
    async def add(self, visit: Visit) -> Answer:
        """Put one number on the list."""
        value, form = read(visit, EntryForm)
        if value is None:
            return await self._page(visit, form=form)
        try:
            means, scope = _means(value.means), _scope(value.scope)
            number, _ = await self._refusals.put(
                value.number, means, scope, value.reason, visit.user.login
            )
        except CarelineError as error:
            return await self._page(visit, form=_beside(form, error, "number"))
        await visit.audit("outreach.refused", kind="number", whose=masked(number), why=value.reason)
        return await self._done(
            visit, Text("{number} is not contacted any more", {"number": masked(number)})
        )

    @post("/outreach/refused/paste", permission=EDIT)
    async def paste(self, visit: Visit) -> Answer:
        """Put many numbers on the list; what was not taken stays in the field, and why."""
        value, form = read(visit, PasteForm)
        if value is None:
            return await self._page(visit, pasting=form)
        why, login = value.reason_of_all, visit.user.login
        try:
            means = _means(value.means_of_all)
            done = await self._refusals.paste(value.numbers, means, Scope.ALL, why, login)
        except CarelineError as error:
            return await self._page(visit, pasting=_beside(form, error, "numbers"))
        await visit.audit("outreach.refused", kind="number", what=f"{done.added}", why=why)
        left = "\n".join(one.text for one in done.rejected)
        kept = FormState.of(
            None,
            visit.language,
            numbers=left,
            means_of_all=value.means_of_all,
            reason_of_all=why,
        )
        return await self._page(visit, pasting=kept, pasted=done)

    @post("/outreach/refused/export", permission=EDIT)
    async def export(self, visit: Visit) -> Answer:
        """The whole list with full numbers as a file; who took it along is written down."""
        form = visit.form.get("form", "csv")
        if form not in FORMATS:
            raise Invalid("outreach.form", "There is no such kind of file.")
        count, found = await self._refusals.entries("", MOST, 0)
        await visit.audit("outreach.exported", kind="number", what=f"{count}")
        body = table_bytes(rows_of(found, visit.language, visit.zone), form)
        name = f"not-contacted-{visit.now.astimezone(visit.zone):%Y-%m-%d}.{form}"
        return Download(name, MIME[form], body)

    @post("/outreach/refused/<key>/show", permission=EDIT)
    async def reveal(self, visit: Visit, key: str) -> Answer:
        """The whole number of an entry; who looked is written down."""
        entry = await self._entry(key)
        await visit.audit("number.shown", kind="number", whose=masked(entry.number))
        return Fragment("outreach/number.html", {"number": entry.number})

    @post("/outreach/refused/<key>/allow", permission=EDIT)
    async def allow(self, visit: Visit, key: str) -> Answer:
        """Contact a number again."""
        entry = await self._entry(key)
        await self._refusals.allow(entry.number)
        why = visit.form.get("reason", "")
        await visit.audit("outreach.allowed", kind="number", whose=masked(entry.number), why=why)
        text = Text("{number} may be contacted again", {"number": masked(entry.number)})
        return await self._done(visit, text)

    @get("/outreach/decisions", permission=EDIT)
    async def decisions(self, visit: Visit) -> Answer:
        """What was decided on a day, newest first, and how often for which reason."""
        day, code = _day(visit), visit.args.get("code", "")
        code = code if code in REASONS else ""
        first = datetime.combine(day, time(), visit.zone)
        last = datetime.combine(day + timedelta(days=1), time(), visit.zone)
        page = visit.page_number()
        today = await self._refusals.decided(first, last, code, PAGE, (page - 1) * PAGE)
        values = {
            "tabs": self._tabs(visit, "decisions"),
            "day": day,
            "code": code,
            "reasons": [
                {
                    "verdict": VERDICTS[verdict],
                    "tone": VERDICT_TONES[verdict],
                    "text": _general(verdict, one),
                    "code": one,
                    "count": count,
                }
                for verdict, one, count in today.reasons
            ],
            "lines": [Line(one, self._names) for one in today.found],
            "page": page,
            "pages": max(1, -(-today.count // PAGE)),
        }
        return Page("outreach/decisions.html", values, title=TITLE)

    async def _entry(self, key: str) -> Refusal:
        _, found = await self._refusals.entries("", MOST, 0)
        for entry in found:
            if key_of(entry) == key:
                return entry
        raise NotFound("outreach.unlisted", "nothing stands against contacting this number")

    async def _done(self, visit: Visit, text: Text) -> Answer:
        page = await self._page(visit)
        trigger = {"HX-Trigger": toast(visit, text)}
        return Page(page.template, page.values, title=page.title, headers=trigger)

    async def _page(
        self,
        visit: Visit,
        *,
        form: FormState | None = None,
        pasting: FormState | None = None,
        pasted: Any = None,
    ) -> Page:
        search, page = visit.args.get("q", "")[:64], visit.page_number()
        count, found = await self._refusals.entries(search, PAGE, (page - 1) * PAGE)
        wrong = (form is not None and not form.ok) or (pasting is not None and not pasting.ok)
        values = {
            "tabs": self._tabs(visit, "refused"),
            "entries": [(key_of(one), one, MEANS[one.means], SCOPES[one.scope]) for one in found],
            "page": page,
            "pages": max(1, -(-count // PAGE)),
            "search": search,
            "form": form,
            "pasting": pasting,
            "pasted": pasted,
            "means": [(one.value if one else "", visit.text(text)) for one, text in MEANS.items()],
            "scopes": [(one.value, visit.text(text)) for one, text in SCOPES.items()],
        }
        return Page("outreach/refused.html", values, title=TITLE, status=422 if wrong else 200)

    def _tabs(self, visit: Visit, current: str) -> list[dict[str, Any]]:
        named = (("refused", Text("Not contacted")), ("decisions", Text("Decisions")))
        return [
            {
                "label": visit.text(title),
                "icon": "",
                "href": f"/outreach/{name}",
                "current": name == current,
                "count": 0,
            }
            for name, title in named
        ]


def _general(verdict: Verdict, code: str) -> Text:
    """The reason without the figures of a single contact."""
    return Text(reason_of(code), {"count": "…", "most": "…", "minutes": "…", "against": "…"})


def _means(value: str) -> Means | None:
    try:
        return Means(value) if value else None
    except ValueError:
        raise Invalid("outreach.means", "Please choose from the list.") from None


def _scope(value: str) -> Scope:
    try:
        return Scope(value)
    except ValueError:
        raise Invalid("outreach.scope", "Please choose from the list.") from None


def _beside(form: FormState, error: CarelineError, field: str) -> FormState:
    """What the number's parser says belongs beside the number."""
    if error.code.startswith("phone."):
        params = {**error.params, "field": field}
        error = type(error)(error.code, error.message, problems=(), **params)
    return form.with_error(error)


def _day(visit: Visit) -> date:
    """The day asked for, else today where the visitor is."""
    try:
        day = date.fromisoformat(visit.args.get("day", ""))
    except ValueError:
        day = date.min
    today = visit.now.astimezone(visit.zone).date()
    return day if 1970 < day.year < 9000 else today
