"""The rules, without a database: what is known of a patient in, a decision out."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from hashlib import sha256

from attrs import field, frozen

from careline.config.model import OutreachSettings
from careline.hooks import Urgency
from careline.outreach.hours import Hours
from careline.outreach.model import (
    Booked,
    Contact,
    Decision,
    Means,
    Refusal,
    Result,
    Scope,
    Verdict,
)

#: Steps from one obstacle to the next: a night, a full day, a gap, a longer holiday's night ...
MOST_STEPS = 16
#: The code of an answer to the patient, such as the confirmation of a booking.
AWAITED = "outreach.awaited"


@frozen(kw_only=True)
class Rules:
    """The figures of ``[outreach]``; see :class:`careline.config.model.OutreachSettings`."""

    quiet_from: time = time(21)
    quiet_to: time = time(8)
    holiday_quiet_to: time = time(9)
    most_a_day: int = 2
    most_tries_a_day: int = 4
    gap: timedelta = timedelta(hours=1)
    join: timedelta = timedelta(hours=12)
    spread: timedelta = timedelta(minutes=30)

    @classmethod
    def of(cls, settings: OutreachSettings) -> Rules:
        """The rules that a hospital has set."""
        return cls(
            quiet_from=settings.quiet_from,
            quiet_to=settings.quiet_to,
            holiday_quiet_to=settings.holiday_quiet_to,
            most_a_day=settings.most_a_day,
            most_tries_a_day=settings.most_tries_a_day,
            gap=timedelta(minutes=settings.gap_min),
            join=timedelta(hours=settings.join_h),
            spread=timedelta(minutes=settings.spread_min),
        )


@frozen(kw_only=True)
class Known:
    """What the database knows of a patient: refusals of the number, contacts of the last days.

    ``own`` is the contact itself as it was decided before, ``carrier`` the one it joined then;
    ``others`` does not hold ``own``. ``carries`` is True when others joined it.
    """

    hours: Hours
    refusals: tuple[Refusal, ...] = ()
    wrong: bool = False
    others: tuple[Booked, ...] = ()
    own: Booked | None = None
    carrier: Booked | None = None
    carries: bool = False


def decide(contact: Contact, known: Known, rules: Rules, now: datetime) -> Decision:
    """What is to be done about a contact now. Pure, and the same for the same knowledge."""
    final = forbidden(contact, known) or _over(contact, known.own, now)
    if final:
        return Decision(Verdict.NEVER, final)
    if contact.urgency is Urgency.URGENT:
        return _urgent(contact, known, rules, now)
    joined = _still_joined(contact, known, now)
    if joined:
        return joined
    early = contact.not_before is not None and contact.not_before > now
    alone = (_early if early else _weighed)(contact, known, rules, now)
    return _joins(contact, known, rules, alone, now) or alone


def forbidden(contact: Contact, known: Known) -> str:
    """The code of what stands against the contact for ever, however urgent it is; or nothing."""
    if not contact.number:
        return "outreach.no_number"
    for one in known.refusals:
        code = _refusal(one, contact)
        if code:
            return code
    return "outreach.wrong_number" if known.wrong else ""


def _refusal(refusal: Refusal, contact: Contact) -> str:
    if refusal.means not in (None, contact.means):
        return ""
    if refusal.scope is Scope.GREETINGS:
        return "outreach.no_greetings" if contact.urgency is Urgency.GREETING else ""
    return "outreach.do_not_call" if refusal.means is None else "outreach.refused"


def _over(contact: Contact, own: Booked | None, now: datetime) -> str:
    if own is not None and is_done(own):
        return "outreach.done"
    return "outreach.expired" if contact.not_after and contact.not_after < now else ""


def is_done(booked: Booked) -> bool:
    """True when a contact is not to be tried again under its key.

    A message that failed, and what was dropped, reached nobody: it may.
    """
    failed_call = booked.result is Result.FAILED and booked.contact.means is Means.CALL
    return failed_call or booked.result in (Result.REACHED, Result.WRONG_NUMBER)


# Waiting


def _early(contact: Contact, known: Known, rules: Rules, now: datetime) -> Decision:
    due = contact.not_before or now
    opening = known.hours.opening(due)
    if opening > due:
        opening = _spread(contact, known, rules, opening)
    return _later(contact, "outreach.early", opening)


def _later(contact: Contact, code: str, until: datetime, **params: int) -> Decision:
    """LATER, or NEVER where that would be too late."""
    if contact.not_after and until > contact.not_after:
        return Decision(Verdict.NEVER, "outreach.no_room", params={"reason": code, **params})
    return Decision(Verdict.LATER, code, until, params=params)


def _lag(contact: Contact, rules: Rules) -> timedelta:
    """How long after the opening: by the key, so that it is the same each time."""
    chance = int.from_bytes(sha256(contact.key.encode()).digest()[:4]) / 2**32
    return timedelta(seconds=int(rules.spread.total_seconds() * chance))


# Weighing


@frozen
class _Obstacle:
    """What stands against a contact at a moment, and when to look again."""

    code: str
    until: datetime
    params: dict[str, int] = field(factory=dict)
    night: bool = False  # whether all that waits for this comes at one moment


def _urgent(contact: Contact, known: Known, rules: Rules, now: datetime) -> Decision:
    if contact.not_before and contact.not_before > now:
        return Decision(Verdict.LATER, "outreach.early", contact.not_before)
    against = _obstacle(contact, known, rules, now)
    if against is None:
        return Decision(Verdict.GO, "outreach.go")
    params: dict[str, str | int] = {"reason": against.code, **against.params}
    return Decision(Verdict.GO, "outreach.urgent", params=params)


def warning(contact: Contact, known: Known, rules: Rules, now: datetime) -> Decision:
    """GO, with the code of what would stand against it if it were not made by hand."""
    final = forbidden(contact, known)
    if final in ("outreach.do_not_call", "outreach.wrong_number", "outreach.no_number"):
        return Decision(Verdict.NEVER, final)
    if final:
        return Decision(Verdict.GO, final)
    against = _obstacle(contact, known, rules, now)
    if against is None:
        return Decision(Verdict.GO, "outreach.go")
    return Decision(Verdict.GO, against.code, params=against.params)


def _weighed(contact: Contact, known: Known, rules: Rules, now: datetime) -> Decision:
    """GO when nothing stands against it, else LATER at the first moment without an obstacle."""
    first = _obstacle(contact, known, rules, now)
    if first is None:
        return Decision(Verdict.GO, "outreach.go")
    moment, last = now, first
    for _ in range(MOST_STEPS):
        moment = last.until
        again = _obstacle(contact, known, rules, moment)
        if again is None:
            break
        last = again
    if last.night:
        moment = _spread(contact, known, rules, moment)
    return _later(contact, first.code, moment, **first.params)


def _spread(contact: Contact, known: Known, rules: Rules, opening: datetime) -> datetime:
    """Some time after an opening, but not after the contact's own end."""
    later = known.hours.spread(opening, _lag(contact, rules))
    if contact.not_after and opening <= contact.not_after < later:
        return opening
    return later


