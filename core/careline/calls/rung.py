"""The ids of calls that we begin ourselves, and of phones that we ring for a call that is up.

A call's id is the linkedid of its channels. Of a call that comes in it is its first channel's own;
a call that we begin has an id of ours, and its first leg is whoever is rung. Where an agent is rung
through a queue first, it is the half of the Local channel that waits there in the other's stead.
"""

from __future__ import annotations

import re
from datetime import datetime
from secrets import token_hex

#: In the linkedid of a phone that we ring for a call that is up: ``<call>:<random>``.
ADDED = ":"

_OURS = re.compile(r"[^:]+\.r[0-9a-f]{8}")


def new_call_id(node: str, now: datetime) -> str:
    """An id for a call that ``node`` begins; Asterisk's own end in a number instead."""
    return f"{node}-{int(now.timestamp())}.r{token_hex(4)}"


def is_ours(call_id: str) -> bool:
    """True for the id of a call that we began."""
    return _OURS.fullmatch(call_id) is not None
