"""Stable words of the core (states, outcomes ...) as people say them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from careline.i18n import Text

STATES = {
    "signed_out": Text("signed out"),
    "ready": Text("ready"),
    "not_ready": Text("not ready"),
    "ringing": Text("ringing"),
    "talking": Text("talking"),
    "holding": Text("holding"),
    "consulting": Text("consulting"),
    "wrap_up": Text("wrap-up"),
}
REASONS = {
    "signed_in": Text("just signed in"),
    "break": Text("break"),
    "meal": Text("meal"),
    "training": Text("training"),
    "meeting": Text("meeting"),
    "no_answer": Text("did not answer"),
    "phone_away": Text("phone is away"),
}
OUTCOMES = {
    "answered": Text("answered"),
    "abandoned": Text("abandoned"),
    "voicemail": Text("left a message"),
    "callback": Text("wants a callback"),
    "self_service": Text("served by the menu"),
    "turned_away": Text("found no agent"),
    "blocked": Text("blocked"),
    "unanswered": Text("not reached"),
}
DIRECTIONS = {
    "inbound": Text("inbound"),
    "outbound": Text("outbound"),
    "internal": Text("internal"),
}
RINGS = {
    "answered": Text("answered"),
    "no_answer": Text("did not answer"),
    "caller_gone": Text("the caller gave up"),
    "busy": Text("busy"),
    "failed": Text("could not be reached"),
}
LINKS = {
    "up": Text("up"),
    "down": Text("down"),
    "connecting": Text("connecting"),
    "booting": Text("Asterisk is starting"),
    "refused": Text("Asterisk refuses our secret"),
    "stopped": Text("stopped"),
}
PLUGINS = {
    "off": Text("not running"),
    "running": Text("running"),
    "failed": Text("failed"),
    "restart needed": Text("restart needed"),
    "not installed": Text("not installed"),
}
LEVELS = {
    "critical": Text("critical"),
    "major": Text("major"),
    "minor": Text("minor"),
    "notice": Text("notice"),
    "ok": Text("well"),
}
STANDINGS = {
    "current": Text("up to date"),
    "behind": Text("behind the program"),
    "absent": Text("no tables yet"),
    "ahead": Text("ahead of the program"),
    "half-applied": Text("half-applied"),
    "not installed": Text("not installed"),
}


def worded(row: Mapping[str, Any], **tables: Mapping[str, Text]) -> dict[str, Any]:
    """A row with the words of the named columns replaced, for a table."""
    words = {key: table.get(str(row.get(key)), row.get(key)) for key, table in tables.items()}
    return {**row, **words}
