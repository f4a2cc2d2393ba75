"""What came of a try, read from the record of its call; pure."""

from __future__ import annotations

from collections.abc import Iterable

from careline.calls import facts as f
from careline.calls.model import CallRecord, Leg, LegKind
from careline.outbound.model import Mode, Outcome

#: Q.850: user busy, call rejected.
BUSY = frozenset({17, 21})
#: Nothing was reached at all: no route, no circuit, network or trunk out of order.
FAILED = frozenset({2, 3, 5, 27, 34, 38, 41, 42, 44, 47, 50, 58, 63, 65, 66, 79, 111})

HEARD = "heard"
#: Begins the reason of a try in which the number was dialled; a cause of Q.850 follows.
CAUSE = "cause."
BROKEN = "outbound.broken"
#: The agent was there, and no line could be had for the patient.
NO_CHANNEL = "outbound.no_channel"
#: What app_amd says of somebody who answers and does not speak at once: people do.
SILENT = "INITIALSILENCE"


def is_machine(heard: str) -> bool:
    """Judge what AMD said (``MACHINE-LONGGREETING-...``); in doubt it is a person."""
    return heard.startswith("MACHINE") and SILENT not in heard


def patients_leg(call: CallRecord) -> Leg | None:
    """The leg of the one who was called; None when nobody outside was rung."""
    return next((leg for leg in call.legs if leg.kind is LegKind.OUTSIDE), None)


def outcome_of(call: CallRecord, mode: Mode, facts: Iterable[f.Fact]) -> tuple[Outcome | None, str]:
    """What came of the try, and a code that says more; None when the patient was not rung.

    An automatic call counts as answered only when the flow has spoken to a person.
    """
    leg = patients_leg(call)
    if leg is None:
        return _not_dialled(call)
    if leg.answered is None:
        return _unanswered(leg.cause), f"{CAUSE}{leg.cause}"
    if mode is not Mode.AUTOMATIC:
        return Outcome.ANSWERED, ""
    told = list(facts)
    if any(is_machine(one.detail["amd"]) for one in _heard(told)):
        return Outcome.MACHINE, ""
    if any(isinstance(one, f.Stepped) for one in told):
        return Outcome.ANSWERED, ""
    return Outcome.NO_ANSWER, BROKEN


def _not_dialled(call: CallRecord) -> tuple[Outcome | None, str]:
    if any(one.kind is LegKind.AGENT and one.answered for one in call.legs):
        return Outcome.FAILED, NO_CHANNEL
    return None, "outbound.no_agent"


def _heard(facts: Iterable[f.Fact]) -> list[f.Noted]:
    return [one for one in facts if isinstance(one, f.Noted) and one.what == HEARD]


def _unanswered(cause: int) -> Outcome:
    if cause in BUSY:
        return Outcome.BUSY
    return Outcome.FAILED if cause in FAILED else Outcome.NO_ANSWER
