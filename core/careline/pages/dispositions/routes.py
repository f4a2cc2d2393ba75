"""The tree of dispositions: shown whole, one entry edited beside it."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen
from attrs.validators import matches_re, max_len

from careline.clock import Clock
from careline.dispositions.model import Disposition
from careline.dispositions.service import Dispositions
from careline.errors import CarelineError, NotFound
from careline.i18n import Text
from careline.web import Answer, FormState, Page, Visit, get, post, read
from careline.web.toast import toast

EDIT = "dispositions.edit"


@frozen(kw_only=True)
class EntryForm:
    """One entry as it is typed."""

    title: str = field(validator=max_len(64))
    title_en: str = field(default="", validator=max_len(64))
    parent: str = ""
    position: int = 0
    active: bool = False


@frozen(kw_only=True)
class NewForm(EntryForm):
    """A new one, with its code."""

    code: str = field(validator=matches_re(r"[a-z0-9][a-z0-9-]{0,31}"))


@frozen
class DispositionRoutes:
    """Everything under /dispositions."""

    dispositions: Dispositions
    clock: Clock

    @get("/dispositions", permission=EDIT)
    async def show(self, visit: Visit) -> Answer:
        """The tree, and a form for a new entry or for the one named by ``code``."""
        code = visit.args.get("code", "")
        entry = self._entry(code) if code else None
        new = {"active": True, "parent": visit.args.get("below", "")}
        form = FormState.of(entry, visit.language, **({} if entry else new))
        return self._page(visit, form, entry)

    def _entry(self, code: str) -> Disposition:
        entry = self.dispositions.tree.get(code)
        if entry is None:
            raise NotFound("disposition.unknown", "there is no disposition {code}", code=code)
        return entry

    def _page(
        self, visit: Visit, form: FormState, entry: Disposition | None, status: int = 200
    ) -> Page:
        tree = self.dispositions.tree
        values: dict[str, Any] = {
            "tree": tree,
            "rows": [(one, len(tree.line(one.code)) - 1) for one in tree.all],
            "form": form,
            "entry": entry,
        }
        title = visit._("Dispositions")
        return Page("dispositions/tree.html", values, status=status, title=title)

    @post("/dispositions/new", permission=EDIT)
    async def add(self, visit: Visit) -> Answer:
        """A new entry."""
        value, form = read(visit, NewForm)
        if value is None:
            return self._page(visit, form, None, 422)
        entry = Disposition(
            code=value.code,
            parent=value.parent,
            title=value.title,
            title_en=value.title_en,
            position=value.position,
            active=value.active,
            since=self.clock.now(),
        )
        try:
            await self.dispositions.add(entry)
        except CarelineError as error:
            return self._page(visit, form.with_error(error), None, 422)
        await visit.audit("disposition.add", kind="disposition", whose=value.code, what=value.title)
        return self._done(visit, Text("The disposition is there."))

    @post("/dispositions/<code>", permission=EDIT)
    async def change(self, visit: Visit, code: str) -> Answer:
        """Another version of an entry; records keep what it meant until now."""
        entry = self._entry(code)
        value, form = read(visit, EntryForm)
        if value is None:
            return self._page(visit, form, entry, 422)
        try:
            await self.dispositions.change(
                code,
                title=value.title,
                title_en=value.title_en,
                parent=value.parent,
                position=value.position,
                active=value.active,
            )
        except CarelineError as error:
            return self._page(visit, form.with_error(error), entry, 422)
        await visit.audit("disposition.change", kind="disposition", whose=code, what=value.title)
        return self._done(
            visit, Text("The disposition is changed; older records keep its old name.")
        )

    def _done(self, visit: Visit, text: Text) -> Answer:
        form = FormState.of(None, visit.language, active=True)
        page = self._page(visit, form, None)
        return Page(
            page.template,
            page.values,
            title=visit._("Dispositions"),
            headers={"HX-Trigger": toast(visit, text), "HX-Replace-Url": "/dispositions"},
        )
