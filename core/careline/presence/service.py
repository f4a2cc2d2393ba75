"""Takes desks out before a call is offered to them: no phone, or a page that does not live.

A page beats every 5 s. One that was not heard for 12 s, and a phone that stays away for 4 s (a
reload of the page takes 2), makes its agent not ready; what the agent was comes back with them.
Only agents who began their work in a page need one: who signs in at a desk phone has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from careline.agents.model import ON_CALL, AgentStatus, Reason, State
from careline.agents.service import AgentChange, Agents
from careline.clock import Clock
from careline.presence.model import Registered, Seat
from careline.storage.behind import WriteBehind
from careline.telephony.ami import Message
from careline.telephony.switch import Device

EVENTS = ("DeviceStateChange", "ContactStatus")
TECHNOLOGY = "PJSIP/"
BEAT_LIMIT_S = 12.0
PHONE_GRACE_S = 4.0

log = Logger()

PhoneListener = Callable[[str, bool], object]


@define(eq=False)
class _Page:
    """The page that leads an agent's desk: its tab's id, and when it was last heard."""

    tab: str = ""
    heard: float = 0.0
    timer: IDelayedCall | None = None


@define(eq=False)
class _Line:
    """One phone, whether it counts as there, and the timer that ends its grace."""

    registered: Registered = field(factory=Registered)
    there: bool = True
    timer: IDelayedCall | None = None


class Presence:
    """All desks; tells :class:`Agents` whom no call can be offered."""

    def __init__(self, clock: Clock, agents: Agents, seats: WriteBehind[Seat]) -> None:
        self._clock = clock
        self._agents = agents
        self._log = seats
        self._seats: dict[str, Seat] = {}
        self._pages: dict[str, _Page] = {}
        self._lines: dict[str, _Line] = {}
        self._phone_listeners: list[PhoneListener] = []
        self._guard = log.failureHandler("a listener to phones failed")
        agents.watch(self.present)
        agents.listen(self._agent_changed)

    # What the desk says

    def resume(self, seats: Iterable[Seat]) -> None:
        """Take up where agents sat under an earlier core; each page has its time to be heard.

        A desk that was away already stays so until its page is heard.
        """
        for seat in seats:
            status = self._agents.states.get(seat.agent)
            if status and status.state is not State.SIGNED_OUT:
                self._seats[seat.agent] = seat
                if seat.browser and status.reason is not Reason.PHONE_AWAY:
                    self._heard(seat.agent, "")

    def sit(self, seat: Seat, tab: str = "") -> None:
        """An agent begins work at a seat; called before the agent is signed in there."""
        self._seats[seat.agent] = seat
        self._log.put(seat)
        if seat.browser:
            self._heard(seat.agent, tab)

    def seat(self, agent: str) -> Seat | None:
        """Where the agent sits, if that is known."""
        return self._seats.get(agent)

    def beat(self, agent: str, tab: str, *, takes_over: bool = False) -> bool:
        """A page lives; True when it is the one that leads this agent's desk.

        Another page leads as long as it is heard, unless this one ``takes_over``.
        """
        page = self._pages.get(agent)
        leads = page is None or page.tab in ("", tab) or not self._fresh(page) or takes_over
        if leads:
            self._heard(agent, tab)
        return leads

    def _heard(self, agent: str, tab: str) -> None:
        page = self._pages.setdefault(agent, _Page())
        page.tab, page.heard = tab, self._clock.seconds()
        if page.timer and page.timer.active():
            page.timer.cancel()
        page.timer = self._clock.call_later(BEAT_LIMIT_S, lambda: self._judge(agent))
        self._judge(agent)

    def _fresh(self, page: _Page) -> bool:
        return self._clock.seconds() - page.heard < BEAT_LIMIT_S

    # What the switch says

    def listen_phones(self, listener: PhoneListener) -> None:
        """Have ``listener(phone, there)`` called at once when a phone goes or comes."""
        self._phone_listeners.append(listener)

    def phone_there(self, phone: str) -> bool:
        """True when a call can ring there now, as far as is known."""
        line = self._lines.get(phone)
        return line is None or line.registered.there

    def phone_event(self, message: Message) -> None:
        """One of :data:`EVENTS`."""
        if message.name == "DeviceStateChange":
            self._device(Device.of(message))
        else:
            phone = message.get("AOR")
            self._told(
                phone,
                self._line(phone).registered.contact(
                    message.get("URI"), message.get("ContactStatus")
                ),
            )

    def reset(self, devices: Iterable[Device]) -> None:
        """In step with the switch: how all devices are now.

        A phone that came back while no core was there to hear of it brings its agent back too.
        """
        for device in devices:
            self._device(device)
        for agent in tuple(self._agents.states):
            self._judge(agent)

    def _device(self, device: Device) -> None:
        if device.name.startswith(TECHNOLOGY):
            phone = device.name.removeprefix(TECHNOLOGY)
            self._told(phone, self._line(phone).registered.device(device.state))

    def _line(self, phone: str) -> _Line:
        return self._lines.setdefault(phone, _Line())

    def _told(self, phone: str, now: Registered) -> None:
        line = self._line(phone)
        before, line.registered = line.registered, now
        if before.there == now.there:
            return
        if line.timer and line.timer.active():
            line.timer.cancel()
        if now.there:
            self._set_line(phone, there=True)
        else:
            line.timer = self._clock.call_later(
                PHONE_GRACE_S, lambda: self._set_line(phone, there=False)
            )
        for listener in tuple(self._phone_listeners):
            with self._guard:
                listener(phone, now.there)

    def _set_line(self, phone: str, *, there: bool) -> None:
        self._line(phone).there = there
        status = self._agents.on_phone(phone)
        if status:
            self._judge(status.agent)

    # What follows

    def present(self, status: AgentStatus) -> bool:
        """True when a call may be offered to the agent."""
        line = self._lines.get(status.phone)
        if line is not None and not line.there:
            return False
        seat = self._seats.get(status.agent)
        if seat is None or not seat.browser or seat.phone != status.phone:
            return True
        page = self._pages.get(status.agent)
        return page is not None and self._fresh(page)

    def missing(self, agent: str) -> str:
        """What keeps calls from a signed-in agent: "phone", "page" or nothing."""
        status = self._agents.states.get(agent)
        if status is None or status.state is State.SIGNED_OUT or self.present(status):
            return ""
        line = self._lines.get(status.phone)
        return "phone" if line is not None and not line.there else "page"

    def _judge(self, agent: str) -> None:
        status = self._agents.states.get(agent)
        if status is None or status.state in ON_CALL:
            return
        now = self._clock.now()
        if not self.present(status):
            self._agents.phone_away(agent, now)
        elif status.reason is Reason.PHONE_AWAY:
            self._agents.phone_back(agent, now)

    def _agent_changed(self, change: AgentChange) -> None:
        agent = change.after.agent
        if change.after.state is not State.SIGNED_OUT:
            return
        if self._seats.pop(agent, None):
            self._log.put(Seat(agent=agent))
        page = self._pages.pop(agent, None)
        if page and page.timer and page.timer.active():
            page.timer.cancel()

    def stop(self) -> None:
        """Cancel the timers."""
        timers = [page.timer for page in self._pages.values()]
        timers += [line.timer for line in self._lines.values()]
        for timer in timers:
            if timer and timer.active():
                timer.cancel()
