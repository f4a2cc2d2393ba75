"""Links with a secret in them: whoever reads one can answer for the patient, so few do."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import or_, select, update

from careline.storage import Tx
from careline_sms.store import m
from careline_sms.tables import message_table

SECRET = re.compile(
    r"(https?://[^\s/?#]+/(?:[\w.~-]+/)*|https?://[^\s?#]+\?(?:[^\s#]*&)?[\w.~-]+=)[A-Za-z0-9_-]{16,}"
)
"""The last part of an address, or a value in it, that is as long as only made-up ones are."""
MASK = "•••"


def hidden(text: str) -> str:
    """A text whose links open nothing any more."""
    return SECRET.sub(rf"\1{MASK}", text)


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
