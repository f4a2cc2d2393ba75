"""The parts of the administration page."""

from __future__ import annotations

from typing import Any

from careline.i18n import Text
from careline.web import Visit

STATE = "/his"
EXCHANGES = "/his/exchanges"
PARTS = (
    (STATE, Text("State"), "activity"),
    (EXCHANGES, Text("Exchanges"), "scroll-text"),
)


def tabs(visit: Visit, current: str) -> list[dict[str, Any]]:
    """Links to the parts; ``current`` is the path of the one that is shown."""
    return [
        {
            "href": path,
            "label": visit.text(label),
            "icon": icon,
            "current": path == current,
            "count": 0,
        }
        for path, label, icon in PARTS
    ]
