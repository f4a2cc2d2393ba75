"""One stage for a scenario, twice: with the scripted switch, and with a real Asterisk and phones.

A scenario is written once (``caller = await stage.incoming(...)``, ``await caller.press("1")``,
``await agent.answer()``) and runs on both, so that the fake cannot drift from what it imitates.
"""

from __future__ import annotations

import itertools
from typing import Any, Protocol

from attrs import frozen
from twisted.internet.defer import TimeoutError

from careline.asterisk.model import AsteriskFiles
from careline.clock import Clock
from careline.demo.phone import Answer, Call, CallState, Phone, Refuse, Ring, Tone, blind_transfer
from careline.demo.phone.voice import QUIET, Voice
from careline.testing.asterisk import (
    Network,
    RealAsterisk,
    default_files,
    free_port,
)
from careline.testing.switch import ScriptedCall, ScriptedPhone, ScriptedSwitch
from careline.testing.switch.people import Party

Behaviour = Answer | Ring | Refuse
SIP_PORT = 5060
FRAMES_A_SECOND = 50
LONG_GREETING_S = 1.5
"""Who speaks longer without a pause is taken for a machine by app_amd."""


class Caller(Protocol):
    """Somebody who calls from outside."""

    @property
    def up(self) -> bool:
        """True from the answer to the hang-up."""
        ...

    @property
    def over(self) -> bool:
        """True when the call is over."""
        ...

    async def answered(self, timeout: float = 5.0) -> None:
        """Wait until the switch answers."""
        ...

    async def ended(self, timeout: float = 10.0) -> None:
        """Wait until the call is over."""
        ...

    async def press(self, digits: str) -> None:
        """Press keys."""
        ...

    async def hang_up(self) -> None:
        """Hang up."""
        ...


class AgentPhone(Protocol):
    """A registered phone inside."""

    behaviour: Behaviour

    async def ringing(self, timeout: float = 5.0) -> None:
        """Wait until it rings."""
        ...

    async def answer(self) -> None:
        """Pick up."""
        ...

    async def refuse(self) -> None:
        """Reject the ringing call."""
        ...

    async def hang_up(self) -> None:
        """Hang up."""
        ...

    async def hold(self) -> None:
        """Put the caller on hold."""
        ...

    async def resume(self) -> None:
        """Take the caller back."""
        ...

    async def blind_transfer(self, number: str) -> None:
        """Send the caller to ``number``."""
        ...

    async def dial(self, number: str) -> Caller:
        """Call ``number``, a colleague or a feature code, and be the caller."""
        ...

    async def press(self, digits: str) -> None:
        """Press keys in the call that is up."""
        ...

    async def talks_with(self, caller: Caller, timeout: float = 5.0) -> bool:
        """Wait until both hear each other; False when they do not in time."""
        ...

    async def quiet(self, timeout: float = 5.0) -> None:
        """Wait until it has no call."""
        ...


class Stage(Protocol):
    """Where a scenario plays.

    The program under test connects to AMI at ``ami`` with the user and secret in ``files`` and
    listens for FastAGI on ``agi_port`` of 127.0.0.1.
    """

    reactor: Any
    clock: Clock
    files: AsteriskFiles
    agi_port: int
    ami: tuple[str, int]

    async def incoming(self, number: str, dnis: str, name: str = "") -> Caller:
        """Somebody calls ``dnis`` from outside."""
        ...

    async def phone(self, user: str, behaviour: Behaviour | None = None) -> AgentPhone:
        """The registered phone of ``user``; rings until told otherwise."""
        ...

    async def outside(
        self, number: str, behaviour: Behaviour | None = None, greets_s: float = 0
    ) -> AgentPhone:
        """The phone of somebody outside who may be called; rings until told otherwise.

        ``greets_s``: who answers speaks for so long and then is silent, a person for less than a
        second, a machine for several; 0: without a pause.
        """
        ...

    async def close(self) -> None:
        """End all calls, take phones off line and members out of the queues."""
        ...


async def until(clock: Clock, condition: Any, timeout: float, what: str) -> None:
    """Look at ``condition()`` every 20 ms until it is true; TimeoutError names ``what``."""
    end = clock.seconds() + timeout
    while not condition():
        if clock.seconds() >= end:
            raise TimeoutError(f"{what}: not within {timeout:g} s")
        await clock.sleep(0.02)


# -- scripted


