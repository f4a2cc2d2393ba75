"""What the four parts of operations share: the tabs above them."""

from __future__ import annotations

from typing import Any

from careline.i18n import Text
from careline.web import Visit

TITLE = Text("Operations")
PARTS = (
    ("/operations", Text("Health"), "health.view", "heart-pulse"),
    ("/operations/plugins", Text("Plugins"), "plugins.edit", "puzzle"),
    ("/operations/jobs", Text("Jobs"), "jobs.edit", "list-checks"),
    ("/operations/backup", Text("Backups"), "settings.edit", "hard-drive"),
)


def tabs(visit: Visit, current: str, **counts: int) -> list[dict[str, Any]]:
    """The parts that the visitor may see; ``counts`` by the last word of their paths."""
    return [
        {
            "label": visit.text(label),
            "href": path,
            "icon": icon,
            "current": path == current,
            "count": counts.get(path.rpartition("/")[2], 0),
        }
        for path, label, permission, icon in PARTS
        if visit.may(permission)
    ]
