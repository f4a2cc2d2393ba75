"""Links with a secret in them: whoever reads one can answer for the patient, so few do."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import or_, select, update

from careline.storage import Tx
from careline_sms.store import m
from careline_sms.tables import message_table

ADDRESS = re.compile(r"(https?://[^\s/?#]+)([/?#][\w.~/?#=&%+:@!$*,;-]*)", re.ASCII)
PART = re.compile(r"(?<=[/#=])[\w-]+", re.ASCII)
NAMED = re.compile(r"(?<=[?&#])(code|key|k|otp|pin|secret|sig|sign|t|ticket|token)=[\w-]{4,}", re.I)
"""What is called a secret is one, however short."""
LONG, SHORT, MIXED = 16, 6, 3
"""Characters of what is made up in any case, or if its kinds change more than twice."""
KINDS = re.compile(r"[a-z]+|[A-Z]+|[0-9]+")
MASK = "•••"


def hidden(text: str) -> str:
    """A text whose links open nothing any more."""
    return ADDRESS.sub(lambda one: one[1] + _hidden(one[2]), text)


def _hidden(tail: str) -> str:
    """What follows the host of an address, without what looks made up."""
    tail = NAMED.sub(rf"\1={MASK}", tail)
    return PART.sub(lambda one: MASK if _made_up(one[0]) else one[0], tail)


def _made_up(part: str) -> bool:
    """True for what no person has named: very long, or small, capital and digit in turns."""
    kinds = len(KINDS.findall(part))
    return len(part) >= LONG or (len(part) >= SHORT and kinds > MIXED)


def is_hidden(text: str) -> bool:
    """Whether a link of it is not kept any more, so that it cannot be sent again."""
    return f"/{MASK}" in text or f"={MASK}" in text


def hide(tx: Tx, ids: Collection[int]) -> None:
    """Keep the links of messages no longer, nor those of what travelled in them."""
    mine = or_(m.id.in_(ids), m.carrier.in_(ids))
    query = select(m.id, m.text, m["values"]).where(mine, m.text.contains("://"))
    for row in tx.all(query):
        values = row._mapping["values"]
        kept: dict[str, Any] = {name: hidden(str(one)) for name, one in values.items()}
        if hidden(row.text) != row.text or kept != values:
            changed = update(message_table).where(m.id == row.id)
            tx.execute(changed.values(text=hidden(row.text), values=kept))
