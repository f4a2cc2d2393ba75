"""An agent and the states it can be in; pure rules, so that none impossible can be reached."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from enum import Enum

from attrs import evolve, field, frozen
from attrs.validators import matches_re, max_len

from careline.errors import Refused


class State(Enum):
    """What an agent does now (CALL-5)."""

    SIGNED_OUT = "signed_out"
    READY = "ready"
    NOT_READY = "not_ready"
    RINGING = "ringing"
    TALKING = "talking"
    HOLDING = "holding"
    CONSULTING = "consulting"
    WRAP_UP = "wrap_up"


class Reason(Enum):
    """Why an agent is not ready (示忙原因)."""

    NONE = ""
    SIGNED_IN = "signed_in"
    BREAK = "break"
    MEAL = "meal"
    TRAINING = "training"
    MEETING = "meeting"
    NO_ANSWER = "no_answer"
    PHONE_AWAY = "phone_away"


#: Reasons an agent may give, in the order of the digits 1.. on a desk phone.
CHOSEN_REASONS = (Reason.BREAK, Reason.MEAL, Reason.TRAINING, Reason.MEETING)

ON_CALL = frozenset({State.TALKING, State.HOLDING, State.CONSULTING})
SIGNED_IN = frozenset(State) - {State.SIGNED_OUT}


@frozen(kw_only=True)
class Skill:
    """An agent serves a queue with a level: 1 is asked first, 9 last."""

    queue: str
    level: int = 1


@frozen(kw_only=True)
class Agent:
    """A person who takes calls. ``id`` is the number announced to callers (工号).

    ``phone`` stands on the desk, ``browser_phone`` is the one in the workspace's page; either may
    be missing. ``team`` is whom a shift leader looks after (班组).
    """

    id: str = field(validator=matches_re(r"[0-9]{2,8}"))
    name: str
    phone: str = field(default="", validator=matches_re(r"|[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"))
    browser_phone: str = field(
        default="", validator=matches_re(r"|[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
    )
    campus: str = ""
    team: str = field(default="", validator=max_len(64))
    pin_hash: str = field(default="", repr=False)
    skills: tuple[Skill, ...] = ()
    active: bool = True


@frozen(kw_only=True)
class Phone:
    """A SIP phone of the house, or a browser's (``webrtc``); it logs in with ``secret``.

    ``outside``: no phone of the house but a caller's, as if it came over a trunk, with any number
    it likes to show; for demonstrations and trials only.
    """

    name: str = field(validator=matches_re(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"))
    secret: str = field(repr=False)
    webrtc: bool = False
    outside: bool = False


@frozen(kw_only=True)
class AgentStatus:
    """What an agent does since when, on which phone and call.

    ``afterwards`` is the state to take when call and wrap-up are over; ``until`` ends the state by
    itself (wrap-up limit, no-answer penalty).
    """

    agent: str
    state: State = State.SIGNED_OUT
    reason: Reason = Reason.NONE
    since: datetime
    phone: str = ""
    call: str = ""
    afterwards: State = State.READY
    afterwards_reason: Reason = Reason.NONE
    until: datetime | None = None

    @property
    def takes_calls(self) -> bool:
        """True when the switch may offer a call.

        While the phone rings it is as it will be afterwards. A colleague may ring one who is not
        ready too: when that ring ends, a queue would ring the phone again before it was told.
        """
        if self.state is State.RINGING:
            return self.afterwards is State.READY
        return self.state is State.READY


def sign_in(now: AgentStatus, at: datetime, phone: str) -> AgentStatus:
    """On ``phone``, not ready yet. Refused when signed in already."""
    if now.state is not State.SIGNED_OUT:
        raise Refused("agent.signed_in", "agent {agent} is signed in already", agent=now.agent)
    return _to(now, at, State.NOT_READY, reason=Reason.SIGNED_IN, phone=phone)


def sign_out(now: AgentStatus, at: datetime) -> AgentStatus:
    """Gone; in a call it is done afterwards. Refused when signed out already."""
    _must_be_in(now)
    if now.state in ON_CALL or now.state is State.RINGING:
        return evolve(now, afterwards=State.SIGNED_OUT)
    return _to(now, at, State.SIGNED_OUT, phone="")


def ready(now: AgentStatus, at: datetime) -> AgentStatus:
    """Ready (示闲); ends wrap-up; in a call it is done afterwards. Refused when signed out."""
    _must_be_in(now)
    if now.state in ON_CALL or now.state is State.RINGING:
        return evolve(now, afterwards=State.READY, afterwards_reason=Reason.NONE)
    return now if now.state is State.READY else _to(now, at, State.READY)


def not_ready(now: AgentStatus, at: datetime, reason: Reason) -> AgentStatus:
    """Not ready (示忙) with a reason; in a call it is done afterwards. Refused when signed out."""
    _must_be_in(now)
    if now.state in ON_CALL or now.state is State.RINGING:
        return evolve(now, afterwards=State.NOT_READY, afterwards_reason=reason)
    return _to(now, at, State.NOT_READY, reason=reason)


def ring(now: AgentStatus, at: datetime, call: str) -> AgentStatus:
    """The phone rings for ``call``; means nothing to one who is on a call."""
    if now.state in ON_CALL or now.state is State.SIGNED_OUT:
        return now
    return _interrupted(now, at, State.RINGING, call)


def ring_stopped(now: AgentStatus, at: datetime) -> AgentStatus:
    """The caller gave up or somebody else answered: as before."""
    if now.state is not State.RINGING:
        return now
    return _rest(now, at)


def no_answer(now: AgentStatus, at: datetime, penalty: timedelta) -> AgentStatus:
    """Let it ring out: not ready for the penalty, then ready again by itself.

    One who wished for something else meanwhile (to go for a meal, to leave) has that instead.
    """
    if now.state is not State.RINGING:
        return now
    if now.afterwards is not State.READY:
        return _rest(now, at)
    return _to(now, at, State.NOT_READY, reason=Reason.NO_ANSWER, until=at + penalty)


def talk(now: AgentStatus, at: datetime, call: str) -> AgentStatus:
    """In conversation on ``call`` (also back from hold or consultation)."""
    if now.state is State.SIGNED_OUT or (now.state is State.TALKING and now.call == call):
        return now
    return _interrupted(now, at, State.TALKING, call)


def hold(now: AgentStatus, at: datetime) -> AgentStatus:
    """The other side is on hold."""
    return _during(now, at, State.HOLDING)


def consult(now: AgentStatus, at: datetime) -> AgentStatus:
    """Asking a colleague while the caller waits."""
    return _during(now, at, State.CONSULTING)


def hang_up(now: AgentStatus, at: datetime, wrap_up: timedelta) -> AgentStatus:
    """The call is over: wrap-up (话后处理) for at most ``wrap_up``, zero skips it."""
    if now.state not in ON_CALL:
        return now
    if not wrap_up:
        return _rest(now, at)
    return _to(
        now,
        at,
        State.WRAP_UP,
        call=now.call,
        afterwards=now.afterwards,
        afterwards_reason=now.afterwards_reason,
        until=at + wrap_up,
    )


def finish(now: AgentStatus, at: datetime) -> AgentStatus:
    """Done with the wrap-up before its limit: on to what was wished for. Refused elsewhere."""
    if now.state is not State.WRAP_UP:
        raise Refused("agent.no_wrap_up", "agent {agent} wraps up no call", agent=now.agent)
    return _rest(now, at)


def phone_away(now: AgentStatus, at: datetime) -> AgentStatus:
    """No call can be offered: its phone or page is away; what it was comes back with that.

    A call and its wrap-up go on, and one who is not ready for a reason of its own stays so.
    """
    if now.state is not State.READY:
        return now
    return _to(now, at, State.NOT_READY, reason=Reason.PHONE_AWAY)


def phone_back(now: AgentStatus, at: datetime) -> AgentStatus:
    """Phone and page are there again: as it was before."""
    away = now.state is State.NOT_READY and now.reason is Reason.PHONE_AWAY
    return _rest(now, at) if away else now


def lapse(now: AgentStatus, at: datetime) -> AgentStatus:
    """``until`` has come: wrap-up ends, a penalty is over."""
    if now.until is None or at < now.until:
        return now
    if now.state is State.NOT_READY:
        return _to(now, at, State.READY)
    return _rest(now, at) if now.state is State.WRAP_UP else evolve(now, until=None)


def _interrupted(now: AgentStatus, at: datetime, state: State, call: str) -> AgentStatus:
    """A call comes: afterwards it is as wished for, or not ready as before.

    What would have ended by itself (a penalty, wrap-up) is over with it, else nothing would end it.
    """
    idle = now.state is State.NOT_READY and now.until is None
    return _to(
        now,
        at,
        state,
        call=call,
        afterwards=State.NOT_READY if idle else now.afterwards,
        afterwards_reason=now.reason if idle else now.afterwards_reason,
    )


def _rest(now: AgentStatus, at: datetime) -> AgentStatus:
    """What was wished for afterwards."""
    phone = "" if now.afterwards is State.SIGNED_OUT else now.phone
    idle = now.afterwards is State.NOT_READY
    reason = now.afterwards_reason if idle else Reason.NONE
    return _to(now, at, now.afterwards, reason=reason, phone=phone)


def _during(now: AgentStatus, at: datetime, state: State) -> AgentStatus:
    if now.state not in ON_CALL or now.state is state:
        return now
    return evolve(now, state=state, since=at)


def _must_be_in(now: AgentStatus) -> None:
    if now.state is State.SIGNED_OUT:
        raise Refused("agent.signed_out", "agent {agent} is not signed in", agent=now.agent)


def _to(
    now: AgentStatus,
    at: datetime,
    state: State,
    *,
    reason: Reason = Reason.NONE,
    phone: str | None = None,
    call: str = "",
    afterwards: State = State.READY,
    afterwards_reason: Reason = Reason.NONE,
    until: datetime | None = None,
) -> AgentStatus:
    return AgentStatus(
        agent=now.agent,
        state=state,
        reason=reason,
        since=at,
        phone=now.phone if phone is None else phone,
        call=call,
        afterwards=afterwards,
        afterwards_reason=afterwards_reason,
        until=until,
    )


def hash_pin(pin: str) -> str:
    """A salted scrypt hash of a phone PIN (4 to 8 digits), ``salt$hash`` in hex."""
    if not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 8):
        raise Refused("agent.pin", "a PIN has 4 to 8 digits")
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}${_digest(pin, salt)}"


def pin_matches(pin: str, stored: str) -> bool:
    """True when ``pin`` is the one that was hashed; takes about 50 ms, so call it in a thread."""
    salt, _, digest = stored.partition("$")
    if not digest:
        return False
    return hmac.compare_digest(_digest(pin, bytes.fromhex(salt)), digest)


def _digest(pin: str, salt: bytes) -> str:
    return hashlib.scrypt(pin.encode(), salt=salt, n=2**14, r=8, p=1).hex()
