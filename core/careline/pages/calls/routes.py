"""The list of calls, one call's page with its timeline, and one's own words put right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from careline.calls.model import Outcome, durations
from careline.calls.search import find_calls
from careline.calls.store import StoredCall
from careline.clock import Clock
from careline.desk.model import LONGEST_NOTE, took_part, written
from careline.desk.service import Desk
from careline.dispositions.service import Dispositions
from careline.errors import CarelineError, Invalid
from careline.i18n import Text
from careline.pages.calls.lines import lines_of
from careline.pages.calls.searching import FIELDS, Scope, wanted
from careline.pages.desk.state import number_of
from careline.pages.desk.who import VIEW, Eyes
from careline.patients.service import Patients
from careline.routing.service import Routing
from careline.storage import Database
from careline.web import Answer, Fragment, Page, Visit, get, post
from careline.web.toast import toast

OUTCOMES: Mapping[Outcome, Text] = {
    Outcome.ANSWERED: Text("answered"),
    Outcome.ABANDONED: Text("hung up while waiting"),
    Outcome.VOICEMAIL: Text("left a message"),
    Outcome.CALLBACK: Text("wants to be called back"),
    Outcome.SELF_SERVICE: Text("served by the menu"),
    Outcome.TURNED_AWAY: Text("found no agent"),
    Outcome.BLOCKED: Text("blocked"),
    Outcome.UNANSWERED: Text("not reached"),
}


@frozen(kw_only=True)
class CallRoutes:
    """Everything under /calls."""

    db: Database
    clock: Clock
    desk: Desk
    eyes: Eyes
    scope: Scope
    dispositions: Dispositions
    routing: Routing
    patients: Patients

    @get("/calls", permission=VIEW)
    async def list(self, visit: Visit) -> Answer:
        """Calls that the visitor may see, by what is typed; newest first."""
        numbers = await self._numbers(visit)
        asked, form = wanted(visit, self.scope.of(visit), self.dispositions, numbers)
        page = visit.page_number()
        calls, more = await self.db.run(find_calls, asked, min(page, 200))
        values = {
            "calls": calls,
            "form": form,
            "page": page,
            "pages": page + 1 if more else page,
            "args": {name: visit.args[name] for name in FIELDS if visit.args.get(name)},
            **self._names(visit),
        }
        return Page("calls/list.html", values, title=visit._("Calls"))

    async def _numbers(self, visit: Visit) -> tuple[str, ...] | None:
        """The numbers of patients who fit what was typed as a patient; None when nothing was."""
        typed = visit.args.get("patient", "").strip()
        if not typed or not visit.may("patients.view"):
            return None
        found = await self.patients.find(typed[:64])
        return tuple(phone.number for one in found for phone in one.phones)

    def _names(self, visit: Visit) -> dict[str, Any]:
        english = visit.language == "en"
        queues = self.routing.queues.values()
        return {
            "queues": {
                one.id: one.title_en if english and one.title_en else one.title for one in queues
            },
            "people": {one.id: one.name for one in self.routing.agents.values()},
            "tree": self.dispositions.tree,
            "outcomes": {one: text.to(visit.language) for one, text in OUTCOMES.items()},
        }

    @get("/calls/<call_id>", permission=VIEW)
    async def show(self, visit: Visit, call_id: str) -> Answer:
        """One call with its timeline."""
        stored = await self._seen(visit, call_id)
        await visit.audit("call.view", kind="call", whose=call_id)
        return Page("calls/call.html", self._values(visit, stored), title=visit._("Call"))

    @get("/calls/<call_id>/timeline", permission=VIEW)
    async def timeline(self, visit: Visit, call_id: str) -> Answer:
        """What happened in one call, for pages that show it beside something else."""
        stored = await self._seen(visit, call_id)
        await visit.audit("call.view", kind="call", whose=call_id)
        names = self._names(visit)
        lines = lines_of(stored, visit, names["people"], names["queues"])
        return Fragment("calls/timeline.html", {"lines": lines})

    async def _seen(self, visit: Visit, call_id: str) -> StoredCall:
        stored = await self.desk.find(call_id)
        self.eyes.need(visit, stored.record)
        return stored

    def _values(self, visit: Visit, stored: StoredCall) -> dict[str, Any]:
        call = stored.record
        names = self._names(visit)
        me = str(visit.user.agent)
        works = {one.agent: one for one in written(tuple(one.fact for one in stored.facts))}
        return {
            "call": call,
            "number": number_of(call, ""),
            "times": durations(call, self.clock.now()),
            "lines": lines_of(stored, visit, names["people"], names["queues"]),
            "written": tuple(works.values()),
            "mine": works.get(me),
            "may_amend": took_part(call, me) and self.desk.call_of(me) != call.id,
            "error": None,
            "longest": LONGEST_NOTE,
            **names,
        }

    @post("/calls/<call_id>/amend", permission="desk.use")
    async def amend(self, visit: Visit, call_id: str) -> Answer:
        """Put one's own words of a call right; audited, and the old ones stay in the timeline."""
        stored = await self._seen(visit, call_id)
        agent = str(visit.user.agent)
        disposition, note = visit.form.get("disposition", ""), visit.form.get("note", "")
        try:
            if len(note) > LONGEST_NOTE:
                raise Invalid(
                    "desk.note", "A note has at most {most} characters.", most=LONGEST_NOTE
                )
            await self.desk.amend(call_id, agent, disposition, note)
        except CarelineError as error:
            values = {**self._values(visit, stored), "error": error, "typed_note": note}
            return Page("calls/call.html", values, status=422, title=visit._("Call"))
        await visit.audit("call.amend", kind="call", whose=call_id)
        stored = await self.desk.find(call_id)
        said = toast(visit, Text("The call's record is changed."))
        return Fragment("calls/call.html", self._values(visit, stored), trigger=said)
