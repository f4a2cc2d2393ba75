"""The wrap-up strip: disposition, note, next action; it saves itself."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from careline.agents.model import State
from careline.agents.service import Agents
from careline.calls.service import Calls
from careline.desk.model import LONGEST_NOTE, Draft
from careline.desk.service import Desk
from careline.dispositions.service import Dispositions
from careline.errors import CarelineError
from careline.i18n import Text
from careline.pages.desk.who import agent_of
from careline.web import Answer, Empty, FormState, Fragment, Visit, get, post
from careline.web.toast import toast

USE = "desk.use"
WORKING = frozenset({State.TALKING, State.HOLDING, State.CONSULTING, State.WRAP_UP})


@frozen
class StripRoutes:
    """The strip, its saves, and the end of a call's work."""

    desk: Desk
    agents: Agents
    calls: Calls
    dispositions: Dispositions

    @get("/desk/wrapup", permission=USE, quiet=True)
    async def show(self, visit: Visit) -> Answer:
        """The strip as it is now; empty while there is no call to write of."""
        return self._strip(visit, None)

    @post("/desk/draft", permission=USE, quiet=True)
    async def save(self, visit: Visit) -> Answer:
        """Keep what is typed; what comes after the end of the wrap-up goes into the record."""
        agent, call = agent_of(visit), visit.form.get("call", "")
        try:
            stored = await self.desk.save(call, agent, **typed(visit))
        except CarelineError:
            await self.desk.late(call, agent, **typed(visit))
            return Empty()
        if not stored:
            later = Text("The database is away. What you typed is kept and stored later.")
            return Empty(trigger=toast(visit, later, "warn"))
        return Empty(trigger="careline:saved")

    @post("/desk/finish", permission=USE)
    async def finish(self, visit: Visit) -> Answer:
        """Save, check, record; then ready, or what was wished for instead."""
        agent, call = agent_of(visit), visit.form.get("call", "")
        try:
            await self.desk.save(call, agent, **typed(visit))
            status = await self.desk.finish(agent)
        except CarelineError as error:
            return self._strip(visit, error)
        if status.call == call:  # still on the line: all is right, the rest comes with the end
            note = Text("Saved. It ends with the call.")
            return self._strip(visit, None, toast(visit, note, "info"))
        return Fragment("desk/strip.html", {"draft": None}, trigger="careline:finished")

    def _strip(self, visit: Visit, error: CarelineError | None, trigger: str = "") -> Answer:
        agent = agent_of(visit)
        status = self.agents.states.get(agent)
        if status is None or status.state not in WORKING:
            return Fragment("desk/strip.html", {"draft": None})
        draft = self.desk.draft(status.call, agent)
        form = form_of(draft, visit.language)
        if error:
            form = form.with_error(error)
        values: dict[str, Any] = {
            "draft": draft,
            "form": form,
            "status": status,
            "chosen": self.dispositions.tree.titled(draft.disposition, visit.language)
            if draft.disposition
            else "",
            "leaves": self.dispositions.tree.leaves(),
            "tree": self.dispositions.tree,
            "longest": LONGEST_NOTE,
        }
        return Fragment("desk/strip.html", values, status=422 if error else 200, trigger=trigger)


def typed(visit: Visit) -> dict[str, Any]:
    """What stands in the strip, cut to what fits."""
    form = visit.form
    return {
        "disposition": form.get("disposition", "")[:32],
        "note": form.get("note", "")[:LONGEST_NOTE],
        "back": form.get("back", "") == "1",
        "back_when": form.get("back_when", "")[:64],
        "back_number": form.get("back_number", "")[:64],
    }


def form_of(draft: Draft, language: str) -> FormState:
    """A draft as a form."""
    return FormState.of(
        None,
        language,
        disposition=draft.disposition,
        note=draft.note,
        back=draft.back,
        back_when=draft.back_when,
        back_number=draft.back_number,
    )
