"""What a reply says at first sight: that no more messages are wanted, or that they are again."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from careline_sms.model import Heard
from careline_sms.text import clean

ENDS = " .。!！,，;；'\"“”‘’「」()（）[]【】<>《》:："


def plain(text: str) -> str:
    """A reply as it is compared: narrow letters, capitals, without quotes and full stops.

    People copy ``“TD”`` with its quotes, and phones write ＴＤ.
    """
    return unicodedata.normalize("NFKC", clean(text)).strip(ENDS).upper().replace(" ", "")


def wish(text: str, refusing: Collection[str], allowing: Collection[str]) -> Heard | None:
    """REFUSED or ALLOWED when the whole reply says so; "退订吗" does not."""
    said = plain(text)
    if said in {plain(one) for one in refusing}:
        return Heard.REFUSED
    if said in {plain(one) for one in allowing}:
        return Heard.ALLOWED
    return None
