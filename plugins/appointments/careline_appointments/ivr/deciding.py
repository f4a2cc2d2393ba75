"""The booking itself: asked for once, and never told as booked before it is."""

from __future__ import annotations

import hashlib
from typing import NoReturn

from careline.errors import CarelineError
from careline.ivr.model import OPERATOR
from careline_appointments.ivr import telling
from careline_appointments.ivr.choices import Option
from careline_appointments.ivr.talk import Leave, Talk
from careline_appointments.model import Booking, BookingState, Source, Wish

#: Why it was not booked -> what the caller hears, and the stage or way that follows.
AGAIN = {
    "appointments.full": ("taken", "doctors"),
    "appointments.stopped": ("taken", "doctors"),
    "appointments.past": ("past", "doctors"),
    "appointments.horizon": ("past", "doctors"),
    "appointments.twice": ("twice", "offer"),
}
TO_AGENT = {
    "appointments.limit": "limit",
    "appointments.blacklisted": "blacklisted",
    "appointments.not_now": "not-now",
}


async def decide(talk: Talk, option: Option | None) -> str:
    """Book ``option`` for the caller; the next stage, or leave when it is done.

    None: the HIS does not show the slot any more. It may be ours already, by a core that has died.
    """
    if option is None:
        begun = await talk.read(talk.ground.services.booker.by_key(key_of(talk)), None)
        if begun is not None and begun.active:
            await _told(talk, begun)
        await talk.tell(talk.words("taken"))
        return "doctors"
    wish = Wish.of(
        option.clinic,
        option.slot,
        patient=talk.patient,
        source=Source.IVR,
        call=talk.step.caller.call,
        key=key_of(talk),
    )
    try:
        booking = await talk.decided(talk.ground.services.booker.book(wish))
    except CarelineError as error:
        return await _refused(talk, option, error)
    return await _told(talk, booking)


async def _told(talk: Talk, booking: Booking | None) -> NoReturn:
    """Say what became of it, if it is known; nothing but BOOKED is booked."""
    if booking is not None and booking.state is BookingState.BOOKED:
        talk.came(stage="booked", booking=booking.id)
        await _booked(talk, booking)
    else:
        talk.came(stage="unsure", booking=booking.id if booking else 0)
        await talk.tell(talk.words("unsure"))
    raise Leave("done")


def key_of(talk: Talk) -> str:
    """The same for the same confirmation, so that a core that takes up the call books it once."""
    call = talk.step.caller.call
    what = f"{call} {talk.get('tried')} {talk.patient} {talk.get('campus')} {talk.get('slot')}"
    return f"ivr-{hashlib.sha256(what.encode()).hexdigest()[:32]}" if call else ""


async def _booked(talk: Talk, booking: Booking) -> None:
    prompts = talk.words("booked", **telling.of_booking(talk, booking))
    if booking.number:
        prompts += talk.words("turn", number=talk.text(booking.number))
    if booking.place:
        prompts += talk.words("place", place=talk.text(booking.place))
    if talk.get("new"):
        prompts += talk.words("bring-card")
    await talk.tell(prompts)


async def _refused(talk: Talk, option: Option, error: CarelineError) -> str:
    if error.code in AGAIN:
        sentence, stage = AGAIN[error.code]
        await talk.tell(talk.words(sentence))
        return stage
    talk.came(stage="refused")
    sentence = TO_AGENT.get(error.code, "not-booked")
    campus = {"campus": talk.campus(option.campus)} if sentence == "not-now" else {}
    await talk.tell([*talk.words(sentence, **campus), *talk.words("transfer")])
    raise Leave(OPERATOR)


__all__ = ["decide"]
