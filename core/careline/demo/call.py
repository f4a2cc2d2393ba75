"""A scripted call to the demonstration hotline: a caller and an agent, both of them SIP phones.

The caller dials in over the demonstration's trunk, hears the welcome, presses keys and waits; the
agent signs in by feature codes, answers, talks, hangs up, wraps up and signs out. What is not right
is collected and told in words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import define, field, frozen
from twisted.internet.defer import TimeoutError

from careline.clock import Clock
from careline.demo.phone import Answer, Call, CallState, Phone, Tone
from careline.errors import Unavailable
from careline.i18n import Text

CALLER = "13800001111"
CALLER_TONE, AGENT_TONE = 440, 700
#: Addresses of the two phones: each a loopback address of its own, the caller's is the trunk's.
CALLER_HOST, AGENT_HOST = "127.0.0.2", "127.0.0.3"
SIGN_IN, SIGN_OUT, READY = "*11", "*12", "*13"
LOUD = 100.0
#: Seconds: how long things may take, and how long people talk and write.
KEY_S, KEY_TRIES, RING_S, HEAR_S, END_S = 8.0, 3, 60.0, 25.0, 15.0
LISTEN_S, TALK_S, WRITE_S, HUMAN_TALK_S = 3.0, 5.0, 3.0, 60.0
#: The flow in which callers rate the call, what ours presses there, and how long that may take.
RATING, RATED, RATING_S = "rating", ("5", "1"), 45.0

Ask = Callable[..., Awaitable[Any]]


@frozen
class Key:
    """A key of the caller's, and the node of the flow that it leads to."""

    digit: str
    node: str


#: What a caller presses to reach each queue of the demonstration.
ENGLISH = Key("9", "english")
KEYS = {
    "appointments": (Key("1", "booking"), Key("0", "booking_agent")),
    "service": (Key("0", "agent"),),
    "complaints": (Key("3", "complaints"),),
}


@frozen(kw_only=True)
class Script:
    """Who calls what, presses which keys, and who answers; ``server`` is Asterisk's SIP address.

    ``state`` is what the agent did before: it is left as it was found. ``human``: the agent sits
    at a phone of their own, ready, and answers; only the caller is scripted.
    """

    server: tuple[str, int]
    called: str
    keys: tuple[Key, ...]
    agent: str
    phone: str
    secret: str = field(repr=False)
    state: str = "signed_out"
    reason: str = ""
    caller: str = CALLER
    human: bool = False