def _obstacle(contact: Contact, known: Known, rules: Rules, moment: datetime) -> _Obstacle | None:
    hours = known.hours
    if hours.is_quiet(moment):
        return _Obstacle("outreach.quiet", hours.opening(moment), night=True)
    others = [one for one in known.others if one.contact.urgency is not Urgency.GREETING]
    if contact.urgency is Urgency.GREETING:
        return _gives_way(known, moment)
    return (
        _full(others, known, rules, moment)
        or _tries(contact, others, known, rules, moment)
        or _too_soon(others, rules, moment)
    )


def holds_room(booked: Booked) -> bool:
    """True while a contact counts: it may be under way, or it reached somebody."""
    return booked.decision.goes and booked.result in (None, Result.REACHED)


def is_waiting(booked: Booked) -> bool:
    """True while its asker is to ask again."""
    return booked.decision.verdict is Verdict.LATER and booked.result is None


def _on_day(booked: Booked, known: Known, moment: datetime) -> bool:
    return known.hours.day(booked.decided) == known.hours.day(moment)


def _full(others: list[Booked], known: Known, rules: Rules, moment: datetime) -> _Obstacle | None:
    """The room of the day: all means and plugins together, but for what the patient waited for."""
    count = sum(
        one.decision.code != AWAITED and holds_room(one) and _on_day(one, known, moment)
        for one in others
    )
    if count < rules.most_a_day:
        return None
    params = {"count": count, "most": rules.most_a_day}
    return _Obstacle("outreach.cap", known.hours.next_day(moment), params, night=True)


