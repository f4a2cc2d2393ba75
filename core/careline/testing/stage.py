"""One stage for a scenario, twice: with the scripted switch, and with a real Asterisk and phones.

A scenario is written once (``caller = await stage.incoming(...)``, ``await caller.press("1")``,
``await agent.answer()``) and runs on both, so that the fake cannot drift from what it imitates.
"""

from __future__ import annotations

from typing import Any, Protocol

from twisted.internet.defer import TimeoutError

from careline.asterisk.model import AsteriskFiles
from careline.clock import Clock
from careline.demo.phone import PATIENCE_S, Answer, Refuse, Ring
from careline.testing.asterisk import Network, default_files
from careline.testing.ports import free_port
from careline.testing.switch import ScriptedCall, ScriptedPhone, ScriptedSwitch
from careline.testing.switch.people import Party

Behaviour = Answer | Ring | Refuse
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

    async def answered(self, timeout: float = PATIENCE_S) -> None:
        """Wait until the switch answers."""
        ...

    async def ended(self, timeout: float = PATIENCE_S) -> None:
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

    async def ringing(self, timeout: float = PATIENCE_S) -> None:
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

    async def talks_with(self, caller: Caller, timeout: float = PATIENCE_S) -> bool:
        """Wait until both hear each other; False when they do not in time."""
        ...

    async def quiet(self, timeout: float = PATIENCE_S) -> None:
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

    async def ringing(self, timeout: float = PATIENCE_S) -> None:
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

    async def talks_with(self, caller: Caller, timeout: float = PATIENCE_S) -> bool:
        assert isinstance(caller, ScriptedCall)
        try:
            await until(self._phone.core.clock, lambda: self._hears(caller), timeout, "talk")
        except TimeoutError:
            return False
        return True

    def _hears(self, caller: Party) -> bool:
        call = self._phone.call
        return call is not None and call.talks_with(caller)

    async def quiet(self, timeout: float = PATIENCE_S) -> None:
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