class _ScriptedAgent:
    """AgentPhone on a scripted phone."""

    def __init__(self, phone: ScriptedPhone) -> None:
        self._phone = phone

    @property
    def behaviour(self) -> Behaviour:
        return self._phone.behaviour

    @behaviour.setter
    def behaviour(self, value: Behaviour) -> None:
        self._phone.behaviour = value

    async def ringing(self, timeout: float = 5.0) -> None:
        await self._phone.ringing(timeout)

    async def answer(self) -> None:
        await self._phone.answer()

    async def refuse(self) -> None:
        await self._phone.refuse()

    async def hang_up(self) -> None:
        await self._phone.hang_up()

    async def hold(self) -> None:
        await self._phone.hold()

    async def resume(self) -> None:
        await self._phone.resume()

    async def blind_transfer(self, number: str) -> None:
        await self._phone.blind_transfer(number)

    async def dial(self, number: str) -> Caller:
        return self._phone.dial(number)

    async def press(self, digits: str) -> None:
        call = self._phone.call
        assert call is not None
        call.channel.press(digits)

    async def talks_with(self, caller: Caller, timeout: float = 5.0) -> bool:
        assert isinstance(caller, ScriptedCall)
        try:
            await until(self._phone.core.clock, lambda: self._hears(caller), timeout, "talk")
        except TimeoutError:
            return False
        return True

    def _hears(self, caller: Party) -> bool:
        call = self._phone.call
        return call is not None and call.talks_with(caller)

    async def quiet(self, timeout: float = 5.0) -> None:
        clock = self._phone.core.clock
        await until(clock, lambda: self._phone.call is None, timeout, f"{self._phone.name} quiet")


class ScriptedStage:
    """The stage with the scripted switch; ``switch`` is at hand for what only it can do."""

    def __init__(
        self,
        reactor: Any,
        files: AsteriskFiles | None = None,
        agi_port: int = 0,
        clock: Clock | None = None,
    ) -> None:
        self.reactor = reactor
        self.agi_port = agi_port or free_port()
        self.files = files or default_files(Network(), self.agi_port)
        self.switch = ScriptedSwitch(reactor, self.files, clock)
        self.clock = self.switch.clock
        self.ami = self.switch.ami
        self.switch.start()

    async def incoming(self, number: str, dnis: str, name: str = "") -> Caller:
        """A scripted caller."""
        return self.switch.incoming(number, dnis, name)

    async def phone(self, user: str, behaviour: Behaviour | None = None) -> AgentPhone:
        """A scripted phone."""
        phone = self.switch.phone(user)
        phone.behaviour = behaviour or Ring()
        return _ScriptedAgent(phone)

    async def outside(
        self, number: str, behaviour: Behaviour | None = None, greets_s: float = 0
    ) -> AgentPhone:
        """A scripted phone beyond the trunk."""
        phone = self.switch.outside(number)
        phone.is_machine = greets_s > LONG_GREETING_S
        phone.behaviour = behaviour or Ring()
        return _ScriptedAgent(phone)

    async def close(self) -> None:
        """Stop the switch."""
        await self.switch.stop()


# -- real


@frozen
class _Greeting:
    """Speaks for so many frames and waits for an answer."""

    voice: Voice
    frames: int

    def frame(self, number: int) -> bytes:
        return self.voice.frame(number) if number < self.frames else QUIET


class _RealCaller:
    """Caller on a SIP phone that stands for the outside."""

    def __init__(self, phone: Phone, call: Call, tone: int) -> None:
        self.phone, self.call, self.tone = phone, call, tone

    @property
    def up(self) -> bool:
        return self.call.state is CallState.UP

    @property
    def over(self) -> bool:
        return self.call.state is CallState.ENDED

    async def answered(self, timeout: float = 5.0) -> None:
        await self.call.answered(timeout)

    async def ended(self, timeout: float = 10.0) -> None:
        await self.call.ended(timeout)

    async def press(self, digits: str) -> None:
        await self.call.send_digits(digits)

    async def hang_up(self) -> None:
        await self.call.hang_up()


