"""A channel of the scripted switch: its state, its variables and the headers that show it."""

from __future__ import annotations

import enum
from collections import deque
from typing import TYPE_CHECKING

from attrs import define, frozen
from twisted.internet.defer import Deferred

from careline.testing.switch.events import CAUSES
from careline.testing.switch.signals import Change, Once, first

if TYPE_CHECKING:
    from careline.testing.switch.core import Core

UNKNOWN = "<unknown>"


class State(enum.IntEnum):
    """Channel states with Asterisk's numbers."""

    DOWN = 0
    RING = 4
    RINGING = 5
    UP = 6


@frozen
class Identity:
    """Number and name of a party."""

    number: str = ""
    name: str = ""


@define
class Place:
    """Where in the dialplan a channel stands."""

    context: str
    exten: str
    priority: int = 1


class Bridge:
    """Channels that talk with each other."""

    def __init__(self, core: Core) -> None:
        self.unique_id = core.new_bridge_id()
        self.channels: list[Channel] = []
        self.changed = Change()
        self._core = core
        core.bridges.append(self)
        core.events.send("BridgeCreate", self.headers())

    def headers(self) -> list[tuple[str, object]]:
        """The bridge in an event."""
        return [
            ("BridgeUniqueid", self.unique_id),
            ("BridgeType", "basic"),
            ("BridgeTechnology", "simple_bridge"),
            ("BridgeCreator", UNKNOWN),
            ("BridgeName", UNKNOWN),
            ("BridgeNumChannels", len(self.channels)),
            ("BridgeVideoSourceMode", "none"),
        ]

    def enter(self, channel: Channel) -> None:
        """Take ``channel`` in."""
        self.channels.append(channel)
        channel.bridge = self
        self._core.events.send("BridgeEnter", self.headers(), channel.headers())
        self.changed.tell()

    def leave(self, channel: Channel) -> None:
        """Let ``channel`` out; one that is left alone has no talk any more."""
        if channel not in self.channels:
            return
        self.channels.remove(channel)
        channel.bridge = None
        self._core.events.send("BridgeLeave", self.headers(), channel.headers())
        if not self.channels:
            self._core.bridges.remove(self)
            self._core.events.send("BridgeDestroy", self.headers())
        elif len(self.channels) == 1:
            last = self.channels[0]
            self._core.soon(lambda: self._dissolve(last))
        self.changed.tell()

    def _dissolve(self, last: Channel) -> None:
        """A leg that runs no dialplan and is alone goes where it was told to, else hangs up."""
        if last.bridge is not self or len(self.channels) > 1 or last.pbx is not None:
            return
        self.leave(last)
        place, last.afterwards = last.afterwards, None
        if place is not None and not last.gone.come:
            last.place = place
            self._core.start_pbx(last)
            return
        last.hang_up(16)
        last.remove(16)

    def carry(self, leg: Channel) -> None:
        """Take in a leg that runs no dialplan; when it hangs up it leaves, and is no more."""
        self.enter(leg)

        def gone(_: object) -> None:
            if leg.bridge is self and leg.pbx is None:
                self.leave(leg)
                leg.remove(leg.gone.value or 16)

        leg.gone.wait().addCallback(gone)

    async def stay(self, channel: Channel) -> None:
        """Wait until ``channel`` has nobody to talk with here, or is taken out."""
        while channel.bridge is self and len(self.channels) > 1:
            await self.changed.wait()
        if channel.redirect_to is not None or channel.gone.come or channel.pulled:
            await Once[None]().wait()  # its dialplan is broken off in a moment


