"""The phone bar: what it shows, and every verb that an agent asks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from attrs import frozen

from careline.agents.model import CHOSEN_REASONS, Reason, State
from careline.agents.wishes import Wishes
from careline.callbacks.service import Callbacks
from careline.callcontrol.model import parse_target
from careline.callcontrol.service import CallControl
from careline.errors import CarelineError, Invalid, NotFound
from careline.hooks import Hub
from careline.i18n import Text
from careline.pages.desk.state import Bar
from careline.pages.desk.targets import Targets
from careline.pages.desk.who import agent_of
from careline.presence.model import Seat
from careline.presence.service import Presence
from careline.routing.service import Routing
from careline.web import Answer, Fragment, Json, Redirect, Visit, get, post
from careline.web.toast import toast

USE = "desk.use"
DIAL = "calls.dial"


@frozen
class BarRoutes:
    """Everything under /desk that belongs to the phone."""

    bar: Bar
    wishes: Wishes
    control: CallControl
    presence: Presence
    callbacks: Callbacks
    targets: Targets
    routing: Routing
    number_of: Callable[[str], Awaitable[str]]
    """The number behind a patient's that is shown masked (``patient:7:0``)."""
    hub: Hub

    @get("/desk/bar", permission=USE, quiet=True)
    async def show(self, visit: Visit) -> Answer:
        """The bar as it is now."""
        return self._shown(visit)

    @post("/desk/beat", permission=USE, quiet=True)
    async def beat(self, visit: Visit) -> Answer:
        """The page lives; whether it is the one that leads this desk."""
        agent = agent_of(visit)
        tab = visit.form.get("tab", "")[:64]
        leads = self.presence.beat(agent, tab, takes_over=visit.form.get("takes_over") == "1")
        return Json({"leads": leads, "away": self.presence.missing(agent) != ""})

    @get("/desk/targets", permission=USE, quiet=True)
    async def find(self, visit: Visit) -> Answer:
        """Who fits what is typed: to pass a call to, or (``for=dial``) to call."""
        passing = visit.args.get("for") != "dial"
        found = await self.targets.find(
            visit.args.get("q", "")[:64], agent_of(visit), visit.language, passing=passing
        )
        outside = any(one.kind == "outside" for one in found)
        numbers = self.routing.shown_numbers() if outside and not passing else ()
        return Fragment("desk/targets.html", {"found": found, "numbers": numbers})

    @post("/desk/do/<verb>", permission=USE)
    async def do(self, visit: Visit, verb: str) -> Answer:
        """One verb; the bar as it is after it, and what went wrong as a notice."""
        agent = agent_of(visit)
        done = _VERBS.get(verb)
        if done is None:
            raise NotFound("desk.verb", "a desk cannot {verb}", verb=verb)
        try:
            await done(self, visit, agent)
        except CarelineError as error:
            return self._shown(visit, toast(visit, Text("{error}", {"error": error}), "bad"))
        if not visit.is_fragment:  # sent by the browser itself, before the scripts were there
            return Redirect("/")
        return self._shown(visit, "careline:desk-done")

    def _shown(self, visit: Visit, trigger: str = "") -> Answer:
        return Fragment("desk/line.html", self.bar.values(visit), trigger=trigger)

    # The verbs

    async def begin(self, visit: Visit, agent: str) -> None:
        """Begin work at one of the agent's phones."""
        phone = visit.form.get("phone", "")
        person = self.bar.agents.people.get(agent)
        if person is None or phone not in dict(self.bar.choices(person)):
            raise Invalid("desk.phone", "Choose one of your phones.")
        status = await self.wishes.sign_in(agent, phone)
        self.presence.sit(Seat(agent=agent, phone=phone, browser=True))
        await visit.audit("agent.sign_in", kind="agent", whose=agent, what=status.phone)

    async def ready(self, visit: Visit, agent: str) -> None:
        """Ready for calls."""
        await self.wishes.ready(agent)

    async def not_ready(self, visit: Visit, agent: str) -> None:
        """Not ready, with a reason."""
        chosen = {reason.value: reason for reason in CHOSEN_REASONS}
        reason = chosen.get(visit.form.get("reason", Reason.BREAK.value))
        if reason is None:  # the others are careline's own
            raise Invalid("desk.reason", "Choose one of the reasons.")
        await self.wishes.not_ready(agent, reason)

    async def sign_out(self, visit: Visit, agent: str) -> None:
        """End work, after the call if in one."""
        status = await self.wishes.sign_out(agent)
        if status.state is State.SIGNED_OUT:
            await visit.audit("agent.sign_out", kind="agent", whose=agent)

    async def hang_up(self, visit: Visit, agent: str) -> None:
        """End the agent's part in the call."""
        await self.control.hang_up(agent)

    async def hold(self, visit: Visit, agent: str) -> None:
        """Put the party on hold, or take it back."""
        line = self.control.on_line(agent)
        if line and line.put_aside:
            await self.control.resume(agent)
        else:
            await self.control.hold(agent)

    async def dtmf(self, visit: Visit, agent: str) -> None:
        """Press keys for the other side."""
        await self.control.dtmf(agent, visit.form.get("digits", "")[:32])

    async def consult(self, visit: Visit, agent: str) -> None:
        """Ask somebody first."""
        target = parse_target(visit.form.get("target", ""))
        self._outside(visit)
        await self.control.consult(agent, target)

    async def transfer(self, visit: Visit, agent: str) -> None:
        """Pass the party on at once."""
        target = parse_target(visit.form.get("target", ""))
        self._outside(visit)
        await self.control.blind_transfer(agent, target)

    async def complete(self, visit: Visit, agent: str) -> None:
        """Leave the party to the one who was asked."""
        await self.control.complete(agent)

    async def back(self, visit: Visit, agent: str) -> None:
        """Back to the party."""
        await self.control.cancel_consult(agent)

    async def conference(self, visit: Visit, agent: str) -> None:
        """All three together."""
        await self.control.conference(agent)

    async def pick_up(self, visit: Visit, agent: str) -> None:
        """Take the call that rings at a colleague's."""
        await self.control.pick_up(agent, visit.form.get("target", "").removeprefix("agent:"))

    async def dial(self, visit: Visit, agent: str) -> None:
        """Call a number or a colleague; ``callback`` is what it is owed for."""
        number = visit.form.get("number", "") or visit.form.get("target", "").partition(":")[2]
        owed = visit.form.get("callback", "")
        if owed:
            number = self.callbacks.get(owed).number
        if number not in self.routing.agents:
            visit.need(DIAL)
        if not number:
            raise Invalid("desk.number", "Whom shall it be?")
        # A number or record of a patient's is for those who may see patients.
        patient = visit.form.get("patient", "")
        if patient or number.startswith("patient:"):
            visit.need("patients.view")
        number = await self._behind(number, visit)
        call = await self.control.dial(
            agent,
            number,
            visit.form.get("shown", ""),
            int(patient) if patient.isdecimal() and len(patient) < 16 else 0,
        )
        if owed:
            self.callbacks.begun(owed, agent, call)
        await visit.audit("call.dial", kind="call", whose=call)

    async def _behind(self, shown: str, visit: Visit) -> str:
        """The number behind one that is shown masked, any other as it is."""
        if ":" not in shown:
            return shown
        if shown.startswith("patient:"):
            return await self.number_of(shown)
        number: str | None = await self.hub.number_behind(shown=shown, visit=visit)
        if number is None:
            raise NotFound("desk.behind", "There is no such number, or you may not call it.")
        return number

    def _outside(self, visit: Visit) -> None:
        if visit.form.get("target", "").startswith("outside:"):
            visit.need(DIAL)


_VERBS: dict[str, Callable[..., Awaitable[None]]] = {
    name: getattr(BarRoutes, name)
    for name in (
        "begin",
        "ready",
        "not_ready",
        "sign_out",
        "hang_up",
        "hold",
        "dtmf",
        "consult",
        "transfer",
        "complete",
        "back",
        "conference",
        "pick_up",
        "dial",
    )
}
