"""Words for modes, stages, outcomes and reasons of outbound tasks."""

from __future__ import annotations

from careline.i18n import Text
from careline.outbound.model import Mode, Outcome, Stage
from careline.outreach.reasons import REASONS

MODES = {
    Mode.PREVIEW: Text("preview"),
    Mode.PROGRESSIVE: Text("progressive"),
    Mode.AUTOMATIC: Text("automatic"),
}
STAGES = {
    Stage.WAITING: Text("waits"),
    Stage.TAKEN: Text("with an agent"),
    Stage.CALLING: Text("is being called"),
    Stage.DONE: Text("finished"),
}
OUTCOMES = {
    Outcome.ANSWERED: Text("reached"),
    Outcome.BUSY: Text("line busy"),
    Outcome.NO_ANSWER: Text("not answered"),
    Outcome.MACHINE: Text("answering machine"),
    Outcome.WRONG_NUMBER: Text("wrong number"),
    Outcome.REFUSED: Text("not to be called"),
    Outcome.FAILED: Text("technical failure"),
    Outcome.EXPIRED: Text("time over"),
    Outcome.WITHDRAWN: Text("withdrawn"),
}
TONES = {
    Outcome.ANSWERED: "good",
    Outcome.WRONG_NUMBER: "bad",
    Outcome.REFUSED: "bad",
    Outcome.FAILED: "bad",
    Outcome.EXPIRED: "bad",
    Outcome.WITHDRAWN: "neutral",
}
#: What an agent may say of a call that the line cannot know.
SAID = (Outcome.NO_ANSWER, Outcome.MACHINE, Outcome.WRONG_NUMBER, Outcome.BUSY)

_REASONS = {
    "outbound.flow": Text("The flow that is to speak is missing."),
    "outbound.number": Text("The allow-list does not let the number through."),
    "outbound.no_agent": Text("No agent answered in time."),
    "outbound.phone_away": Text("The agent's own phone did not ring."),
    "outbound.no_channel": Text("The line could not be seized."),
    "outbound.restart": Text("The system was started anew in the middle of it."),
    "outbound.lost": Text("Nothing was heard of the call any more."),
    "outbound.odd": Text("It could not be begun; the log says why."),
    "outbound.broken": Text("Somebody answered, but nothing could be said."),
    "outbound.left": Text("An agent had it for too long without calling."),
    "outbound.expired": Text("Its time was over before anybody was reached."),
    "outbound.beside": Text("It was spoken about in another call to this patient."),
    "outbound.withdrawn": Text("It is not needed any more."),
    "outreach.cap": Text("The patient was contacted often enough today."),
    "outreach.tries": Text("The patient was called in vain often enough today."),
    "outreach.gap": Text("The last contact was a short while ago."),
    "outreach.no_room": Text("No allowed moment is left before its time is over."),
}


def reason_text(code: str) -> Text | str:
    """Why a task waits or has ended, for people; a code without words stands for itself."""
    known = _REASONS.get(code) or REASONS.get(code)
    return known or ("" if code.startswith("cause.") else code)
