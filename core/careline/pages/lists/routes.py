"""Addresses of ``/lists``: see, add, paste, show, take off."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from attrs import frozen

from careline.campuses.listing import NumberLists, Pasted
from careline.campuses.model import Listed, NumberList
from careline.errors import CarelineError, NotFound
from careline.i18n import Text
from careline.numbers.phone import masked
from careline.web import Answer, FormState, Fragment, Page, Redirect, Visit, get, post, read
from careline.web.toast import toast

EDIT = "lists.edit"
TITLE = Text("Number lists")
PAGE = 50
NAMES = {NumberList.BLOCK: Text("blocklist"), NumberList.VIP: Text("VIP list")}


@frozen
class EntryForm:
    """One number."""

    number: str
    reason: str = ""
    until: date | None = None


@frozen
class PasteForm:
    """Many numbers."""

    numbers: str
    reason_of_all: str = ""
    until_of_all: date | None = None


def key_of(entry: Listed) -> str:
    """Names an entry in addresses, which stand in logs: without its number."""
    return hashlib.sha256(f"{entry.list.value}{entry.number}".encode()).hexdigest()[:16]


class ListRoutes:
    """Routes of ``/lists``."""

    def __init__(self, lists: NumberLists) -> None:
        self._lists = lists

    @get("/lists", permission=EDIT)
    async def first(self, visit: Visit) -> Answer:
        """The blocklist comes first."""
        return Redirect("/lists/block")

    @get("/lists/<kind>", permission=EDIT)
    async def show(self, visit: Visit, kind: str) -> Answer:
        """One list, narrowed by the end of a number or a reason."""
        return self._page(visit, _kind(kind))

    @post("/lists/<kind>", permission=EDIT)
    async def add(self, visit: Visit, kind: str) -> Answer:
        """Put one number on the list."""
        chosen = _kind(kind)
        value, form = read(visit, EntryForm)
        if value is None:
            return self._page(visit, chosen, form=form)
        try:
            until = _end_of(value.until, visit)
            entry = await self._lists.put(
                chosen, value.number, value.reason, until, visit.user.login
            )
        except CarelineError as error:
            return self._page(visit, chosen, form=_beside(form, error, "number"))
        await visit.audit("number.listed", kind=kind, whose=masked(entry.number), why=entry.reason)
        return self._done(
            visit, chosen, Text("{number} is on the list", {"number": masked(entry.number)})
        )

    @post("/lists/<kind>/paste", permission=EDIT)
    async def paste(self, visit: Visit, kind: str) -> Answer:
        """Put many numbers on the list; what was not taken stays in the field, and why."""
        chosen = _kind(kind)
        value, form = read(visit, PasteForm)
        if value is None:
            return self._page(visit, chosen, pasting=form)
        try:
            until = _end_of(value.until_of_all, visit)
            done = await self._lists.paste(
                chosen, value.numbers, value.reason_of_all, until, visit.user.login
            )
        except CarelineError as error:
            return self._page(visit, chosen, pasting=_beside(form, error, "numbers"))
        what = f"{done.added} + {done.changed}"
        await visit.audit("number.listed", kind=kind, what=what, why=value.reason_of_all)
        left = "\n".join(one.text for one in done.rejected)
        kept = FormState.of(
            None,
            visit.language,
            numbers=left,
            reason_of_all=value.reason_of_all,
            until_of_all=value.until_of_all,
        )
        return self._page(visit, chosen, pasting=kept, pasted=done)

    @post("/lists/<kind>/<key>/show", permission=EDIT)
    async def reveal(self, visit: Visit, kind: str, key: str) -> Answer:
        """The whole number of an entry; who looked is written down."""
        entry = self._entry(_kind(kind), key)
        await visit.audit("number.shown", kind=kind, whose=masked(entry.number))
        return Fragment("lists/number.html", {"entry": entry})

    @post("/lists/<kind>/<key>/remove", permission=EDIT)
    async def remove(self, visit: Visit, kind: str, key: str) -> Answer:
        """Take a number off the list."""
        chosen = _kind(kind)
        entry = self._entry(chosen, key)
        await self._lists.remove(chosen, entry.number)
        why = visit.form.get("reason", "")
        await visit.audit("number.unlisted", kind=kind, whose=masked(entry.number), why=why)
        return self._done(
            visit, chosen, Text("{number} is off the list", {"number": masked(entry.number)})
        )

    def _entry(self, kind: NumberList, key: str) -> Listed:
        for entry in self._lists.entries(kind, over=True):
            if key_of(entry) == key:
                return entry
        raise NotFound("listed.unknown", "this number is not on the list")

    def _done(self, visit: Visit, kind: NumberList, text: Text) -> Answer:
        page = self._page(visit, kind)
        trigger = {"HX-Trigger": toast(visit, text)}
        return Page(page.template, page.values, title=page.title, headers=trigger)

    def _page(
        self,
        visit: Visit,
        kind: NumberList,
        *,
        form: FormState | None = None,
        pasting: FormState | None = None,
        pasted: Pasted | None = None,
    ) -> Page:
        search, over = visit.args.get("q", "")[:64], "over" in visit.args
        found = self._lists.entries(kind, search, over=over)
        page = visit.page_number()
        wrong = (form is not None and not form.ok) or (pasting is not None and not pasting.ok)
        values: dict[str, Any] = {
            "kind": kind.value,
            "tabs": self._tabs(visit, kind),
            "entries": [(key_of(one), one) for one in _slice(found, page)],
            "count": len(found),
            "page": page,
            "pages": max(1, -(-len(found) // PAGE)),
            "search": search,
            "over": over,
            "form": form,
            "pasting": pasting,
            "pasted": pasted,
        }
        return Page("lists/lists.html", values, title=TITLE, status=422 if wrong else 200)

    def _tabs(self, visit: Visit, kind: NumberList) -> list[dict[str, Any]]:
        return [
            {
                "label": visit.text(name),
                "icon": "",
                "href": f"/lists/{one.value}",
                "current": one is kind,
                "count": len(self._lists.entries(one)),
            }
            for one, name in NAMES.items()
        ]


def _kind(name: str) -> NumberList:
    try:
        return NumberList(name)
    except ValueError:
        raise NotFound("listed.list", "There is no such list.") from None


def _beside(form: FormState, error: CarelineError, field: str) -> FormState:
    """What the number's parser says belongs beside the number."""
    if error.code.startswith("phone."):
        params = {**error.params, "field": field}
        error = type(error)(error.code, error.message, problems=(), **params)
    return form.with_error(error)


def _end_of(day: date | None, visit: Visit) -> datetime | None:
    """The end of the last day on which the entry counts."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=1), time(), visit.zone)


def _slice(found: Sequence[Listed], page: int) -> Sequence[Listed]:
    return found[(page - 1) * PAGE : page * PAGE]
