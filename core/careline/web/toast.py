"""A short notice in the corner of the page, as an answer's trigger."""

from __future__ import annotations

import json

from careline.i18n import Text
from careline.web.visit import Visit


def toast(visit: Visit, text: Text, tone: str = "good") -> str:
    """``trigger`` of an answer that shows ``text`` in the reader's language."""
    return json.dumps({"toast": {"text": text.to(visit.language), "tone": tone}})
