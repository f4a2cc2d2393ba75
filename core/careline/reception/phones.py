"""What agents dial on their phones: feature codes, colleagues and outside numbers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from attrs import frozen
from twisted.internet.defer import Deferred

from careline.agents.model import CHOSEN_REASONS, AgentStatus, Reason, State, pin_matches
from careline.agents.pins import PinGuard
from careline.agents.service import Agents
from careline.agents.wishes import Wishes
from careline.callcontrol.line import home_queue
from careline.calls.recorder import Recorder
from careline.calls.service import Calls
from careline.clock import Clock
from careline.errors import CarelineError, Refused
from careline.hooks.hub import Hub
from careline.queues.model import interface
from careline.routing.service import Routing
from careline.telephony.agi import AgiSession

T = TypeVar("T")

KEY_WAIT_MS = 5000
PIN_TRIES = 3
REASON_PROMPTS = {
    Reason.BREAK: "staff-break",
    Reason.MEAL: "staff-meal",
    Reason.TRAINING: "staff-training",
    Reason.MEETING: "staff-meeting",
}


@frozen
class Phones:
    """Serves ``agi://core/feature``, ``agi://core/dial`` and ``agi://core/refer``.

    Codes: *11 sign in, *12 sign out, *13 ready, *14 not ready (then a digit for the reason, or
    *141 to *144). The phone is known by its SIP login, so its own agent needs no PIN there.
    """

    clock: Clock
    agents: Agents
    calls: Calls
    wishes: Wishes
    routing: Routing
    hub: Hub
    pins: PinGuard
    dial_string: Callable[[str, str], str]
    in_thread: Callable[..., Deferred[bool]]
    recorder: Recorder

    async def feature(self, session: AgiSession) -> None:
        """Carry out a feature code and say what came of it."""
        code = session.env.get("extension", "")
        verbs: dict[str, Callable[[AgiSession], Awaitable[str]]] = {
            "*11": self._sign_in,
            "*12": self._sign_out,
            "*13": self._ready,
        }
        verb = verbs.get(code[:3], self._not_ready if code[:3] == "*14" else _unknown)
        try:
            said = await verb(session)
        except CarelineError as error:
            said = _prompt_for(error)
        await session.stream_file(f"careline/{said}")

    async def dial(self, session: AgiSession) -> None:
        """Set CARELINE_DIAL when the phone may call what it dialled; our own numbers are flows."""
        number = session.env.get("extension", "")
        if self.routing.is_ours(number):
            await session.set_variable("CARELINE_HOTLINE", "1")
            return
        colleague = self._colleague(number)
        if colleague:
            await session.set_variable("CARELINE_DIAL", colleague)
            return
        status = self.agents.on_phone(_phone(session))
        if status is None:
            return
        refusal = await self.hub.may_dial(agent=status.agent, number=number)
        target = "" if refusal is not None else self.dial_string(number, "")
        if target:
            call = await session.get_variable("CARELINE_CALL") or ""
            for name, value in (await self.recorder.marks_dialled(call, number)).items():
                await session.set_variable(name, value)
            await session.set_variable("CARELINE_DIAL", target)

    async def refer(self, session: AgiSession) -> None:
        """Set CARELINE_DIAL for a party whom an agent's own phone sends on, and the way back."""
        transferer = await session.get_variable("BLINDTRANSFER") or ""
        phone = transferer.partition("/")[2].rpartition("-")[0]
        status = self.agents.on_phone(phone)
        call = self.calls.get(await session.get_variable("CARELINE_CALL") or "")
        if status is None or call is None:
            return
        person = self.routing.agents.get(status.agent)
        skills = tuple(skill.queue for skill in person.skills) if person else ()
        await session.set_variable("CARELINE_PHONE", phone)
        await session.set_variable("CARELINE_BACK", home_queue(call, skills))
        number = session.env.get("extension", "")
        target = self._colleague(number)
        if not target and await self.hub.may_dial(agent=status.agent, number=number) is None:
            target = self.dial_string(number, call.trunk)
            await session.set_variable("_CARELINE_SHOWN", self.routing.shown_number(call.trunk))
        await session.set_variable("CARELINE_DIAL", target)

    def _colleague(self, number: str) -> str:
        """The phone of an agent who is signed in, by the agent's number."""
        status = self.agents.states.get(number)
        if status is None or status.state is State.SIGNED_OUT:
            return ""
        return interface(status.phone)

    async def _sign_in(self, session: AgiSession) -> str:
        phone = _phone(session)
        people = self.routing.agents
        own = next((a.id for a in people.values() if a.phone == phone and a.active), "")
        agent = own or await self._ask_agent(session)
        await self.wishes.sign_in(agent, phone)
        return "staff-signed-in"

    async def _ask_agent(self, session: AgiSession) -> str:
        """Number and PIN of an agent at a phone that is not its own."""
        for _ in range(PIN_TRIES):
            agent, _late = await session.get_data("careline/staff-enter-number", KEY_WAIT_MS, 8)
            pin, _late = await session.get_data("careline/staff-enter-pin", KEY_WAIT_MS, 8)
            self.pins.admit(agent)
            known = self.routing.agents.get(agent)
            if known and await self.in_thread(pin_matches, pin, known.pin_hash):
                self.pins.right(agent)
                return agent
            self.pins.wrong(agent)
            await session.stream_file("careline/staff-wrong-pin")
        raise Refused("agent.locked", "too many wrong PINs")

    async def _sign_out(self, session: AgiSession) -> str:
        await self.wishes.sign_out(self._here(session).agent)
        return "staff-signed-out"

    async def _ready(self, session: AgiSession) -> str:
        await self.wishes.ready(self._here(session).agent)
        return "staff-ready"

    async def _not_ready(self, session: AgiSession) -> str:
        agent = self._here(session).agent
        key = session.env.get("extension", "")[3:4]
        if not key:
            key, _late = await session.get_data("careline/staff-not-ready-menu", KEY_WAIT_MS, 1)
        index = int(key) - 1 if key.isdigit() else 0
        reason = CHOSEN_REASONS[index] if 0 <= index < len(CHOSEN_REASONS) else Reason.BREAK
        await self.wishes.not_ready(agent, reason)
        await session.stream_file(f"careline/{REASON_PROMPTS[reason]}")
        return "staff-not-ready"

    def _here(self, session: AgiSession) -> AgentStatus:
        status = self.agents.on_phone(_phone(session))
        if status is None:
            raise Refused("agent.signed_out", "nobody is signed in on this phone")
        return status


async def _unknown(session: AgiSession) -> str:
    return "staff-unknown-code"


def _phone(session: AgiSession) -> str:
    """The phone's name out of its channel's: ``PJSIP/1001-0000002a``."""
    return session.env.get("channel", "").partition("/")[2].rpartition("-")[0]


def _prompt_for(error: CarelineError) -> str:
    return {
        "agent.signed_in": "staff-already-signed-in",
        "agent.signed_out": "staff-not-signed-in",
        "agent.phone_taken": "staff-phone-in-use",
        "agent.locked": "staff-locked",
    }.get(error.code, "staff-cannot-now")
