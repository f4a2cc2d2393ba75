"""The gateways that messages go out by, in order, with what limits each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import define, evolve, field, frozen

from careline.clock import Clock
from careline.errors import NotFound
from careline.messaging.gateway import Busy, Gateway, GatewayState, Uncertain
from careline_sms.console import Console
from careline_sms.gateways import words
from careline_sms.gateways.parts import Alphabet, split
from careline_sms.gateways.settings import GatewaySettings
from careline_sms.model import Message
from careline_sms.sending.pace import Pace

PROBE_S = 5.0
"""Seconds between tries of a gateway that says that it is down; it may not notice by itself."""
LONGEST_PROBE_S = 600.0
"""Each try is somebody's message: after each that is uncertain again the next waits twice as long.
"""
ENOUGH = 5
"""Uncertain endings in a row after which a gateway counts as down, whatever it says itself."""


@frozen(kw_only=True)
class Offer:
    """What a line could take now, as the claim needs to know it; ``room`` 0 for none.

    ``any_text``: it sends whatever stands in a message, not approved texts only. ``probes``: it is
    down, and tried with a single message that may well be lost.
    """

    name: str
    room: int
    any_text: bool = True
    probes: bool = False
    campuses: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()

    def fits(self, message: Message) -> bool:
        """True when it is meant for such messages."""
        return (not self.campuses or message.campus in self.campuses) and (
            not self.purposes or message.purpose in self.purposes
        )


@define(eq=False)
class Line:
    """One gateway in use; ``resting_until`` and ``probe_at`` are of the monotonic clock.

    ``lost`` counts uncertain endings in a row, ``probes`` those of single tries among them.
    """

    gateway: Gateway
    settings: GatewaySettings
    pace: Pace
    clock: Clock
    inflight: int = 0
    resting_until: float = 0.0
    probe_at: float = 0.0
    lost: int = 0
    probes: int = 0
    _probing: bool = False

    @property
    def name(self) -> str:
        """That of its table."""
        return self.gateway.name

    @property
    def room(self) -> int:
        """How many more it could send now; one that is down is tried with a single one."""
        if self.rests:
            return 0
        if not self.state.up:
            probes = not self.inflight and self.clock.seconds() >= self.probe_at
            return min(1, self.pace.room) if probes else 0
        return max(0, min(self.gateway.room - self.inflight, self.pace.room))

    @property
    def state(self) -> GatewayState:
        """How it is; one of which nobody knows any more what it does is down too."""
        found = self.gateway.state()
        if self.lost < ENOUGH:
            return found
        return evolve(found, up=False, detail=found.detail or words.NO_ANSWER)

    @property
    def rests(self) -> bool:
        """True while it asked to be left alone."""
        return self.clock.seconds() < self.resting_until

    @property
    def pause(self) -> float | None:
        """Seconds until it is worth asking again; None when nobody can say."""
        if self.rests:
            return self.resting_until - self.clock.seconds()
        return self.pace.pause or None

    def begin(self) -> None:
        """One is being sent."""
        self._probing = not self.state.up
        self.inflight += 1
        self.pace.take(1)
        self._wait()

    def ended(self, ending: object) -> None:
        """One has ended so: a Sent, Rejected, Busy or Uncertain."""
        self.inflight -= 1
        if isinstance(ending, Busy):
            self.rest(ending.retry_s)
        elif isinstance(ending, Uncertain):
            self.lost += 1
            self.probes += self._probing
            self._wait()
        else:
            self.lost = self.probes = 0

    def _wait(self) -> None:
        pause = min(LONGEST_PROBE_S, PROBE_S * 2.0 ** min(self.probes, 10))
        self.probe_at = self.clock.seconds() + pause

    def rest(self, seconds: float) -> None:
        """It is busy: leave it alone for a while."""
        self.resting_until = max(self.resting_until, self.clock.seconds() + seconds)

    def offer(self) -> Offer:
        """What it could take now."""
        return Offer(
            name=self.name,
            room=self.room,
            any_text=self.settings.any_text,
            probes=not self.state.up,
            campuses=self.settings.campuses,
            purposes=self.settings.purposes,
        )

    def parts(self, text: str) -> int:
        """How many parts of a signed text are paid for."""
        alphabet = Alphabet.UCS2 if self.settings.charges_ucs2 else None
        return split(text, alphabet).count


@frozen(kw_only=True)
class GatewayLine:
    """A gateway for pages; ``price`` in thousandths for each part."""

    name: str
    kind: str
    takes_key: bool
    per_second: float
    price: int
    state: GatewayState
    resting: bool


@define(eq=False)
class Lines:
    """All of them in the order in which they are tried."""

    lines: Mapping[str, Line] = field(factory=dict)

    def get(self, name: str) -> Line | None:
        """One by name; None when it is not configured any more."""
        return self.lines.get(name)

    def offers(self) -> list[Offer]:
        """What each could take now, those with no room too."""
        return [line.offer() for line in self.lines.values()]

    def takes_key(self, name: str) -> bool:
        """True when a repetition there is safe."""
        line = self.lines.get(name)
        return line is not None and line.gateway.takes_key

    def per_second(self, name: str) -> float:
        """How many messages a second it takes from all processes together."""
        line = self.lines.get(name)
        return line.settings.per_second if line else 1.0

    def shows(self, name: str) -> bool:
        """True for one whose messages a page shows as telephones would, links included."""
        line = self.lines.get(name)
        return line is not None and isinstance(line.gateway, Console)

    def first(self, campus: str = "", purpose: str = "") -> Line | None:
        """The one that comes first for such messages."""
        for line in self.lines.values():
            campuses, purposes = line.settings.campuses, line.settings.purposes
            if (not campuses or campus in campuses) and (not purposes or purpose in purposes):
                return line
        return None

    @property
    def pause(self) -> float | None:
        """Seconds until one that is limited has room again."""
        return min((one for line in self.lines.values() if (one := line.pause)), default=None)

    async def console_reply(self, number: str, text: str) -> None:
        """Somebody at the console's page answers as the patient would; NotFound without one."""
        gateways = (line.gateway for line in self.lines.values())
        console = next((one for one in gateways if isinstance(one, Console)), None)
        if console is None:
            raise NotFound("sms.console", "there is no gateway of kind console")
        await console.answer(number, text)

    def listed(self) -> Sequence[GatewayLine]:
        """All for pages."""
        return [
            GatewayLine(
                name=line.name,
                kind=line.settings.kind,
                takes_key=line.gateway.takes_key,
                per_second=line.settings.per_second,
                price=line.settings.price,
                state=line.state,
                resting=line.rests,
            )
            for line in self.lines.values()
        ]