class Channel:
    """One leg of a call.

    ``device`` is what it belongs to (``PJSIP/2001``); ``pbx`` the dialplan that runs on it, None
    for a leg that an application called. ``gone`` fires with the cause when it is hung up.
    """

    def __init__(
        self,
        core: Core,
        device: str,
        place: Place,
        caller: Identity,
        linked: Channel | None = None,
        *,
        name: str = "",
        unique_id: str = "",
    ) -> None:
        self.core, self.device, self.place, self.caller = core, device, place, caller
        self.name = name or f"{device}-{core.next_channel():08x}"
        self.unique_id = unique_id or core.new_unique_id()
        self.linked_id: str = linked.linked_id if linked else self.unique_id
        self.connected = Identity()
        self.state = State.DOWN
        self.language = "zh"
        self.variables: dict[str, str] = {}
        self.application = self.application_data = ""
        self.bridge: Bridge | None = None
        self.pbx: Deferred[None] | None = None
        self.master: Channel | None = None
        self.twin: Channel | None = None
        self.on_hold = False
        self.redirect_to: Place | None = None
        self.afterwards: Place | None = None
        self.pulled = False
        self.spies_on: Channel | None = None
        self.keys_heard = ""
        self.heard: list[str] = []
        self.dialled = ""
        self.refused = 0
        self.is_machine = False
        self.created = core.clock.seconds()
        self.gone: Once[int] = Once()
        self.transferred: Once[Place] = Once()
        self.answered: Once[None] = Once()
        self._keys: deque[str] = deque()
        self._pressed = Change()
        core.channels[self.name] = self

    def headers(self, prefix: str = "") -> list[tuple[str, object]]:
        """The channel in an event; ``prefix`` is ``Dest`` for the called one."""
        fields: list[tuple[str, object]] = [
            ("Channel", self.name),
            ("ChannelState", int(self.state)),
            ("ChannelStateDesc", self.state.name.capitalize()),
            ("CallerIDNum", self.caller.number or UNKNOWN),
            ("CallerIDName", self.caller.name or UNKNOWN),
            ("ConnectedLineNum", self.connected.number or UNKNOWN),
            ("ConnectedLineName", self.connected.name or UNKNOWN),
            ("Language", self.language),
            ("AccountCode", ""),
            ("Context", self.place.context),
            ("Exten", self.place.exten),
            ("Priority", self.place.priority),
            ("Uniqueid", self.unique_id),
            ("Linkedid", self.linked_id),
            ("ChanVariable", f"CARELINE_CALL={self.get('CARELINE_CALL')}"),
        ]
        return [(prefix + key, value) for key, value in fields]

    # -- variables

    def get(self, name: str) -> str:
        """Variable ``name``; "" when unset, as in the dialplan."""
        forms = (form + name for form in ("", "_", "__"))
        return next((self.variables[form] for form in forms if form in self.variables), "")

    def has(self, name: str) -> bool:
        """True when variable ``name`` is set."""
        return any(form + name in self.variables for form in ("", "_", "__"))

    def set(self, name: str, value: str) -> None:
        """Set a variable; ``_`` and ``__`` before its name let new legs inherit it."""
        bare = name.lstrip("_")
        for form in ("", "_", "__"):
            self.variables.pop(form + bare, None)
        self.variables[name] = value

    def inherit(self, parent: Channel) -> None:
        """Take over what ``parent`` hands down."""
        for name, value in parent.variables.items():
            if name.startswith("__"):
                self.variables[name] = value
            elif name.startswith("_"):
                self.variables[name[1:]] = value

    # -- state

    def enter_state(self, state: State) -> None:
        """Change state, with its event."""
        if state is self.state:
            return
        self.state = state
        self.core.events.send("Newstate", self.headers())
        self.core.device_changed(self.device)
        if state is State.UP:
            self.answered.give(None)

    def connect_line(self, other: Channel) -> None:
        """Learn who is at the other end, with its event."""
        if self.connected != other.caller:
            self.connected = other.caller
            self.core.events.send("NewConnectedLine", self.headers())

    def hang_up(self, cause: int = 0, *, by_peer: bool = False) -> None:
        """End it. What runs on it, or the application that called it, takes it off the switch."""
        if self.gone.come:
            return
        if by_peer:
            shown = [("Cause", cause)] if cause else []
            self.core.events.send("HangupRequest", self.headers(), shown, self._technical)
        self.gone.give(cause)
        self.stop_pbx()

    def redirect(self, place: Place) -> None:
        """Let its dialplan go on at ``place``; a leg that ran none runs one from now on."""
        if self.pbx is not None:
            self.redirect_to = place
            self.stop_pbx()
            return
        self.afterwards, self.place = None, place
        if self.bridge:
            self.bridge.leave(self)
        self.core.start_pbx(self)

    def pull(self) -> None:
        """Take it out of whatever it is in: its dialplan ends, the call does not."""
        if self.pbx is not None:
            self.pulled = True
            self.pbx.cancel()
        if self.bridge:
            self.bridge.leave(self)

    def stop_pbx(self) -> None:
        """Break off what its dialplan is doing, a moment later: it may be what calls this."""
        if self.pbx is not None:
            self.core.soon(self.pbx.cancel)

    def remove(self, cause: int) -> None:
        """Take it off the switch, with its last event."""
        if self.core.channels.pop(self.name, None) is None:
            return
        self.gone.give(cause)
        why: list[tuple[str, object]] = [("Cause", cause)]
        why.append(("Cause-txt", CAUSES.get(cause, "Unknown")))
        self.core.events.send("Hangup", self.headers(), why, self._technical)
        self.core.device_changed(self.device)

    @property
    def _technical(self) -> list[tuple[str, object]]:
        return [("TechCause", self.refused)] if self.refused else []

    def reaches(self) -> frozenset[str]:
        """Names of the channels that hear this one, also through Local channels."""
        found, ahead = {self.name}, [self]
        while ahead:
            channel = ahead.pop()
            beside = list(channel.bridge.channels) if channel.bridge else []
            for other in (*beside, *([channel.twin] if channel.twin else [])):
                if other.name not in found and not other.on_hold:
                    found.add(other.name)
                    ahead.append(other)
        found |= self._through_spies()
        return frozenset() if self.on_hold else frozenset(found)

    def _through_spies(self) -> frozenset[str]:
        """Who hears it because somebody listens, and whom it reaches by listening itself."""
        found: list[str] = []
        for spy in self.core.channels.values():
            watched = spy.spies_on
            if watched is None:
                continue
            talk = watched.bridge.channels if watched.bridge else [watched]
            if self in talk:
                found.append(spy.name)
            if spy is self:
                spoken = {"whisper": [watched], "barge": talk}.get(self.place.exten, [])
                found += [one.name for one in spoken]
        return frozenset(found)

    # -- keypad and ear

    def press(self, digits: str) -> None:
        """The other side presses keys."""
        self._keys.extend(digits)
        self._pressed.tell()

    def forget_keys(self) -> None:
        """Nobody read them in time."""
        self._keys.clear()

    async def key(self, seconds: float | None) -> str:
        """The next key, waiting up to ``seconds`` (for ever when None); "" when none came."""
        if self._keys:
            return self._keys.popleft()
        if seconds is None:
            await self._pressed.wait()
        elif seconds <= 0 or await first(self._pressed.wait(), self.core.timer(seconds)):
            return ""
        return self._keys.popleft() if self._keys else ""

    async def play(self, file: str, escape: str = "") -> str:
        """Play a sound file; the key of ``escape`` that interrupted it, or ""."""
        self.heard.append(file)
        self.core.heard.tell()
        end = self.core.clock.seconds() + self.core.sound_seconds
        while (left := end - self.core.clock.seconds()) > 0:
            key = await self.key(left)
            if key and key in escape:
                return key
        return ""

    def __repr__(self) -> str:
        return f"<{self.name} {self.state.name} {self.place.context},{self.place.exten}>"