@define
class DemoCall:
    """One performance of ``script``.

    ``ask(verb, **args)`` asks the core; ``tell`` is told what the two people do. The steps of the
    core's calls must be given to :meth:`happened` as they come. ``call`` is the core's call id.
    """

    reactor: Any
    script: Script
    ask: Ask
    tell: Callable[[Text], object]
    problems: list[Text] = field(factory=list)
    call: str = ""
    seconds: float = 0.0
    _facts: list[Mapping[str, Any]] = field(factory=list)

    def happened(self, fact: Mapping[str, Any]) -> bool:
        """Take one step of a call; True when it is of ours."""
        script = self.script
        begins = not self.call and fact["what"] == "ChannelUp"
        if begins and (fact["extension"], fact["number"]) == (script.called, script.caller):
            self.call = fact["call"]
        ours = bool(self.call) and fact.get("call") == self.call
        if ours:
            self._facts.append(fact)
        return ours

    @property
    def clock(self) -> Clock:
        """The reactor's."""
        return Clock(self.reactor)

    async def perform(self) -> None:
        """All of it. Raises Unavailable when it cannot go on; see ``problems`` for the rest."""
        script = self.script
        agent = Phone(
            self.reactor,
            script.server,
            script.phone,
            script.secret,
            host=AGENT_HOST,
            behaviour=Answer(after=2.0),
            voice=Tone(AGENT_TONE),
        )
        caller = Phone(
            self.reactor,
            script.server,
            script.caller,
            host=CALLER_HOST,
            voice=Tone(CALLER_TONE),
        )
        if script.human:
            async with caller:
                await self._talk_with_human(caller)
            return
        async with agent, caller:
            await self._agent_comes(agent)
            try:
                await self._talk_of(caller, agent)
            finally:
                await self._agent_goes(agent)

    async def _agent_comes(self, agent: Phone) -> None:
        script = self.script
        self.tell(Text("agent {agent}: phone {phone} registers", _who(script)))
        if await agent.register() != 200:
            raise Unavailable(
                "demo.register", "Asterisk does not let phone {phone} register", phone=script.phone
            )
        if script.state == "signed_out":
            self.tell(Text("agent {agent}: dials *11 (sign in) and *13 (ready)", _who(script)))
            await self._dial_code(agent, SIGN_IN)
        if script.state != "ready":
            await self._dial_code(agent, READY)
        await self._agent_is("ready")

    async def _dial_code(self, agent: Phone, code: str) -> None:
        call = await agent.call(code, END_S)
        if call.status != 200:
            raise Unavailable(
                "demo.code",
                "{code} was not answered (SIP status {status})",
                code=code,
                status=call.status,
            )
        await call.ended(END_S)

    async def _agent_is(self, state: str) -> None:
        """Wait until the core says so."""

        async def state_now() -> str:
            status = await self.ask("status")
            states = {one["agent"]: one["state"] for one in status["agents"]}
            return str(states.get(self.script.agent, "signed_out"))

        end = self.clock.seconds() + END_S
        while (now := await state_now()) != state:
            if self.clock.seconds() > end:
                raise Unavailable(
                    "demo.state",
                    "agent {agent} is {now}, not {state}",
                    agent=self.script.agent,
                    now=now,
                    state=state,
                )
            await self.clock.sleep(0.2)

    async def _agent_goes(self, agent: Phone) -> None:
        """As the agent was found."""
        script = self.script
        if script.state == "signed_out":
            self.tell(Text("agent {agent}: dials *12 (sign out)", _who(script)))
            await self._dial_code(agent, SIGN_OUT)
        elif script.state == "not_ready":
            await self.ask(
                "agent", verb="not_ready", agent=script.agent, reason=script.reason or "break"
            )

    async def _talk_with_human(self, caller: Phone) -> None:
        """Call, and hang up when the agent does or has talked long enough."""
        call = await self._dialled(caller)
        try:
            await self._menus(call)
            self.tell(Text("agent {agent}: your phone {phone} rings: answer it", _who(self.script)))
            if not await self._comes("Connected", within=RING_S):
                raise Unavailable("demo.no_answer", "nobody answered")
            self.tell(Text("you hear the caller's tone; hang up when you like"))
            await self._until_over(call, HUMAN_TALK_S)
        finally:
            await call.hang_up()
            self.seconds = call.talk_seconds
        await self._comes("WrapUpStarted")

    async def _talk_of(self, caller: Phone, agent: Phone) -> None:
        call = await self._dialled(caller)
        try:
            await self._menus(call)
            await self._talk(call, agent)
        finally:
            await call.hang_up()
            self.seconds = call.talk_seconds
        await self._wrap_up(agent)

    async def _dialled(self, caller: Phone) -> Call:
        script = self.script
        self.tell(Text("caller: dials {number}", {"number": script.called}))
        call = await caller.call(script.called, END_S)
        if call.status != 200:
            raise Unavailable(
                "demo.refused",
                "the hotline did not answer {number} (SIP status {status})",
                number=script.called,
                status=call.status,
            )
        return call

    async def _menus(self, call: Call) -> None:
        """Listen to the welcome, then press the keys, each again when it was not heard."""
        await self.clock.sleep(LISTEN_S)
        self._see(call.rtp.ear.rms() > LOUD, Text("the caller did not hear the welcome"))
        for key in self.script.keys:
            for _ in range(KEY_TRIES):
                self.tell(Text("caller: presses {key}", {"key": key.digit}))
                await call.send_digits(key.digit)
                if await self._comes("Stepped", node=key.node):
                    break
            else:
                raise Unavailable("demo.key", "the menu did not take key {key}", key=key.digit)
            await self.clock.sleep(LISTEN_S / 2)

    async def _talk(self, call: Call, agent: Phone) -> None:
        try:
            rung = (await agent.event("ringing", RING_S)).call
        except TimeoutError:
            rung = None
        if rung is None:
            raise Unavailable(
                "demo.no_ring",
                "phone {phone} did not ring; is another agent of the queue ready?",
                phone=self.script.phone,
            )
        await rung.answered(END_S)
        self.tell(Text("agent {agent}: answers", _who(self.script)))
        heard = await call.hears(AGENT_TONE, HEAR_S)
        self._see(heard, Text("the caller does not hear the agent"))
        heard = await rung.hears(CALLER_TONE, HEAR_S)
        self._see(heard, Text("the agent does not hear the caller"))
        if not self.problems:
            self.tell(Text("caller and agent hear each other"))
        await self.clock.sleep(TALK_S)
        self.tell(Text("agent {agent}: hangs up", _who(self.script)))
        await rung.hang_up()
        self._see(await self._until_over(call, END_S), Text("the caller's side did not end"))

    async def _until_over(self, call: Call, within: float) -> bool:
        """Wait until the caller's side has ended, and rate the call when that is asked."""
        end = self.clock.seconds() + within
        while call.state is not CallState.ENDED and self.clock.seconds() < end:
            if await self._comes("Stepped", within=0.2, flow=RATING):
                return await self._rates(call)
        return call.state is CallState.ENDED

    async def _rates(self, call: Call) -> bool:
        for key in RATED:
            await self.clock.sleep(LISTEN_S)
            self.tell(Text("caller: presses {key}", {"key": key}))
            await call.send_digits(key)
        try:
            await call.ended(RATING_S)
        except TimeoutError:
            return False
        return True

    async def _wrap_up(self, agent: Phone) -> None:
        """Write a note for some seconds, then be ready for the next call."""
        self._see(await self._comes("WrapUpStarted"), Text("there was no wrap-up"))
        await self.clock.sleep(WRITE_S)
        await self._dial_code(agent, READY)
        self._see(await self._comes("WrapUpEnded"), Text("the wrap-up did not end"))

    async def _comes(self, what: str, *, within: float = KEY_S, **wanted: object) -> bool:
        """Wait until such a step of our call has come; False when it does not in time."""
        end = self.clock.seconds() + within
        while not any(
            fact["what"] == what and all(fact[key] == value for key, value in wanted.items())
            for fact in self._facts
        ):
            if self.clock.seconds() > end:
                return False
            await self.clock.sleep(0.1)
        return True

    def _see(self, right: bool, problem: Text) -> None:
        if not right:
            self.problems.append(problem)

    def judge(self, record: Mapping[str, Any]) -> None:
        """See that the record says what happened."""
        ms = record["durations"]
        self._see(record["ended"] is not None, Text("the record is not closed"))
        self._see(record["outcome"] == "answered", Text("the record does not say: answered"))
        self._see(record["agents"] == [self.script.agent], Text("the record names another agent"))
        if not self.script.human:
            self._see(ms["talk_ms"] >= TALK_S * 1000, Text("the record's talk is too short"))
            self._see(ms["wrap_up_ms"] > 0, Text("the record has no wrap-up"))
        trunk = abs(ms["trunk_ms"] / 1000 - self.seconds)
        self._see(trunk < 2.0, Text("the record's trunk time is not that of the call"))


def _who(script: Script) -> dict[str, object]:
    return {"agent": script.agent, "phone": script.phone}
