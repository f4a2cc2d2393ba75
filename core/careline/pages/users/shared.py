"""What the pages of users, roles and grants have in common."""

from __future__ import annotations

from collections.abc import Mapping

from careline.auth.accounts import Actor
from careline.auth.model import Grants, Scope
from careline.i18n import Text
from careline.web import Visit

#: What each scope is called.
SCOPES: Mapping[str, Text] = {
    "own": Text("their own"),
    "group": Text("their team's"),
    "campus": Text("their campus's"),
    "all": Text("everything"),
}
WORDS: Mapping[str, Scope] = {scope.word: scope for scope in Scope}


def actor(visit: Visit) -> Actor:
    """Who asks, as the audit log names them."""
    session = visit.session
    grants: Grants = getattr(session, "grants", Grants())
    return Actor(visit.user.login, visit.user.name, grants, visit.address)


def scope_choices(visit: Visit, none: str = "") -> list[tuple[str, str]]:
    """Scopes for a field; ``none`` is what stands for not at all."""
    choices = [(word, visit.text(title)) for word, title in SCOPES.items()]
    return [("", none), *choices] if none else choices


def tabs(visit: Visit, current: str) -> list[dict[str, object]]:
    """The three pages, for ``ui.tabs``."""
    pages = (
        ("users", "/users", visit._("Users"), "users"),
        ("roles", "/roles", visit._("Roles"), "id-card"),
        ("grants", "/grants", visit._("Temporary grants"), "hourglass"),
    )
    return [
        {"label": label, "href": href, "current": name == current, "icon": icon, "count": 0}
        for name, href, label, icon in pages
    ]
