"""Nodes ``appointments_query`` and ``appointments_cancel``: coming visits, one after another."""

from __future__ import annotations

from careline.errors import CarelineError, NotFound
from careline.i18n import Text
from careline.ivr.model import OPERATOR, Answer, Prompt
from careline.ivr.step import Step
from careline_appointments.ivr import telling
from careline_appointments.ivr.ground import Ground
from careline_appointments.ivr.talk import STAR, Leave, Talk, lead
from careline_appointments.ivr.who import by_number, prove
from careline_appointments.model import Booking, BookingState, Source

SAID = {
    BookingState.HOLDING: "visit-unsure",
    BookingState.UNSURE: "visit-unsure",
    BookingState.CANCELLING: "visit-cancelling",
}

BY_KEYS = Text("by the caller, with keys")
"""The reason that stands with a visit that a caller has cancelled."""


async def run_query(step: Step, ground: Ground) -> Answer:
    """Say the coming visits; 1 goes on to cancel the one just heard."""
    return await lead(_query(Talk(step, ground)))


async def _query(talk: Talk) -> str:
    if not talk.patient:
        await by_number(talk)
    talk.came(stage="query")
    coming = await talk.read(talk.ground.services.booker.coming([talk.patient]), None)
    if coming is None:
        await talk.tell(talk.words("not-now", campus=talk.campus(talk.step.caller.campus)))
        return "failed"
    if not coming:
        await talk.tell(talk.words("no-visits"))
        return "back"
    place = 0
    while True:
        booking = coming[place % len(coming)]
        may_cancel = booking.state is BookingState.BOOKED
        keys = {"2", STAR, *(["1"] if may_cancel else [])}
        key = await talk.choose(_heard(talk, booking, may_cancel), keys)
        if key == STAR:
            return "back"
        if key == "1":
            talk.note(booking=booking.id)
            return "cancel"
        place += 1


def _heard(talk: Talk, booking: Booking, may_cancel: bool) -> list[Prompt]:
    prompts = talk.words("visit", **telling.of_booking(talk, booking))
    if booking.state in SAID:
        prompts += talk.words(SAID[booking.state])
    if booking.number and may_cancel:
        prompts += talk.words("turn", number=talk.text(booking.number))
    return prompts + talk.words("visit-keys" if may_cancel else "visit-keys-uncancelled")


async def run_cancel(step: Step, ground: Ground) -> Answer:
    """Cancel the visit that was chosen, once the caller confirms."""
    return await lead(_cancel(Talk(step, ground)))


async def _cancel(talk: Talk) -> str:
    booking = await _chosen(talk)
    if booking is None:
        return "back"
    talk.came(stage="cancel", booking=booking.id)
    if talk.ground.services.config.prove_to_cancel:
        await prove(talk)
    values = telling.of_booking(talk, booking)
    del values["campus"]
    if await talk.choose(talk.words("cancel-confirm", **values), {"1", STAR}) == STAR:
        return "back"
    booker = talk.ground.services.booker
    work = booker.cancel(booking.id, BY_KEYS.msgid, "", Source.IVR)
    try:
        done = await talk.decided(work)
    except CarelineError as error:
        late = error.code == "appointments.late"
        sentence = "too-late" if late else "not-cancelled"
        await talk.tell([*talk.words(sentence), *talk.words("transfer")])
        raise Leave(OPERATOR) from error
    talk.note(booking="")
    cancelled = done is not None and done.state is BookingState.CANCELLED
    if cancelled:
        talk.came(stage="cancelled")
    await talk.tell(talk.words("cancelled" if cancelled else "cancelling"))
    return "done"


async def _chosen(talk: Talk) -> Booking | None:
    """The visit noted by the query, of this very patient."""
    noted = talk.get("booking")
    if not noted:
        return None
    try:
        booking = await talk.read(talk.ground.services.booker.get(int(noted)), None)
    except NotFound:
        return None
    return booking if booking and booking.patient == talk.patient else None


__all__ = ["run_cancel", "run_query"]
