"""The stage with a real Asterisk: callers and agents are SIP phones that speak and hear."""

from __future__ import annotations

import itertools
from typing import Any

from attrs import frozen

from careline.clock import Clock
from careline.demo.phone import PATIENCE_S, Call, CallState, Phone, Ring, Tone, blind_transfer
from careline.demo.phone.voice import QUIET, Voice
from careline.testing.asterisk import RealAsterisk
from careline.testing.stage import AgentPhone, Behaviour, Caller, until

SIP_PORT = 5060
FRAMES_A_SECOND = 50
LISTENS_S = 5.0


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

    async def answered(self, timeout: float = PATIENCE_S) -> None:
        await self.call.answered(timeout)

    async def ended(self, timeout: float = PATIENCE_S) -> None:
        await self.call.ended(timeout)

    async def press(self, digits: str) -> None:
        """Once something is heard, for before that nobody listens; in silence after a while."""
        end = self.phone.clock.seconds() + LISTENS_S
        while not self.call.rtp.ear.loud(0.0) and self.phone.clock.seconds() < end:
            await self.phone.clock.sleep(0.02)
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

    async def ringing(self, timeout: float = PATIENCE_S) -> None:
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

    async def talks_with(self, caller: Caller, timeout: float = PATIENCE_S) -> bool:
        assert isinstance(caller, _RealCaller)
        end = self.phone.clock.seconds() + timeout
        while not self.phone.calls and self.phone.clock.seconds() < end:
            await self.phone.clock.sleep(0.02)
        if not self.phone.calls:
            return False
        hears = await self._call.hears(caller.tone, timeout)
        return hears and await caller.call.hears(self.tone, timeout)

    async def quiet(self, timeout: float = PATIENCE_S) -> None:
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
        await self._found()
        return _RealAgent(phone, tone)

    async def _found(self) -> None:
        """Have Asterisk look at the trunk: after a look in vain it dials nobody there for long."""
        end = self.clock.seconds() + PATIENCE_S
        for name in (trunk.name for trunk in self.files.trunks if trunk.qualify_s):
            seen = ""
            while " Avail" not in seen:
                if self.clock.seconds() > end:
                    raise AssertionError(f"trunk {name} is not there: {seen}")
                self.asterisk.rx(f"pjsip qualify {name}")
                await self.clock.sleep(0.2)  # in which the phone answers
                seen = self.asterisk.rx(f"pjsip show aor {name}")

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