def _tries(
    contact: Contact, others: list[Booked], known: Known, rules: Rules, moment: datetime
) -> _Obstacle | None:
    """Calls in vain take no room from what reaches the patient, but a phone rings only so often."""
    if contact.means is not Means.CALL:
        return None
    vain = (Result.FAILED, Result.WRONG_NUMBER)
    count = sum(
        one.contact.means is Means.CALL and one.result in vain and _on_day(one, known, moment)
        for one in others
    )
    if count < rules.most_tries_a_day:
        return None
    params = {"count": count, "most": rules.most_tries_a_day}
    return _Obstacle("outreach.tries", known.hours.next_day(moment), params, night=True)


def _too_soon(others: list[Booked], rules: Rules, moment: datetime) -> _Obstacle | None:
    """The pause after a contact; also before one that a clock set back seems to have in future."""
    near = [
        one.decided + rules.gap
        for one in others
        if holds_room(one) and abs(moment - one.decided) < rules.gap
    ]
    if not near:
        return None
    params = {"minutes": int(rules.gap.total_seconds() // 60)}
    return _Obstacle("outreach.gap", max(near), params)


def _gives_way(known: Known, moment: datetime) -> _Obstacle | None:
    """A greeting is alone on its day: also what waits for that day comes before it."""
    day = known.hours.day(moment)
    for one in known.others:
        due = one.decision.until if is_waiting(one) else one.decided
        greeting = one.contact.urgency is Urgency.GREETING
        counts = holds_room(one) or (is_waiting(one) and not greeting)
        if counts and due is not None and known.hours.day(due) == day:
            return _Obstacle("outreach.gives_way", known.hours.next_day(moment), night=True)
    return None


# Joining


def _still_joined(contact: Contact, known: Known, now: datetime) -> Decision | None:
    """What joined stays so while its carrier waits for its time, or is on the way.

    Unless its asker has found that the two cannot travel together, and shares no more.
    """
    own, carrier = known.own, known.carrier
    if not contact.shares or own is None or carrier is None:
        return None
    if own.decision.verdict is not Verdict.JOIN:
        return None
    until = carrier.decision.until
    if carrier.decision.goes and carrier.result is None:
        return own.decision
    if not is_waiting(carrier) or until is None or until <= now:
        return None
    return _joined(carrier) if in_time(contact, until) else None


def _joins(
    contact: Contact, known: Known, rules: Rules, alone: Decision, now: datetime
) -> Decision | None:
    """Another contact that waits carries this one too, if that is not much later than alone.

    What waited before or was booked, and may go now, goes: it is not put off once more.
    """
    own = known.own
    waited = own is not None and (is_waiting(own) or holds_room(own))
    if not contact.shares or contact.urgency is not Urgency.ROUTINE or known.carries:
        return None
    if waited and alone.goes:
        return None
    latest = (alone.until or now) + rules.join
    fits = [one for one in known.others if _carries(one, contact, now, latest)]
    if not fits:
        return None
    return _joined(min(fits, key=lambda one: (one.decision.until or now, one.contact.key)))


def _joined(carrier: Booked) -> Decision:
    key, until = carrier.contact.key, carrier.decision.until
    return Decision(Verdict.JOIN, "outreach.joined", until, key)


def left_behind(contact: Contact, now: datetime) -> Decision:
    """What is to be done about one whose carrier goes at a moment that is not in its time."""
    if contact.not_after and contact.not_after < now:
        return Decision(Verdict.NEVER, "outreach.expired")
    return Decision(Verdict.LATER, "outreach.early", contact.not_before)


def _carries(other: Booked, contact: Contact, now: datetime, latest: datetime) -> bool:
    """True when the other one waits, is of the same kind, and comes in time for both."""
    theirs, until = other.contact, other.decision.until
    if not (is_waiting(other) and theirs.shares and theirs.urgency is Urgency.ROUTINE):
        return False
    return (
        _kind(theirs) == _kind(contact)
        and until is not None
        and now < until <= latest
        and in_time(contact, until)
    )


def _kind(contact: Contact) -> tuple[object, ...]:
    return contact.means, contact.number, contact.patient, contact.campus, contact.plugin


def in_time(contact: Contact, moment: datetime) -> bool:
    """True between the bounds that its asker gave the contact."""
    begun = contact.not_before is None or contact.not_before <= moment
    return begun and (contact.not_after is None or moment <= contact.not_after)
