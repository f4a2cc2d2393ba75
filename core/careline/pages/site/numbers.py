"""Called numbers: which flow answers each, by the campus's calendar."""

from __future__ import annotations

from attrs import field, frozen

from careline.campuses.service import Campuses
from careline.errors import CarelineError, NotFound
from careline.i18n import Text
from careline.ivr.routes import Dnis
from careline.ivr.store import flow_names, list_dnis, remove_dnis
from careline.pages.site.keeping import Keeping, beside
from careline.pages.site.shared import EDIT, longest, named, tabs
from careline.site.called import set_called
from careline.storage import Tx
from careline.web import Answer, FormState, Page, Visit, get, post, read

TITLE = Text("Called numbers")
PATH = "/site/numbers"


@frozen
class NumberForm:
    """What is typed of a called number."""

    number: str = field(validator=longest(32))
    campus: str
    open: str
    after_hours: str = ""
    holiday: str = ""
    title: str = field(default="", validator=longest(64))


def _read(tx: Tx) -> tuple[list[Dnis], list[str]]:
    return list_dnis(tx), list(flow_names(tx))


class NumberRoutes:
    """The page of called numbers: the list, and a form beside it."""

    def __init__(self, keeping: Keeping, campuses: Campuses) -> None:
        self._keeping = keeping
        self._campuses = campuses

    @get(PATH, permission=EDIT)
    async def all(self, visit: Visit) -> Answer:
        """All called numbers; with ``number`` one of them to be changed."""
        wanted = visit.args.get("number", "")
        form = FormState.of(None, visit.language)
        if wanted:
            entries, _ = await self._keeping.db.run(_read)
            entry = next((one for one in entries if one.number == wanted), None)
            if entry is None:
                raise NotFound(
                    "dnis.unknown", "no flow is set for calls to {number}", number=wanted
                )
            form = FormState.of(entry, visit.language)
        return await self._page(visit, form)

    @post(PATH, permission=EDIT)
    async def put(self, visit: Visit) -> Answer:
        """Store where calls to a number lead."""
        value, form = read(visit, NumberForm)
        if value is None:
            return await self._page(visit, form, 422)
        entry = Dnis(
            number=value.number,
            campus=value.campus,
            open=value.open,
            after_hours=value.after_hours,
            holiday=value.holiday,
            title=value.title,
        )
        try:
            await self._keeping.store(visit, "dnis.set", entry.number, set_called, entry)
        except CarelineError as error:
            return await self._page(visit, beside(form, error), 422)
        return await self._keeping.done(visit, PATH)

    @post("/site/numbers/remove", permission=EDIT)
    async def remove(self, visit: Visit) -> Answer:
        """Forget a called number."""
        number = visit.form.get("number", "")
        await self._keeping.store(visit, "dnis.removed", number, remove_dnis, number)
        return await self._keeping.done(visit, PATH)

    async def _page(self, visit: Visit, form: FormState, status: int = 200) -> Page:
        entries, flows = await self._keeping.db.run(_read)
        campuses = self._campuses.directory.campuses
        values = {
            "entries": entries,
            "flows": [(name, name) for name in flows],
            "campuses": named(campuses.values()),
            "titles": {one.id: one.title for one in campuses.values()},
            "form": form,
            "tabs": tabs(visit, "numbers"),
        }
        return Page("site/numbers.html", values, title=TITLE, status=status)
