"""What the dialplan reports after a step, in the words of the flows."""

from __future__ import annotations

from careline.ivr import exits

QUEUE_STATUS = {
    "CONTINUE": exits.ANSWERED,
    "TIMEOUT": exits.TIMEOUT,
    "FULL": exits.FULL,
    "JOINEMPTY": exits.CLOSED,
    "LEAVEEMPTY": exits.CLOSED,
    "JOINUNAVAIL": exits.CLOSED,
    "LEAVEUNAVAIL": exits.CLOSED,
    "WITHDRAW": exits.WITHDRAWN,
}
DIAL_STATUS = {"ANSWER": exits.ANSWERED}
RECORD_STATUS = dict.fromkeys(("DTMF", "SILENCE", "TIMEOUT", "OPERATOR", "HANGUP"), exits.DONE)
BY_STEP = {"queue": QUEUE_STATUS, "dial": DIAL_STATUS, "voicemail": RECORD_STATUS}


def outcome(step: str, result: str) -> str:
    """The flow's word for ``result`` of ``step``: queue, dial or voicemail; else ``failed``.

    Sources: QUEUESTATUS of Queue(), DIALSTATUS of Dial(), RECORD_STATUS of Record().
    """
    return BY_STEP.get(step, {}).get(result, exits.FAILED)