class _RealAgent:
    """AgentPhone on a SIP phone."""

    def __init__(self, phone: Phone, tone: int) -> None:
        self.phone, self.tone = phone, tone

    @property
    def behaviour(self) -> Behaviour:
        return self.phone.behaviour

    @behaviour.setter
    def behaviour(self, value: Behaviour) -> None:
        self.phone.behaviour = value

    @property
    def _call(self) -> Call:
        if not self.phone.calls:
            raise AssertionError(f"{self.phone.user} has no call")
        return self.phone.calls[-1]

    async def ringing(self, timeout: float = 5.0) -> None:
        def rings() -> bool:
            return any(call.state is CallState.RINGING for call in self.phone.calls)

        await until(self.phone.clock, rings, timeout, f"{self.phone.user} rings")

    async def answer(self) -> None:
        self._call.answer()

    async def refuse(self) -> None:
        self._call.refuse()

    async def hang_up(self) -> None:
        await self._call.hang_up()

    async def hold(self) -> None:
        await self._call.hold()

    async def resume(self) -> None:
        await self._call.resume()

    async def blind_transfer(self, number: str) -> None:
        await blind_transfer(self._call, number)

    async def dial(self, number: str) -> Caller:
        return _RealCaller(self.phone, self.phone.dial(number), self.tone)

    async def press(self, digits: str) -> None:
        await self._call.send_digits(digits)

    async def talks_with(self, caller: Caller, timeout: float = 5.0) -> bool:
        assert isinstance(caller, _RealCaller)
        end = self.phone.clock.seconds() + timeout
        while not self.phone.calls and self.phone.clock.seconds() < end:
            await self.phone.clock.sleep(0.02)
        if not self.phone.calls:
            return False
        hears = await self._call.hears(caller.tone, timeout)
        return hears and await caller.call.hears(self.tone, timeout)

    async def quiet(self, timeout: float = 5.0) -> None:
        def none() -> bool:
            return not self.phone.calls

        await until(self.phone.clock, none, timeout, f"{self.phone.user} quiet")


class RealStage:
    """The stage with a real Asterisk; every party speaks with a tone of its own."""

    def __init__(self, reactor: Any, asterisk: RealAsterisk) -> None:
        self.reactor, self.asterisk = reactor, asterisk
        self.clock = Clock(reactor)
        self.files, self.agi_port, self.ami = asterisk.files, asterisk.agi_port, asterisk.ami
        self._phones: list[Phone] = []
        self._tones = itertools.count(500, 130)
        self._hosts = itertools.count(10)

    def _open(
        self, user: str, password: str, host: str, name: str = "", port: int = 0
    ) -> tuple[Phone, int]:
        tone = next(self._tones)
        server, voice = self.asterisk.sip, Tone(tone)
        phone = Phone(
            self.reactor, server, user, password, host=host, port=port, name=name, voice=voice
        )
        self._phones.append(phone.open())
        return phone, tone

    async def incoming(self, number: str, dnis: str, name: str = "") -> Caller:
        """A SIP phone at the trunk's address."""
        phone, tone = self._open(number, "", self.asterisk.network.trunk, name)
        return _RealCaller(phone, phone.dial(dnis), tone)

    async def phone(self, user: str, behaviour: Behaviour | None = None) -> AgentPhone:
        """A SIP phone that registers."""
        host = self.asterisk.network.host(next(self._hosts))
        secrets = {phone.name: phone.secret for phone in self.files.phones}
        phone, tone = self._open(user, secrets[user], host)
        phone.behaviour = behaviour or Ring()
        status = await phone.register()
        if status != 200:
            raise AssertionError(f"phone {user} was refused: {status}")
        return _RealAgent(phone, tone)

    async def outside(
        self, number: str, behaviour: Behaviour | None = None, greets_s: float = 0
    ) -> AgentPhone:
        """A SIP phone that stands for all the world beyond the trunk: one at a time."""
        phone, tone = self._open(number, "", self.asterisk.network.trunk, port=SIP_PORT)
        if greets_s:
            phone.voice = _Greeting(phone.voice, round(greets_s * FRAMES_A_SECOND))
        phone.behaviour = behaviour or Ring()
        return _RealAgent(phone, tone)

    async def close(self) -> None:
        """Close all phones and take their users out of the queues."""
        for phone in self._phones:
            await phone.close()
        for queue in self.files.queues:
            fixed = {member.interface for member in queue.members}
            shown = self.asterisk.rx(f"queue show {queue.name}")
            for user in (phone.name for phone in self.files.phones):
                if f"PJSIP/{user}" in shown and f"PJSIP/{user}" not in fixed:
                    self.asterisk.rx(f"queue remove member PJSIP/{user} from {queue.name}")
