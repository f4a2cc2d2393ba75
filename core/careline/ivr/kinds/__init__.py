"""The core's own kinds of node; a plugin's are values of the same class."""

from __future__ import annotations

from careline.ivr.kinds.decide import CONDITION, LANGUAGE, LOOK_UP, SET
from careline.ivr.kinds.leave import CALLBACK, HANG_UP, QUEUE, TRANSFER, VOICEMAIL
from careline.ivr.kinds.talk import COLLECT, MENU, PLAY, SAY

CORE_KINDS = (
    MENU,
    PLAY,
    SAY,
    COLLECT,
    CONDITION,
    SET,
    LOOK_UP,
    LANGUAGE,
    QUEUE,
    TRANSFER,
    VOICEMAIL,
    CALLBACK,
    HANG_UP,
)

__all__ = ["CORE_KINDS"]
