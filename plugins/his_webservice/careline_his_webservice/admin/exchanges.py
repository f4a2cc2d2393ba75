"""``/his/exchanges``: what was said with the hospitals' systems, masked; each look is audited."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from careline.errors import Invalid, NotFound
from careline.i18n import Text
from careline.plugins import Core
from careline.web import Answer, FormState, Page, Visit, get
from careline_his_webservice import store
from careline_his_webservice.admin.tabs import EXCHANGES, tabs
from careline_his_webservice.calling.model import Kept, Outcome, Wanted
from careline_his_webservice.campuses import Campuses

ADMIN = "his_webservice.admin"
TITLE = Text("Exchanges with hospital systems")
FIELDS = ("campus", "what", "outcome", "since", "until")
OUTCOMES = {
    Outcome.DONE: Text("answered"),
    Outcome.REFUSED: Text("said no"),
    Outcome.LATE: Text("too late"),
    Outcome.UNREACHABLE: Text("not reached"),
    Outcome.WRONG: Text("not understood"),
}
TONES = {
    Outcome.DONE: "good",
    Outcome.REFUSED: "info",
    Outcome.LATE: "warn",
    Outcome.UNREACHABLE: "bad",
    Outcome.WRONG: "bad",
}


class ExchangePages:
    """Routes of ``/his/exchanges``."""

    def __init__(self, core: Core, campuses: Campuses) -> None:
        self._core = core
        self._campuses = campuses

    @get("/his/exchanges", permission=ADMIN)
    async def search(self, visit: Visit) -> Answer:
        """What fits, newest first."""
        form = FormState(
            {name: [visit.args.get(name, "")[:100]] for name in FIELDS}, language=visit.language
        )
        status = 200
        found: tuple[Kept, ...] = ()
        try:
            found = await self._found(visit, form)
        except Invalid as error:
            form, status = form.with_error(error), 422
        typed = {name: form.value(name) for name in FIELDS if form.value(name)}
        if any(visit.args.get(name) for name in (*FIELDS, "before")):
            what = "; ".join(f"{name}: {value}" for name, value in typed.items())
            await visit.audit("his.exchanges", kind="campus", whose=form.value("campus"), what=what)
        older = {**typed, "before": str(found[-1].id)} if len(found) == store.PAGE else {}
        asked = await self._core.db.run(store.whats)
        values = {
            "form": form,
            "found": found,
            "outcomes": OUTCOMES,
            "tones": TONES,
            "older": f"/his/exchanges?{urlencode(older)}" if older else "",
            "campuses": [("", "–"), *((name, name) for name in self._campuses.by_name)],
            "whats": [("", "–"), *((one, one) for one in asked)],
            "choices": [("", "–"), *((o.value, visit.text(t)) for o, t in OUTCOMES.items())],
            "tabs": tabs(visit, EXCHANGES),
        }
        return Page("his_webservice/exchanges.html", values, title=TITLE, status=status)

    @get("/his/exchanges/<int:exchange>", permission=ADMIN)
    async def show(self, visit: Visit, exchange: int) -> Answer:
        """One exchange: both texts, masked."""
        found = await self._core.db.run(store.load, exchange)
        if found is None:
            raise NotFound("his.exchange", "this exchange is not kept any more")
        await visit.audit(
            "his.exchange", kind="campus", whose=found.campus, what=f"{exchange} {found.what}"
        )
        values = {"one": found, "outcomes": OUTCOMES, "tones": TONES}
        return Page("his_webservice/exchange.html", values, title=TITLE)

    async def _found(self, visit: Visit, form: FormState) -> tuple[Kept, ...]:
        before = visit.args.get("before", "")
        known = {one.value: one for one in Outcome}
        wanted = Wanted(
            campus=form.value("campus"),
            what=form.value("what"),
            outcome=known.get(form.value("outcome")),
            since=_moment(visit, form, "since"),
            until=_moment(visit, form, "until"),
            before=int(before) if before.isascii() and before.isdigit() and len(before) < 18 else 0,
        )
        return await self._core.db.run(store.search, wanted)


def _moment(visit: Visit, form: FormState, name: str) -> datetime | None:
    """A date and time as browsers send them, where the visitor is."""
    text = form.value(name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text).replace(tzinfo=visit.zone)
    except ValueError:
        found = None
    if found is None or not 1970 < found.year < 9000:
        raise Invalid(f"his.{name}", "Please give a date and time such as 2026-12-03 08:00.")
    return found
